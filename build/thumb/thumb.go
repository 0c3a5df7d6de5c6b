package thumb

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"

	xdraw "golang.org/x/image/draw"
)

// Read reads a PNG and makes it at most so many pixels wide.
func Read(file string, width int) (image.Image, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return Shrink(m, width), nil
}

// Shrink makes a picture at most so many pixels wide, of the same shape.
func Shrink(m image.Image, width int) image.Image {
	size := m.Bounds().Size()
	width = min(width, size.X)
	small := image.NewRGBA(image.Rect(0, 0, width, max(size.Y*width/max(size.X, 1), 1)))
	xdraw.CatmullRom.Scale(small, small.Rect, m, m.Bounds(), draw.Src, nil)
	return small
}

// Pack encodes a picture as PNG in as many colours as bytes allow.
func Pack(m *image.RGBA, bytesMost int) ([]byte, error) {
	var b bytes.Buffer
	for _, colours := range []int{256, 160, 96, 64, 40, 24, 16} {
		b.Reset()
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, Reduce(m, colours)); err != nil {
			return nil, err
		}
		if b.Len() <= bytesMost {
			return b.Bytes(), nil
		}
	}
	return nil, fmt.Errorf("a picture of %v takes %d bytes and may take %d", m.Bounds().Size(), b.Len(), bytesMost)
}
