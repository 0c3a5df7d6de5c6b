package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/assets/text"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
)

// order is one line to a worker; its answer is an error in words, or nothing.
type order struct {
	Dir     string
	Picture picture
}

// work draws what comes in, a line each, and answers a line for each. The
// toolkit has one look a process, so that drawing at once takes several.
func work(in io.Reader, out io.Writer) error {
	app := test.NewApp()
	defer app.Quit()
	w := &painter{app: app}
	answers := json.NewEncoder(out)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return err
		}
		said := ""
		if err := w.draw(o); err != nil {
			said = o.Picture.name() + ": " + err.Error()
		}
		if err := answers.Encode(said); err != nil {
			return err
		}
	}
	return nil
}

// painter draws in one look at a time.
type painter struct {
	app     fyne.App
	kit     *part.Kit
	lang    string
	present string // look and size of text
	screens map[string]sample.Screen
}

func (w *painter) draw(o order) error {
	p := o.Picture
	if w.lang != p.Language {
		w.lang, w.screens = p.Language, map[string]sample.Screen{}
		for _, s := range sample.Screens(p.Language) {
			w.screens[s.Name] = s
		}
	}
	if present := p.Language + "/" + p.Look + "/" + p.Text; present != w.present {
		w.present = present
		palette, scale := palettes[p.Look](), theme.TextScale(p.Text)
		w.app.Settings().SetTheme(theme.New(theme.Options{Palette: palette, Language: p.Language, Text: scale}))
		w.kit = &part.Kit{Palette: palette, Words: text.New(p.Language), Text: scale}
	}
	s, ok := w.screens[p.Screen]
	if !ok {
		return fmt.Errorf("there is no such screen")
	}
	return w.save(filepath.Join(o.Dir, p.File), s, p.Scale)
}

func (w *painter) save(path string, s sample.Screen, scale float32) error {
	content, size := s.Draw(w.kit)
	window := test.NewWindow(content)
	defer window.Close()
	window.SetPadded(false)
	if c, ok := window.Canvas().(test.WindowlessCanvas); ok {
		c.SetScale(scale)
	}
	// Wrapped text knows its height only at its width: more than one pass.
	for range 3 {
		if size.Height == 0 {
			window.Resize(fyne.NewSize(max(size.Width, content.MinSize().Width), content.MinSize().Height))
		} else {
			window.Resize(size.AddWidthHeight(1, 0))
			window.Resize(size)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, window.Canvas().Capture())
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
