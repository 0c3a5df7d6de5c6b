// Package gdi is the desktop helper's screen and input on Windows: pictures by
// GDI, which every Windows and Wine has, and input by SendInput. The programs
// it runs beside are asked by process, so a window of ours is known whatever it
// calls itself.
package gdi

import (
	"image"
	"slices"
	"strings"

	"beckmanconnect/app/desktop"
)

// productName begins the file names of our programs.
const productName = "beckmanconnect"

// ourImage says whether a program file is one of ours.
func ourImage(path string) bool {
	return strings.HasPrefix(strings.ToLower(path[strings.LastIndexAny(path, `\/`)+1:]), productName)
}

// same says whether nothing that decides about hiding changed in a window.
func same(a, b desktop.Facts) bool {
	return slices.Equal(a.Members, b.Members) && a.Window == b.Window && a.Mask == b.Mask
}

// absolute is a pixel as SendInput wants it: 0 … 65535 over the whole virtual
// screen, aimed at the pixel's middle so that rounding never hits its
// neighbour.
func absolute(p image.Point, screen image.Rectangle) (x, y int32) {
	scale := func(v, size int) int32 { return int32((int64(v)*65536 + 32768) / int64(max(size, 1))) }
	p.X, p.Y = min(max(p.X, 0), screen.Dx()-1), min(max(p.Y, 0), screen.Dy()-1)
	return scale(p.X, screen.Dx()), scale(p.Y, screen.Dy())
}
