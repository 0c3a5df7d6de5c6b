// Package program is the frame every BeckmanConnect program stands in: flags,
// log, signals and exit codes are the same everywhere, so that supervisors,
// scripts and people learn them once.
package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"beckmanconnect/internal/version"
)

// Exit codes.
const (
	ExitOK      = 0
	ExitFailed  = 1
	ExitUsage   = 2
	ExitRestart = 75 // start me again: another version is now current
)

// Info describes a program in its own help.
type Info struct {
	Name      string // "beckmanconnect-service"
	Summary   string // one sentence
	Arguments string // what may follow the flags, "VERB [ARG]…"; empty: nothing may
	Help      string // more text for --help, may be empty
	// SelfTest looks at what is built into the program and opens nothing outside
	// of it: no file, no address. Nil: there is no --self-test.
	SelfTest func() error
}

// Run is a program's work. It returns when it is done or soon after ctx ends.
type Run func(ctx context.Context, log *slog.Logger, args []string) error

// ExitError ends the program with a code of its own. A nil Err prints nothing.
type ExitError struct {
	Code int
	Err  error
}

func (e ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e ExitError) Unwrap() error { return e.Err }

// Usagef is an error of the person who typed the command: exit code 2.
func Usagef(format string, a ...any) error {
	return ExitError{Code: ExitUsage, Err: fmt.Errorf(format, a...)}
}

// Restart asks the supervisor to start the program again.
func Restart() error { return ExitError{Code: ExitRestart} }

// Main runs the program and never returns. SIGINT and SIGTERM cancel the
// context; a second one ends the program at once.
func Main(info Info, flags func(*flag.FlagSet), run Run) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Once the first signal was taken the next one has its usual effect.
	context.AfterFunc(ctx, stop)
	code := Execute(ctx, Invocation{Info: info, Flags: flags, Run: run, Args: os.Args[1:], Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}

// Invocation is one run of a program, with everything it takes from outside.
type Invocation struct {
	Info  Info
	Flags func(*flag.FlagSet) // may be nil
	Run   Run
	Args  []string
	Out   io.Writer // what was asked for: help, version
	Err   io.Writer // log and errors
}

// Execute is Main without the process around it. It returns the exit code.
func Execute(ctx context.Context, in Invocation) int {
	set := flag.NewFlagSet(in.Info.Name, flag.ContinueOnError)
	set.SetOutput(io.Discard) // errors and help are printed below, each to its own stream
	level := slog.LevelInfo
	showVersion := set.Bool("version", false, "print the version and end")
	logJSON := set.Bool("log-json", false, "write the log as JSON lines")
	set.TextVar(&level, "log-level", slog.LevelInfo, "`level` of the log: debug, info, warn or error")
	selfTest := new(bool)
	if in.Info.SelfTest != nil {
		selfTest = set.Bool(strings.TrimLeft(SelfTestFlag, "-"), false, "look at what is built into the program, opening nothing outside, and end")
	}
	if in.Flags != nil {
		in.Flags(set)
	}
	switch err := set.Parse(in.Args); {
	case errors.Is(err, flag.ErrHelp):
		printHelp(in.Out, in.Info, set)
		return ExitOK
	case err != nil:
		return fail(in, Usagef("%w", err))
	case *showVersion:
		fmt.Fprintf(in.Out, "%s %s\n", in.Info.Name, version.Version())
		return ExitOK
	case *selfTest:
		return fail(in, in.Info.selfTest(in.Out))
	case set.NArg() > 0 && in.Info.Arguments == "":
		return fail(in, Usagef("unexpected argument %q", set.Arg(0)))
	}
	return fail(in, in.Run(ctx, newLog(in.Err, level, *logJSON), set.Args()))
}

// fail prints what has to be printed for err and returns the exit code.
func fail(in Invocation, err error) int {
	if err == nil {
		return ExitOK
	}
	code, exit := ExitFailed, ExitError{}
	if errors.As(err, &exit) {
		code = exit.Code
		if exit.Err == nil {
			return code
		}
	}
	fmt.Fprintf(in.Err, "%s: %v\n", in.Info.Name, err)
	if code == ExitUsage {
		fmt.Fprintf(in.Err, "%s --help says what is possible.\n", in.Info.Name)
	}
	return code
}

func newLog(w io.Writer, level slog.Level, asJSON bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if asJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func printHelp(w io.Writer, info Info, set *flag.FlagSet) {
	fmt.Fprintf(w, "%s: %s\n\nUsage: %s [flags]", info.Name, info.Summary, info.Name)
	if info.Arguments != "" {
		fmt.Fprintf(w, " %s", info.Arguments)
	}
	fmt.Fprint(w, "\n\n")
	set.SetOutput(w)
	set.PrintDefaults()
	if info.Help != "" {
		fmt.Fprintf(w, "\n%s\n", info.Help)
	}
	fmt.Fprintf(w, "\nExit codes: %d done, %d failed, %d wrong usage, %d restart wanted.\n",
		ExitOK, ExitFailed, ExitUsage, ExitRestart)
}
