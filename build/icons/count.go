package main

import (
	"image"
	"image/color"
	"image/draw"

	"beckmanconnect/assets/icons"
)

// The number of open alarms stands in the lower right corner of a tray icon:
// light on dark, with a light edge all around, so that it is read on
// every state and every panel. Its strokes are straight and whole pixels wide,
// and nothing in it is mixed of two colours: what is this small is read only
// when it is sharp.

var (
	countPaper = color.NRGBA{0x12, 0x18, 0x20, 255}
	countInk   = white
)

// segments are the strokes of the digits 1 to 9, as on a seven-segment display:
// top, upper right, lower right, bottom, lower left, upper left, middle.
var segments = [10]string{
	1: "", 2: "abged", 3: "abgcd", 4: "fgbc", 5: "afgcd", 6: "afgedc", 7: "abc", 8: "abcdefg", 9: "abcdfg",
}

// face is how large digits are at a size, the room around them, and its edge.
type face struct{ width, height, stroke, room, edge int }

// faceOf gives it; more: for "9+", which must leave as much of the icon.
func faceOf(size int, more bool) face {
	switch {
	case more && size < 20:
		return face{3, 5, 1, 1, 1}
	case more && size < 28:
		return face{4, 7, 1, 1, 1}
	case more && size < 40:
		return face{5, 9, 1, 2, 1}
	case more && size < 56:
		return face{8, 14, 2, 2, 2}
	case more:
		return face{11, 19, 3, 3, 2}
	case size < 20:
		return face{4, 7, 1, 1, 1}
	case size < 28:
		return face{5, 9, 1, 1, 1}
	case size < 40:
		return face{7, 11, 2, 2, 1}
	case size < 56: // all even: a panel of 22 or 24 pixels shows every second one
		return face{12, 20, 4, 2, 2}
	}
	return face{14, 23, 4, 3, 2}
}

// drawCounts draws all numbers at a size, side by side: 1 to 9, and more.
func drawCounts(size int) image.Image {
	all := image.NewNRGBA(image.Rect(0, 0, icons.MaxCount*size, size))
	for n := 1; n <= icons.MaxCount; n++ {
		drawCount(all.SubImage(image.Rect((n-1)*size, 0, n*size, size)).(*image.NRGBA), n)
	}
	return all
}

func drawCount(m *image.NRGBA, n int) {
	more := n == icons.MaxCount
	f := faceOf(m.Bounds().Dx(), more)
	at := m.Bounds().Max.Sub(image.Pt(f.edge, f.edge)) // it goes all around
	width := f.width
	if n == 1 {
		width = 3 * f.stroke
	}
	plus := 3 * f.stroke
	if more {
		n, width = 9, width+f.stroke+plus
	}
	x, y := at.X-f.room-width, at.Y-f.room-f.height
	field := image.Rect(x-f.room, y-f.room, at.X, at.Y)
	fillRect(m, field.Inset(-f.edge), countInk)
	fillRect(m, field, countPaper)
	bar := func(x0, y0, x1, y1 int) { fillRect(m, image.Rect(x+x0, y+y0, x+x1, y+y1), countInk) }
	s, w, h := f.stroke, f.width, f.height
	if n == 1 {
		bar(s, 0, 2*s, h)
		bar(0, s, s, 2*s)
		bar(0, h-s, 3*s, h)
		return
	}
	middle := (h - s) / 2
	for _, c := range segments[n] {
		switch c {
		case 'a':
			bar(0, 0, w, s)
		case 'b':
			bar(w-s, 0, w, middle+s)
		case 'c':
			bar(w-s, middle, w, h)
		case 'd':
			bar(0, h-s, w, h)
		case 'e':
			bar(0, middle, s, h)
		case 'f':
			bar(0, 0, s, middle+s)
		case 'g':
			bar(0, middle, w, middle+s)
		}
	}
	if more {
		left := w + s
		bar(left, middle, left+plus, middle+s)
		bar(left+s, middle-s, left+2*s, middle+2*s)
	}
}

func fillRect(m draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(m, r, image.NewUniform(c), image.Point{}, draw.Src)
}
