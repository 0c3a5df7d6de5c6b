package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Flow places side by side, and goes on in a further line where the width
// ends: words of another language are longer.
func Flow(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flowLayout{gap: gap}, objects...)
}

// FlowStretch is Flow in which one object takes the width that is left in its
// line, and at least a width of its own: what does not fit beside that goes
// below.
func FlowStretch(gap, least float32, stretched fyne.CanvasObject, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flowLayout{gap: gap, least: least, stretched: stretched}, objects...)
}

// natural is a part that would like more width than it needs: so much that
// nothing in it goes below something else.
type natural interface{ natural() float32 }

// flowLayout remembers its width: only with it the height is known.
type flowLayout struct {
	gap, width float32
	stretched  fyne.CanvasObject // nil: none is
	least      float32           // of stretched
}

func (l *flowLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(0, l.each(objects, l.width, nil))
	for _, o := range objects {
		if o.Visible() {
			size.Width = max(size.Width, o.MinSize().Width)
		}
	}
	return size
}

func (l *flowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	l.each(objects, size.Width, func(o fyne.CanvasObject, at fyne.Position, size fyne.Size) {
		o.Resize(size)
		o.Move(at)
	})
}

// each gives every object its place in a width, in the middle of its line, and
// returns the height.
func (l *flowLayout) each(objects []fyne.CanvasObject, width float32, place func(fyne.CanvasObject, fyne.Position, fyne.Size)) float32 {
	y := float32(0)
	for i, line := range l.lines(objects, width) {
		if i > 0 {
			y += l.gap
		}
		sizes, height := l.sizes(line, width, place != nil)
		x := float32(0)
		for n, o := range line {
			if place != nil {
				place(o, fyne.NewPos(x, y+(height-sizes[n].Height)/2), sizes[n])
			}
			x += sizes[n].Width + l.gap
		}
		y += height
	}
	return y
}

// lines are what stands side by side in a width; 0: all of it.
func (l *flowLayout) lines(objects []fyne.CanvasObject, width float32) (lines [][]fyne.CanvasObject) {
	x := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		w := l.wants(o, width)
		if len(lines) == 0 || width > 0 && x+w > width+slack {
			lines, x = append(lines, nil), 0
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], o)
		x += w + l.gap
	}
	return lines
}

// wants is the width an object should have in one of these lines.
func (l *flowLayout) wants(o fyne.CanvasObject, width float32) float32 {
	w := o.MinSize().Width
	if o == l.stretched {
		w = max(w, l.least)
	}
	if n, ok := o.(natural); ok && width <= 0 {
		w = max(w, n.natural())
	} else if ok {
		w = max(w, min(n.natural(), width))
	}
	return w
}

// sizes are those of what stands in one line, and the height of the line.
func (l *flowLayout) sizes(line []fyne.CanvasObject, width float32, placing bool) (sizes []fyne.Size, height float32) {
	left := width + l.gap
	for _, o := range line {
		m := o.MinSize()
		if o != l.stretched {
			m.Width = l.wants(o, width)
		}
		sizes, left = append(sizes, m), left-m.Width-l.gap
	}
	for i, o := range line {
		if o == l.stretched && left > 0 {
			sizes[i].Width += left
		}
		if placing && sizes[i].Width != o.MinSize().Width { // the width first: it may change the height
			o.Resize(sizes[i])
			sizes[i].Height = o.MinSize().Height
		}
		height = max(height, sizes[i].Height)
	}
	return sizes, height
}
