// Package thumb makes pictures small: in size for contact sheets, in colours for
// files that stand in the repository.
package thumb

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// Reduce draws a picture in at most n colours (2 to 256), found by median cut
// (Heckbert, 1982) over its colours in steps of 8, and without dithering: that
// would make flat areas of a screen rough and the file large.
func Reduce(m *image.RGBA, n int) *image.Paletted {
	count := map[[3]uint8]int{}
	for i := 0; i+3 < len(m.Pix); i += 4 {
		count[coarse(m.Pix[i:])]++
	}
	var boxes []box
	var first box
	for c, times := range count {
		first = append(first, counted{c, times})
	}
	// The order of a map is another in each run.
	slices.SortFunc(first, func(a, b counted) int { return slices.Compare(a.colour[:], b.colour[:]) })
	for boxes = []box{first}; len(boxes) < n; {
		i := widest(boxes)
		if i < 0 {
			break
		}
		a, b := boxes[i].halves()
		boxes[i] = a
		boxes = append(boxes, b)
	}
	var palette color.Palette
	index := map[[3]uint8]uint8{}
	for i, b := range boxes {
		palette = append(palette, b.mean())
		for _, c := range b {
			index[c.colour] = uint8(i)
		}
	}
	out := image.NewPaletted(m.Rect, palette)
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			out.Pix[out.PixOffset(x, y)] = index[coarse(m.Pix[m.PixOffset(x, y):])]
		}
	}
	return out
}

func coarse(pix []uint8) [3]uint8 { return [3]uint8{pix[0] >> 3, pix[1] >> 3, pix[2] >> 3} }

type counted struct {
	colour [3]uint8
	times  int
}

// box is the colours that become one.
type box []counted

// span is the channel in which the colours differ most, and by how much.
func (b box) span() (channel int, by uint8) {
	for c := range 3 {
		low, high := uint8(255), uint8(0)
		for _, k := range b {
			low, high = min(low, k.colour[c]), max(high, k.colour[c])
		}
		if high-low > by {
			channel, by = c, high-low
		}
	}
	return channel, by
}

func (b box) times() (n int) {
	for _, k := range b {
		n += k.times
	}
	return n
}

// widest is the box to cut next: colours that differ much count more than
// colours that are many, for a chip is small and its colour means something.
func widest(boxes []box) int {
	best, most := -1, 0.0
	for i, b := range boxes {
		_, by := b.span()
		if weight := float64(by) * float64(by) * float64(by) * float64(min(b.times(), 20_000)); by > 0 && weight > most {
			best, most = i, weight
		}
	}
	return best
}

// halves cuts a box where half of its pixels lie on each side.
func (b box) halves() (box, box) {
	channel, _ := b.span()
	slices.SortStableFunc(b, func(x, y counted) int { return cmp.Compare(x.colour[channel], y.colour[channel]) })
	half, seen := b.times()/2, 0
	for i, k := range b[:len(b)-1] {
		if seen += k.times; seen >= half {
			return b[:i+1], b[i+1:]
		}
	}
	return b[:len(b)-1], b[len(b)-1:]
}

func (b box) mean() color.Color {
	var sum [3]int
	n := max(b.times(), 1)
	for _, k := range b {
		for c := range 3 {
			sum[c] += (int(k.colour[c])<<3 | int(k.colour[c])>>2) * k.times
		}
	}
	return color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255}
}
