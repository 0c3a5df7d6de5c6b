// Command gallery draws every screen in every state, look and scale, in two
// languages, as pictures into a folder: to look at, and to correct until
// nothing is off. It needs no display.
//
//	go run ./build/gallery DIR [NAME…]
package main

import (
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/assets/text"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
)

func main() {
	if len(os.Args) < 2 || strings.HasPrefix(os.Args[1], "-") {
		fmt.Fprintln(os.Stderr, "usage: gallery DIR [NAME…]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

func run(dir string, names []string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	app := test.NewApp()
	defer app.Quit()
	for _, language := range text.Languages() {
		lang := language.Tag
		for _, dark := range []bool{false, true} {
			palette, look := theme.Light(), "light"
			if dark {
				palette, look = theme.Dark(), "dark"
			}
			app.Settings().SetTheme(theme.New(theme.Options{Palette: palette, Language: lang}))
			kit := &part.Kit{Palette: palette, Words: text.New(lang)}
			for _, s := range sample.Screens(lang) {
				for _, scale := range []float32{1, 2} {
					name := fmt.Sprintf("%s-%s-%s-%g", s.Name, lang, look, scale)
					if !wanted(name, names) {
						continue
					}
					if err := picture(filepath.Join(dir, name+".png"), kit, s, scale); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func wanted(name string, names []string) bool {
	if len(names) == 0 {
		return true
	}
	for _, n := range names {
		if strings.Contains(name, n) {
			return true
		}
	}
	return false
}

func picture(path string, k *part.Kit, s sample.Screen, scale float32) error {
	content, size := s.Draw(k)
	w := test.NewWindow(content)
	defer w.Close()
	w.SetPadded(false)
	if c, ok := w.Canvas().(test.WindowlessCanvas); ok {
		c.SetScale(scale)
	}
	// Wrapped text knows its height only at its width: more than one pass.
	for range 3 {
		if size.Height == 0 {
			w.Resize(fyne.NewSize(max(size.Width, content.MinSize().Width), content.MinSize().Height))
		} else {
			w.Resize(size.AddWidthHeight(1, 0))
			w.Resize(size)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = png.Encode(f, w.Canvas().Capture())
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
