// Command icons draws the product's icons into a folder: app.png, app.ico and
// the tray's states as PNG and ICO, and the numbers that stand on them.
package main

import (
	"flag"
	"fmt"
	"image"
	"os"
	"path/filepath"

	"beckmanconnect/assets/icons"
)

func main() {
	out := flag.String("out", "assets/icons", "`folder` to write to")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "icons:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	files, err := drawAll()
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(out, name), content, 0o644); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

// drawAll returns every file by name.
func drawAll() (map[string][]byte, error) {
	files := map[string][]byte{}
	var appSizes []image.Image
	for _, size := range []int{16, 24, 32, 48, 64, 128, 256} {
		appSizes = append(appSizes, drawApp(size))
	}
	var err error
	if files["app.ico"], err = icons.EncodeICO(appSizes); err != nil {
		return nil, err
	}
	if files["app.png"], err = icons.EncodePNG(drawApp(512)); err != nil {
		return nil, err
	}
	for _, state := range icons.States() {
		var sizes []image.Image
		for _, size := range icons.Sizes() {
			picture := drawState(state, size)
			sizes = append(sizes, picture)
			if files[fmt.Sprintf("tray-%s-%d.png", state, size)], err = icons.EncodePNG(picture); err != nil {
				return nil, err
			}
		}
		if files[fmt.Sprintf("tray-%s.ico", state)], err = icons.EncodeICO(sizes); err != nil {
			return nil, err
		}
	}
	note := fmt.Sprintf("tray-%s-%d.png", icons.Note, icons.ToastSize)
	if files[note], err = icons.EncodePNG(drawState(icons.Note, icons.ToastSize)); err != nil {
		return nil, err
	}
	for _, size := range icons.Sizes() {
		if files[fmt.Sprintf("count-%d.png", size)], err = icons.EncodePNG(drawCounts(size)); err != nil {
			return nil, err
		}
	}
	return files, nil
}
