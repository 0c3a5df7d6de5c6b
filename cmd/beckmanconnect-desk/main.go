// Command beckmanconnect-desk is the engineer's console on the engineer's own
// machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os/exec"

	"beckmanconnect/cloud/console/desk"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/trust"
)

func main() {
	var cloud, roots, listen string
	var open bool
	program.Main(program.Info{
		Name:    "beckmanconnect-desk",
		Summary: "helps instruments from this computer; the encryption ends here",
		Help:    "It prints an address for the browser of this computer, good once. Stop it with Ctrl-C.",
	}, func(set *flag.FlagSet) {
		set.StringVar(&cloud, "cloud", "", "the cloud's `address`, https://…")
		set.StringVar(&roots, "trust", "", "`folder` of trust roots")
		set.StringVar(&listen, "listen", "127.0.0.1:0", "loopback `address` for the browser")
		set.BoolVar(&open, "open", false, "open the address in the browser")
	}, func(ctx context.Context, log *slog.Logger, _ []string) error {
		if cloud == "" || roots == "" {
			return program.Usagef("--cloud and --trust are needed")
		}
		return run(ctx, log, cloud, roots, listen, open)
	})
}

func run(ctx context.Context, log *slog.Logger, cloud, roots, listen string, open bool) error {
	base, err := url.Parse(cloud)
	if err != nil || base.Scheme != "https" || base.Host == "" {
		return program.Usagef("--cloud %q is not an https address", cloud)
	}
	set, err := trust.Load(roots)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp4", listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; choose another --listen", listen, err)
	}
	return desk.Serve(ctx, l, desk.Config{Cloud: base, Roots: set, Log: log}, func(address string) {
		fmt.Println("Open this address in your browser (it works once):")
		fmt.Println(address)
		if !open {
			return
		}
		if err := openBrowser(address); err != nil {
			log.Warn("the browser could not be opened; open the address yourself", "error", err)
		}
	})
}

// start does not wait for a browser, and leaves no dead child behind.
func start(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }()
	return nil
}
