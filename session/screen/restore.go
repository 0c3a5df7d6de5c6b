package screen

import (
	"encoding/binary"
	"image"
)

// saved are what was last kept of a tile before something moved over it, the
// newest first: entries of the cache, plus 1.
type saved struct {
	ids  [2]uint64
	over uint32 // the update in which something moved over it last
}

// saveCovered keeps the tiles that a copy from from to to is about to reach,
// so that they need not be sent when it has gone on. What it moves over for
// longer was kept when it came.
func (e *Encoder) saveCovered(to image.Rectangle, by image.Point) {
	from := to.Add(by)
	for row := to.Min.Y / Tile; row <= (to.Max.Y-1)/Tile; row++ {
		for col := to.Min.X / Tile; col <= (to.Max.X-1)/Tile; col++ {
			i := row*e.cols + col
			r, t := e.bounds(i), &e.tiles[i]
			if t.unknown || r.Intersect(to).In(from) {
				continue
			}
			rest := e.seq-t.saved.over > 1
			t.saved.over = e.seq
			if rest {
				e.save(i, r)
			}
		}
	}
}

func (e *Encoder) save(i int, r image.Rectangle) {
	k := &e.work
	k.was = load(k.was, e.shown, 4*e.width, r)
	if uniform(k.was) {
		return
	}
	s := &e.tiles[i].saved
	sum := hashPixels(k.was, r.Dx())
	id, ok := e.index.find(sum)
	if !ok || !e.isCached(id, k.was, r.Dx()) {
		e.head(opCopy|opKeep, r)
		e.body = append(e.body, 0, 0) // onto itself
		e.keep(k.was, r, sum)
		id = e.cache.count - 1
	}
	if s.ids[0] != id+1 {
		s.ids[0], s.ids[1] = id+1, s.ids[0]
	}
}

// minRestored is the least worth restoring, in pixels.
const minRestored = 12

// restore shows again what was kept of tile i, where that is what the frame
// has: strips at the sides of its crop, which shrinks. True: nothing is left.
func (e *Encoder) restore(f Frame, i int) bool {
	t := &e.tiles[i]
	for _, id := range t.saved.ids {
		if id == 0 || t.unknown {
			continue
		}
		pixels, w, h, ok := e.cache.get(id - 1)
		if origin := e.bounds(i); !ok || w != origin.Dx() || h != origin.Dy() {
			continue
		}
		for {
			r := e.strip(f, i, pixels, w)
			if area(r) < minRestored {
				break
			}
			at := e.bounds(i).Min
			e.head(opPart, r)
			e.body = binary.AppendUvarint(e.body, e.cache.count-id)
			e.body = binary.AppendUvarint(e.body, uint64(r.Min.X-at.X))
			e.body = binary.AppendUvarint(e.body, uint64(r.Min.Y-at.Y))
			for y := r.Min.Y; y < r.Max.Y; y++ {
				copy(e.shown[4*(y*e.width+r.Min.X):][:4*r.Dx()], f.Pix[y*f.Stride+4*r.Min.X:])
			}
			if t.crop = e.tighten(f, t.crop); t.crop.Empty() {
				t.state = clean
				return true
			}
		}
	}
	return false
}

// strip is the largest strip at a side of tile i's crop that is as in pixels.
func (e *Encoder) strip(f Frame, i int, pixels []uint32, w int) image.Rectangle {
	crop, at := e.tiles[i].crop, e.bounds(i).Min
	same := func(r image.Rectangle) bool {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := f.Pix[y*f.Stride+4*r.Min.X:][:4*r.Dx()]
			kept := pixels[(y-at.Y)*w+r.Min.X-at.X:]
			for x := range r.Dx() {
				if binary.LittleEndian.Uint32(row[4*x:])&colour != kept[x] {
					return false
				}
			}
		}
		return true
	}
	best := image.Rectangle{}
	try := func(line func(n int) (next, all image.Rectangle), most int) {
		n := 0
		all := image.Rectangle{}
		for ; n < most; n++ {
			next, upTo := line(n)
			if !same(next) {
				break
			}
			all = upTo
		}
		if n > 0 && area(all) > area(best) {
			best = all
		}
	}
	x0, y0, x1, y1 := crop.Min.X, crop.Min.Y, crop.Max.X, crop.Max.Y
	try(func(n int) (a, b image.Rectangle) {
		return image.Rect(x0, y0+n, x1, y0+n+1), image.Rect(x0, y0, x1, y0+n+1)
	}, y1-y0)
	try(func(n int) (a, b image.Rectangle) {
		return image.Rect(x0, y1-n-1, x1, y1-n), image.Rect(x0, y1-n-1, x1, y1)
	}, y1-y0)
	try(func(n int) (a, b image.Rectangle) {
		return image.Rect(x0+n, y0, x0+n+1, y1), image.Rect(x0, y0, x0+n+1, y1)
	}, x1-x0)
	try(func(n int) (a, b image.Rectangle) {
		return image.Rect(x1-n-1, y0, x1-n, y1), image.Rect(x1-n-1, y0, x1, y1)
	}, x1-x0)
	return best
}

// tighten gives the part of r that bounds what differs from what is shown.
func (e *Encoder) tighten(f Frame, r image.Rectangle) (out image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		first, last := differ(f.Pix[y*f.Stride+4*r.Min.X:][:4*r.Dx()], e.shown[4*(y*e.width+r.Min.X):][:4*r.Dx()])
		if first >= 0 {
			out = out.Union(image.Rect(r.Min.X+first, y, r.Min.X+last+1, y+1))
		}
	}
	return out
}
