package desktop

import "image"

// Area is a set of rectangles that do not overlap.
type Area []image.Rectangle

// Subtract returns what is left of a when r is cut out.
func (a Area) Subtract(r image.Rectangle) Area {
	if r.Empty() {
		return a
	}
	var out Area
	for _, p := range a {
		out = append(out, cut(p, r)...)
	}
	return out
}

// Add returns a with r in it.
func (a Area) Add(r image.Rectangle) Area {
	rest := Area{r}
	if r.Empty() {
		return a
	}
	for _, p := range a {
		rest = rest.Subtract(p)
	}
	return append(a, rest...)
}

// Has says whether a pixel is in a.
func (a Area) Has(p image.Point) bool {
	for _, r := range a {
		if p.In(r) {
			return true
		}
	}
	return false
}

// Covers says whether all of r is in a; nothing is in everything.
func (a Area) Covers(r image.Rectangle) bool {
	rest := Area{r}
	for _, p := range a {
		rest = rest.Subtract(p)
	}
	return rest.Pixels() == 0
}

// Clip returns what of a is inside r.
func (a Area) Clip(r image.Rectangle) Area {
	var out Area
	for _, p := range a {
		if p = p.Intersect(r); !p.Empty() {
			out = append(out, p)
		}
	}
	return out
}

// Bounds is the smallest rectangle around a.
func (a Area) Bounds() image.Rectangle {
	var b image.Rectangle
	for _, p := range a {
		b = b.Union(p)
	}
	return b
}

// Pixels is how many a covers.
func (a Area) Pixels() int {
	n := 0
	for _, p := range a {
		n += p.Dx() * p.Dy()
	}
	return n
}

// cut returns p without r: at most four rectangles.
func cut(p, r image.Rectangle) []image.Rectangle {
	in := p.Intersect(r)
	if in.Empty() {
		return []image.Rectangle{p}
	}
	parts := []image.Rectangle{
		{Min: p.Min, Max: image.Pt(p.Max.X, in.Min.Y)},                        // above
		{Min: image.Pt(p.Min.X, in.Max.Y), Max: p.Max},                        // below
		{Min: image.Pt(p.Min.X, in.Min.Y), Max: image.Pt(in.Min.X, in.Max.Y)}, // left
		{Min: image.Pt(in.Max.X, in.Min.Y), Max: image.Pt(p.Max.X, in.Max.Y)}, // right
	}
	out := parts[:0]
	for _, q := range parts {
		if !q.Empty() {
			out = append(out, q)
		}
	}
	return out
}

// Window is one window on the screen as far as hiding needs to know it.
type Window struct {
	Bounds image.Rectangle // with its border and decoration, in screen pixels
	Hidden bool            // belongs to this product, or the instrument's profile masks it
	Opaque bool            // nothing below it shines through
}

// Hide returns what of the screen has to be black: the parts of hidden windows
// that no opaque shown window covers, and every region (B6). Windows come from
// the lowest to the topmost.
func Hide(screen image.Rectangle, windows []Window, regions []image.Rectangle) Area {
	var hidden Area
	for _, w := range windows {
		switch {
		case w.Hidden:
			hidden = hidden.Add(w.Bounds.Intersect(screen))
		case w.Opaque:
			hidden = hidden.Subtract(w.Bounds)
		}
	}
	for _, r := range regions {
		hidden = hidden.Add(r.Intersect(screen))
	}
	return hidden
}

// Blacken paints an area of a picture of 4-byte pixels black.
func Blacken(pix []byte, stride int, a Area) {
	for _, r := range a {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			clear(pix[y*stride+4*r.Min.X : y*stride+4*r.Max.X])
		}
	}
}

// The costs that Merge weighs: a rectangle more is a request and its share of
// the bookkeeping, as much as copying and comparing so many pixels; and no
// capture asks for more than maxMerged.
const (
	mergeCost = 4096
	maxMerged = 32
)

// Merge joins rectangles where one that covers both costs less than two: text
// that is typed stays as small as it was, letters of one word come together. The
// result covers everything the input covered.
func Merge(rects []image.Rectangle) []image.Rectangle {
	out := make([]image.Rectangle, 0, len(rects))
	for _, r := range rects {
		if !r.Empty() {
			out = append(out, r)
		}
	}
	if len(out) > 16*maxMerged { // joining compares each with each
		return []image.Rectangle{Area(out).Bounds()}
	}
	for i := 0; i < len(out); i++ {
		for j := i + 1; j < len(out); j++ {
			u := out[i].Union(out[j])
			waste := u.Dx()*u.Dy() - out[i].Dx()*out[i].Dy() - out[j].Dx()*out[j].Dy()
			if waste > mergeCost {
				continue
			}
			out[i] = u
			out = append(out[:j], out[j+1:]...)
			j = i // what was too far from the smaller one may not be from this one
		}
	}
	return Coalesce(out, maxMerged)
}

// Coalesce merges rectangles until at most limit are left, so that a capture
// costs few requests. The result covers everything the input covered.
func Coalesce(rects []image.Rectangle, limit int) []image.Rectangle {
	out := make([]image.Rectangle, 0, len(rects))
	for _, r := range rects {
		if !r.Empty() {
			out = append(out, r)
		}
	}
	if len(out) > 16*limit { // the pairwise search below is cubic
		return []image.Rectangle{Area(out).Bounds()}
	}
	for len(out) > limit {
		bi, bj, waste := 0, 1, int(^uint(0)>>1)
		for i := range out {
			for j := i + 1; j < len(out); j++ {
				u := out[i].Union(out[j])
				if w := u.Dx()*u.Dy() - out[i].Dx()*out[i].Dy() - out[j].Dx()*out[j].Dy(); w < waste {
					bi, bj, waste = i, j, w
				}
			}
		}
		out[bi] = out[bi].Union(out[bj])
		out = append(out[:bj], out[bj+1:]...)
	}
	return out
}
