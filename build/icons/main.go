// Command icons draws the product's icons into a folder: app.png, app.ico and
// the tray's states as PNG and ICO.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
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
	if files["app.ico"], err = encodeICO(appSizes); err != nil {
		return nil, err
	}
	if files["app.png"], err = encodePNG(drawApp(512)); err != nil {
		return nil, err
	}
	for _, state := range icons.States() {
		var sizes []image.Image
		for _, size := range icons.Sizes() {
			picture := drawState(state, size)
			sizes = append(sizes, picture)
			if files[fmt.Sprintf("tray-%s-%d.png", state, size)], err = encodePNG(picture); err != nil {
				return nil, err
			}
		}
		if files[fmt.Sprintf("tray-%s.ico", state)], err = encodeICO(sizes); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func encodePNG(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, m); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b.Bytes(), nil
}
