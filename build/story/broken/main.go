// Command broken is a service that passes every look at its file and does not
// work: build/demo signs it as a version of the product, for the story to show
// that the version before comes back by itself. It is in no package.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"slices"

	"beckmanconnect/internal/program"
)

func main() {
	info := program.Info{Name: "beckmanconnect-service", Summary: "a service that does not come up", Arguments: "[VERB]"}
	selfTest := false
	flags := func(set *flag.FlagSet) {
		set.String("config", "", "not read")
		set.BoolVar(&selfTest, "self-test", false, "say that all is well")
	}
	program.Main(info, flags, func(_ context.Context, _ *slog.Logger, args []string) error {
		if selfTest || slices.Contains(args, "self-test") {
			return nil
		}
		return errors.New("this version does not work")
	})
}
