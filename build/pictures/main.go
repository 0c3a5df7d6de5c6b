// Command pictures draws every screen in every state, look, language and scale
// into a folder, with a page that shows them side by side: to look at, and to
// correct until nothing is off. It needs no display. build/gallery calls it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// options are the command line.
type options struct {
	dir       string
	languages []string
	looks     []string
	scales    []float32
	texts     []string // sizes of text of the screens that are drawn in all of them
	sheet     string   // file of the contact sheet; "": none
	jobs      int
	names     []string // parts of the names of pictures; none: all
}

func main() {
	var o options
	var languages, looks, scales, texts string
	var worker bool
	flag.StringVar(&o.dir, "dir", "build/out/gallery", "draw into this `folder`")
	flag.StringVar(&languages, "languages", "en,de,ja", "draw in these languages; what the product does not speak is left out")
	flag.StringVar(&looks, "looks", "light,dark,contrast", "draw in these looks")
	flag.StringVar(&scales, "scales", "1,2", "draw at these scales")
	flag.StringVar(&texts, "texts", "large,largest", "draw a few screens in these sizes of text, too")
	flag.StringVar(&o.sheet, "sheet", "", "lay thumbnails of every screen out in this PNG `file`")
	flag.IntVar(&o.jobs, "jobs", runtime.NumCPU(), "draw with this many processes")
	flag.BoolVar(&worker, "worker", false, "draw what standard input names (used by the program itself)")
	flag.Parse()
	o.names = flag.Args()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := o.read(languages, looks, scales, texts)
	if err == nil && worker {
		err = work(os.Stdin, os.Stdout)
	} else if err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build/gallery:", err)
		os.Exit(1)
	}
}

// read takes the lists of the command line apart.
func (o *options) read(languages, looks, scales, texts string) error {
	o.languages, o.looks, o.texts = spoken(split(languages)), split(looks), split(texts)
	for _, l := range o.looks {
		if _, ok := palettes[l]; !ok {
			return fmt.Errorf("--looks: there is no look %q", l)
		}
	}
	for _, s := range split(scales) {
		f, err := strconv.ParseFloat(s, 32)
		if err != nil || f < 0.5 || f > 4 {
			return fmt.Errorf("--scales: %q is no scale from 0.5 to 4", s)
		}
		o.scales = append(o.scales, float32(f))
	}
	if len(o.languages) == 0 || len(o.looks) == 0 || len(o.scales) == 0 {
		return fmt.Errorf("nothing to draw: it takes a language the product speaks, a look and a scale")
	}
	return nil
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func run(ctx context.Context, o options) error {
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	pictures := plan(o)
	if err := drawAll(ctx, o, pictures); err != nil {
		return err
	}
	icons, err := trayIcons(o)
	if err != nil {
		return err
	}
	pictures = append(pictures, icons...)
	// What other programs have drawn into the folder belongs to it, too.
	pictures = append(pictures, foreign(o.dir)...)
	if err := writePage(o.dir, pictures); err != nil {
		return err
	}
	if o.sheet == "" {
		return nil
	}
	return contactSheet(o.dir, o.sheet, pictures)
}
