package program

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"beckmanconnect/internal/version"
)

func TestExecute(t *testing.T) {
	var config string
	flags := func(set *flag.FlagSet) { set.StringVar(&config, "config", "default.toml", "configuration `FILE`") }
	quiet := func(context.Context, *slog.Logger, []string) error { return nil }

	tests := map[string]struct {
		args      []string
		arguments string
		run       Run
		code      int
		out, err  string // substrings
	}{
		"nothing":      {run: quiet},
		"version":      {args: []string{"--version"}, out: "demo " + version.Version() + "\n"},
		"help":         {args: []string{"--help"}, out: "Exit codes: 0 done"},
		"help of flag": {args: []string{"-h"}, out: "configuration FILE"},
		"unknown flag": {args: []string{"--nonsense"}, code: ExitUsage, err: "--help says"},
		"bad level":    {args: []string{"--log-level", "loud"}, code: ExitUsage, err: "loud"},
		"argument":     {args: []string{"what"}, code: ExitUsage, err: `unexpected argument "what"`},
		"wanted argument": {args: []string{"verb"}, arguments: "VERB", run: func(_ context.Context, _ *slog.Logger, args []string) error {
			if len(args) != 1 || args[0] != "verb" {
				return fmt.Errorf("args = %q", args)
			}
			return nil
		}},
		"failure": {run: func(context.Context, *slog.Logger, []string) error { return errors.New("disk full") },
			code: ExitFailed, err: "demo: disk full\n"},
		"wrapped exit": {run: func(context.Context, *slog.Logger, []string) error {
			return fmt.Errorf("upgrade: %w", Usagef("no digest"))
		}, code: ExitUsage, err: "upgrade: no digest"},
		"restart says nothing": {run: func(context.Context, *slog.Logger, []string) error { return Restart() }, code: ExitRestart},
		"json log": {args: []string{"--log-json", "--log-level=debug"}, run: func(_ context.Context, log *slog.Logger, _ []string) error {
			log.Debug("ready")
			return nil
		}, err: `"msg":"ready"`},
		"level hides": {args: []string{"--log-level", "error"}, run: func(_ context.Context, log *slog.Logger, _ []string) error {
			log.Warn("ready")
			return nil
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := Execute(t.Context(), Invocation{
				Info: Info{Name: "demo", Summary: "shows the frame.", Arguments: tt.arguments}, Flags: flags, Run: tt.run,
				Args: tt.args, Out: &out, Err: &errs,
			})
			if code != tt.code {
				t.Errorf("exit code %d, want %d; stderr: %s", code, tt.code, &errs)
			}
			for _, s := range []struct{ name, got, want string }{{"stdout", out.String(), tt.out}, {"stderr", errs.String(), tt.err}} {
				if (s.want == "") != (s.got == "") || !strings.Contains(s.got, s.want) {
					t.Errorf("%s = %q, want it to hold %q", s.name, s.got, s.want)
				}
			}
		})
	}
}

func TestRunEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	code := Execute(ctx, Invocation{Info: Info{Name: "demo"}, Err: &bytes.Buffer{}, Run: func(ctx context.Context, _ *slog.Logger, _ []string) error {
		cancel()
		<-ctx.Done()
		return nil
	}})
	if code != ExitOK {
		t.Fatalf("exit code %d after a cancelled context, want %d", code, ExitOK)
	}
}
