package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"beckmanconnect/internal/program"
	"beckmanconnect/ipc/hostpb"
)

const eraseUsage = "log erase --person WORD --reason TEXT [--look] [--yes] [--json]"

// eraseWithin bounds an erasure out of a log of many years.
const eraseWithin = 30 * time.Minute

// eraseVerb destroys what the PC keeps of a person (GDPR). The service does it;
// what is erased cannot be brought back, so it says how much first and asks.
func eraseVerb(ctx context.Context, e env, in io.Reader, args []string) error {
	var person, reason string
	var look, yes bool
	asJSON, err := e.parse("log erase", args, func(set *flag.FlagSet) {
		set.StringVar(&person, "person", "", "")
		set.StringVar(&reason, "reason", "", "")
		set.BoolVar(&look, "look", false, "")
		set.BoolVar(&yes, "yes", false, "")
	})
	if err != nil {
		return err
	}
	if strings.TrimSpace(person) == "" || !look && strings.TrimSpace(reason) == "" {
		return program.Usagef("%s: whose data, and why?", eraseUsage)
	}
	ask := func(look bool) (*hostpb.Erasure, error) {
		return callFor(ctx, e, eraseWithin, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Erasure, error) {
			return host.ErasePerson(ctx, &hostpb.ErasePersonRequest{Person: person, Reason: reason, Look: look})
		})
	}
	if look || !yes {
		found, err := ask(true)
		if err != nil {
			return err
		}
		if look && asJSON {
			return printJSON(e.out, erasureOf(found))
		}
		if look || found.GetEntries()+found.GetNotifications()+found.GetOther() == 0 {
			_, err := fmt.Fprintf(e.out, "%s: found in %s.\n", printable(person), erasureWords(found))
			return err
		}
		fmt.Fprintf(e.out, "%s: found in %s. This cannot be undone. Erase? Type \"yes\": ", printable(person), erasureWords(found))
		answer, _ := bufio.NewReader(io.LimitReader(in, 100)).ReadString('\n')
		if strings.TrimSpace(answer) != "yes" {
			return fmt.Errorf("log erase: nothing was erased; answer \"yes\", or give --yes")
		}
	}
	erased, err := ask(false)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(e.out, erasureOf(erased))
	}
	_, err = fmt.Fprintf(e.out, "Erased, and on record: %s. Backups and exports made before still hold it: delete those, or erase again after restoring one.\n", erasureWords(erased))
	return err
}

func erasureOf(x *hostpb.Erasure) map[string]uint64 {
	return map[string]uint64{"entries": x.GetEntries(), "notifications": x.GetNotifications(), "other": x.GetOther()}
}

func erasureWords(x *hostpb.Erasure) string {
	return fmt.Sprintf("%d entries of the log, %d notifications and %d other places", x.GetEntries(), x.GetNotifications(), x.GetOther())
}
