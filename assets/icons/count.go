package icons

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
)

// MaxCount is the highest number that a tray icon shows; it stands for itself
// and all above: "9+".
const MaxCount = 10

// Counted is a state's tray icon at one of Sizes with the number of open alarms
// on it, PNG. With none it is the plain icon.
func Counted(s State, count, size int) []byte {
	if count <= 0 {
		return PNG(s, size)
	}
	return must(EncodePNG(counted(s, count, size)))
}

// CountedICO is the same for Windows, with all Sizes in it.
func CountedICO(s State, count int) []byte {
	if count <= 0 {
		return ICO(s)
	}
	var sizes []image.Image
	for _, size := range Sizes() {
		sizes = append(sizes, counted(s, count, size))
	}
	return must(EncodeICO(sizes))
}

// counted lays the number over the icon.
func counted(s State, count, size int) image.Image {
	plain, number := decode(fmt.Sprintf("tray-%s-%d.png", s, size)), decode(fmt.Sprintf("count-%d.png", size))
	m := image.NewNRGBA(image.Rect(0, 0, size, size))
	draw.Draw(m, m.Bounds(), plain, image.Point{}, draw.Src)
	draw.Draw(m, m.Bounds(), number, image.Pt((min(count, MaxCount)-1)*size, 0), draw.Over)
	return m
}

func decode(name string) image.Image {
	m, err := png.Decode(bytes.NewReader(read(name)))
	if err != nil {
		panic("icons: " + name + ": " + err.Error())
	}
	return m
}

// must: what was built in can be encoded; tests do it with every picture.
func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
