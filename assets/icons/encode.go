package icons

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
)

// EncodePNG makes a PNG, as small as it gets.
func EncodePNG(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, m); err != nil {
		return nil, fmt.Errorf("icons: encode: %w", err)
	}
	return b.Bytes(), nil
}

// EncodeICO makes a Windows icon of square pictures. Sizes from 256 on are PNG; smaller ones are
// plain 32-bit bitmaps, which every reader knows, GDI's LoadImage included.
func EncodeICO(pictures []image.Image) ([]byte, error) {
	var head, body bytes.Buffer
	offset := 6 + 16*len(pictures)
	put := func(v any) { _ = binary.Write(&head, binary.LittleEndian, v) } // a Buffer's Write never fails
	put([]uint16{0, 1, uint16(len(pictures))})
	for _, m := range pictures {
		size := m.Bounds().Dx()
		data := bitmap(m)
		if size >= 256 {
			var err error
			if data, err = EncodePNG(m); err != nil {
				return nil, err
			}
		}
		edge := byte(size) // 256 is written as 0
		put([]byte{edge, edge, 0, 0})
		put([]uint16{1, 32})
		put([]uint32{uint32(len(data)), uint32(offset + body.Len())})
		body.Write(data)
	}
	head.Write(body.Bytes())
	return head.Bytes(), nil
}

// bitmap is a BITMAPINFOHEADER, the pixels bottom-up as BGRA, and an empty mask
// (the alpha channel counts).
func bitmap(m image.Image) []byte {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	mask := (w + 31) / 32 * 4 * h
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	put([]uint32{40, uint32(w), uint32(2 * h)})
	put([]uint16{1, 32})
	put([]uint32{0, uint32(w*h*4 + mask), 0, 0, 0, 0})
	for y := h - 1; y >= 0; y-- {
		for x := range w {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			b.Write([]byte{c.B, c.G, c.R, c.A})
		}
	}
	b.Write(make([]byte, mask))
	return b.Bytes()
}
