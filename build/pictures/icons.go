package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"

	"beckmanconnect/assets/icons"
)

// panels are what a tray icon is seen on.
var panels = map[string]color.Color{"light": color.NRGBA{0xF2, 0xF2, 0xF2, 255}, "dark": color.NRGBA{0x20, 0x24, 0x2A, 255}}

// trayIcons draws every state of the tray's icon in every size, plain and with
// numbers, on a light and on a dark panel.
func trayIcons(o options) ([]picture, error) {
	var all []picture
	for _, look := range []string{"light", "dark"} {
		for _, state := range icons.States() {
			p := picture{Kind: "icon", Screen: "tray-" + string(state), Look: look, Scale: 1}
			p.File = "icon-" + string(state) + "-" + look + ".png"
			if !wanted(p.File, o.names) {
				continue
			}
			m, err := iconRow(state, panels[look])
			if err != nil {
				return nil, err
			}
			if err := savePNG(filepath.Join(o.dir, p.File), m); err != nil {
				return nil, err
			}
			all = append(all, p)
		}
	}
	return all, nil
}

// iconRow is one state in every size, and below it with a number.
func iconRow(state icons.State, panel color.Color) (image.Image, error) {
	const gap = 12
	width, tallest := gap, 0
	for _, size := range icons.Sizes() {
		width, tallest = width+size+gap, max(tallest, size)
	}
	m := image.NewNRGBA(image.Rect(0, 0, width, 3*tallest+4*gap))
	draw.Draw(m, m.Rect, image.NewUniform(panel), image.Point{}, draw.Src)
	for row, count := range []int{0, 3, icons.MaxCount} {
		x := gap
		for _, size := range icons.Sizes() {
			icon, err := png.Decode(bytes.NewReader(icons.Counted(state, count, size)))
			if err != nil {
				return nil, fmt.Errorf("icon %s at %d: %w", state, size, err)
			}
			at := image.Pt(x, gap+row*(tallest+gap)+(tallest-size)/2)
			draw.Draw(m, image.Rectangle{Min: at, Max: at.Add(image.Pt(size, size))}, icon, image.Point{}, draw.Over)
			x += size + gap
		}
	}
	return m, nil
}

func savePNG(path string, m image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, m)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
