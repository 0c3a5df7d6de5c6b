// Command story runs the whole product on one machine: for a person
// (build/demo), or by itself with real clicks and a real Chromium, checking
// each step by its effect (build/demo --script DIR), or with five tasks as a
// newcomer gets them (build/tasks DIR).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/build/stage"
)

// options are the command line, filled by build/demo.
type options struct {
	tasks   string // folder for tasks.json and pictures; empty: no tasks
	script  string // folder for story.json and pictures; empty: for a person
	dir     string // the house's own folder
	bin     string // programs of this build
	first   string // release archive installed first
	release string // archive of the second version
	broken  string // archive of a third that does not work
	fresh   bool   // forget what an earlier demo left in dir
	lang    string // the technician's language in the story
	windows string // folder of what the story under Wine needs besides the programs; empty: Linux
}

func main() {
	var o options
	flag.StringVar(&o.script, "script", "", "play the story and leave story.json and pictures in this `folder`")
	flag.StringVar(&o.tasks, "tasks", "", "play five tasks of a newcomer and leave tasks.json and pictures in this `folder`")
	flag.StringVar(&o.dir, "dir", "build/out/demo", "keep everything under this `folder`")
	flag.StringVar(&o.bin, "bin", "build/out/bin", "`folder` of the programs")
	flag.StringVar(&o.first, "package", "", "release `archive` that is installed first")
	flag.StringVar(&o.release, "release", "", "`archive` of the second version, to be offered as an upgrade")
	flag.StringVar(&o.broken, "broken", "", "`archive` of a third version that does not work, to be taken back by itself")
	flag.StringVar(&o.lang, "language", "en", "the technician of the story reads this `language`")
	flag.BoolVar(&o.fresh, "fresh", false, "forget what an earlier run left")
	flag.StringVar(&o.windows, "windows", "", "play it with the Windows programs under Wine: `folder` of the bridge into it; --package, --release and --broken are folders of programs, named by their version")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := play(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "build/demo:", err)
		os.Exit(1)
	}
}

func play(ctx context.Context, o options) error {
	if !slices.ContainsFunc(text.Languages(), func(l text.Language) bool { return l.Tag == o.lang }) {
		return fmt.Errorf("--language: the product does not speak %q", o.lang)
	}
	for _, path := range []*string{&o.dir, &o.bin, &o.first, &o.release, &o.broken, &o.script, &o.tasks, &o.windows} {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = abs
	}
	if o.fresh {
		if err := stage.Forget(ctx, o.dir); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	if o.tasks != "" {
		if err := os.MkdirAll(o.tasks, 0o755); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeoutCause(ctx, 8*time.Minute, errors.New("the tasks took longer than eight minutes"))
		defer cancel()
		return tasks(ctx, o)
	}
	if o.script == "" {
		return demo(ctx, o)
	}
	if err := os.MkdirAll(o.script, 0o755); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 12*time.Minute, errors.New("the story took longer than twelve minutes"))
	defer cancel()
	return script(ctx, o)
}
