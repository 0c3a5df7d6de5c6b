package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"beckmanconnect/assets/fonts/noto"
	"beckmanconnect/build/thumb"
)

// The contact sheet, in pixels: columns of thumbnails with their names above.
const (
	sheetColumns  = 8
	sheetThumb    = 300 // width of a thumbnail
	sheetMargin   = 16
	sheetName     = 20 // height of a name
	sheetHeading  = 44
	sheetMostSize = 900_000 // bytes; it stands in the repository
)

// section is a part of the sheet.
type section struct {
	title    string
	pictures []picture
}

// contactSheet lays every screen out once, and some of them in other looks and
// languages, in one picture.
func contactSheet(dir, file string, pictures []picture) error {
	var all []section
	once := func(title, kind, lang, look string) {
		s := section{title: title}
		for _, p := range pictures {
			if p.Kind == kind && (p.Language == lang || p.Language == "") && p.Look == look && p.Scale == 1 && p.Text == "" && (kind != "console" || strings.HasSuffix(p.Screen, "-1024")) {
				s.pictures = append(s.pictures, p)
			}
		}
		if len(s.pictures) > 0 {
			all = append(all, s)
		}
	}
	once("The window", "window", "en", "light")
	once("Questions and preview", "question", "en", "light")
	once("Session bar", "bar", "en", "light")
	once("The tray's own dialogs", "dialog", "en", "light")
	once("The tray's icon", "icon", "", "dark")
	once("The engineer's page", "console", "en", "dark")
	if others := inOtherLooks(pictures); len(others.pictures) > 0 {
		all = append(all, others)
	}
	if len(all) == 0 {
		return fmt.Errorf("--sheet: none of the pictures that belong on it was drawn")
	}
	m, err := layOut(dir, all)
	if err != nil {
		return err
	}
	packed, err := thumb.Pack(m, sheetMostSize)
	if err != nil {
		return err
	}
	return os.WriteFile(file, packed, 0o644)
}

// inOtherLooks are a few screens as other technicians see them.
func inOtherLooks(pictures []picture) section {
	s := section{title: "In other looks, languages and sizes"}
	for _, screen := range []string{"home", "alarms", "alarm", "help-waiting", "help-session", "prompt-control", "activity", "settings"} {
		for _, want := range []picture{{Language: "de", Look: "light"}, {Language: "en", Look: "dark"}, {Language: "en", Look: "contrast"}, {Language: "ja", Look: "light"}, {Language: "en", Look: "light", Text: "largest"}} {
			for _, p := range pictures {
				if p.Screen == screen && p.Language == want.Language && p.Look == want.Look && p.Text == want.Text && p.Scale == 1 {
					s.pictures = append(s.pictures, p)
				}
			}
		}
	}
	return s
}

// layOut draws the sections below each other, each row as high as its highest
// thumbnail.
func layOut(dir string, all []section) (*image.RGBA, error) {
	regular, err := opentype.Parse(noto.Regular)
	if err != nil {
		return nil, err
	}
	bold, err := opentype.Parse(noto.Bold)
	if err != nil {
		return nil, err
	}
	face := func(f *opentype.Font, size float64) font.Face {
		made, _ := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull}) // fails for options only
		return made
	}
	captionFace, large := face(regular, 13), face(bold, 22)
	paper, ink := color.RGBA{0xE6, 0xEB, 0xF0, 255}, color.RGBA{0x14, 0x20, 0x2E, 255}
	width := sheetMargin + sheetColumns*(sheetThumb+sheetMargin)
	var rows []func(m draw.Image)
	y := sheetMargin
	write := func(f font.Face, x, base int, words string) func(draw.Image) {
		return func(m draw.Image) {
			(&font.Drawer{Dst: m, Src: image.NewUniform(ink), Face: f, Dot: fixed.P(x, base)}).DrawString(words)
		}
	}
	for _, s := range all {
		rows = append(rows, write(large, sheetMargin, y+30, s.title))
		y += sheetHeading
		for row := range slices.Chunk(s.pictures, sheetColumns) {
			height := 0
			for i, p := range row {
				small, err := thumb.Read(filepath.Join(dir, p.File), sheetThumb)
				if err != nil {
					return nil, err
				}
				x, top := sheetMargin+i*(sheetThumb+sheetMargin), y+sheetName
				rows = append(rows, write(captionFace, x, y+14, caption(p, s)), func(m draw.Image) {
					draw.Draw(m, small.Bounds().Add(image.Pt(x, top)), small, image.Point{}, draw.Src)
				})
				height = max(height, small.Bounds().Dy())
			}
			y += sheetName + height + sheetMargin
		}
	}
	m := image.NewRGBA(image.Rect(0, 0, width, y))
	draw.Draw(m, m.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
	for _, row := range rows {
		row(m)
	}
	return m, nil
}

// caption names a thumbnail, with what is other than usual about it.
func caption(p picture, s section) string {
	name := p.Screen
	if s.title == inOtherLooks(nil).title {
		name += ", " + p.Language + ", " + p.Look
		if p.Text != "" {
			name += ", " + p.Text
		}
	}
	return name
}
