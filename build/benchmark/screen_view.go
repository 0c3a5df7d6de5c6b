package main

import (
	"context"
	"fmt"
	"image"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beckmanconnect/build/benchmark/paint"
	"beckmanconnect/build/stage"
)

// pixels is a picture of paint.Width × paint.Height, each pixel 0x00RRGGBB.
type pixels []uint32

// differ counts the pixels in which two pictures differ, apart from some
// places.
func differ(a, b pixels, apart []image.Rectangle) int {
	n := 0
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		at := image.Pt(i%paint.Width, i/paint.Width)
		hidden := false
		for _, r := range apart {
			hidden = hidden || at.In(r)
		}
		if !hidden {
			n++
		}
	}
	return n
}

// eyes see what the engineer sees.
type eyes interface {
	// picture is all of it.
	picture() (pixels, error)
	// watch counts how often a part of it changes, until stop is called.
	watch(ctx context.Context, part image.Rectangle) (stop func() (int, error), err error)
}

// xview is an X display: a viewer's, or the one that is watched itself.
type xview struct {
	x      *xgb.Conn
	root   xproto.Window
	origin image.Point // of the picture, on the display
}

func openXView(display string) (*xview, error) {
	x, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("display %s: %w", display, err)
	}
	return &xview{x: x, root: xproto.Setup(x).DefaultScreen(x).Root}, nil
}

func (v *xview) close() { v.x.Close() }

func (v *xview) read(part image.Rectangle) ([]byte, error) {
	part = part.Add(v.origin)
	p, err := xproto.GetImage(v.x, xproto.ImageFormatZPixmap, xproto.Drawable(v.root), int16(part.Min.X), int16(part.Min.Y), uint16(part.Dx()), uint16(part.Dy()), ^uint32(0)).Reply()
	if err != nil {
		return nil, fmt.Errorf("read a display: %w", err)
	}
	return p.Data, nil
}

func (v *xview) picture() (pixels, error) {
	data, err := v.read(image.Rect(0, 0, paint.Width, paint.Height))
	if err != nil {
		return nil, err
	}
	p := make(pixels, paint.Width*paint.Height)
	for i := range p {
		p[i] = uint32(data[4*i]) | uint32(data[4*i+1])<<8 | uint32(data[4*i+2])<<16
	}
	return p, nil
}

// find takes the window that is as large as the picture for the picture.
func (v *xview) find() (found bool, err error) {
	tree, err := xproto.QueryTree(v.x, v.root).Reply()
	if err != nil {
		return false, fmt.Errorf("windows of the display: %w", err)
	}
	for _, top := range tree.Children {
		g, err := xproto.GetGeometry(v.x, xproto.Drawable(top)).Reply()
		if err == nil && g.Width == paint.Width && g.Height == paint.Height {
			v.origin = image.Pt(int(g.X)+int(g.BorderWidth), int(g.Y)+int(g.BorderWidth))
			return true, nil
		}
	}
	return false, nil
}

// looksASecond is how often a viewer's display is looked at: more often than
// anything there is painted.
const looksASecond = 100

func (v *xview) watch(ctx context.Context, part image.Rectangle) (func() (int, error), error) {
	ctx, cancel := context.WithCancel(ctx)
	before, err := v.read(part)
	if err != nil {
		cancel()
		return nil, err
	}
	changes := 0
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pause(ctx, time.Second/looksASecond) == nil {
			var now []byte
			if now, err = v.read(part); err != nil {
				return
			}
			if string(now) != string(before) {
				changes++
			}
			before = now
		}
	}()
	return func() (int, error) {
		cancel()
		<-done
		return changes, err
	}, nil
}

// pointer is a place that covers the pointer.
func (v *xview) pointer() (image.Rectangle, error) {
	p, err := xproto.QueryPointer(v.x, v.root).Reply()
	if err != nil {
		return image.Rectangle{}, fmt.Errorf("pointer of the display: %w", err)
	}
	const reach = 32
	return image.Rect(int(p.RootX)-reach, int(p.RootY)-reach, int(p.RootX)+reach, int(p.RootY)+reach), nil
}

// ownWindow is one of the product's own windows that shows, with its frame.
type ownWindow struct {
	client xproto.Window // inside the frame
	place  image.Rectangle
}

// own are the product's own windows, which its picture leaves out.
func (v *xview) own() ([]ownWindow, error) {
	tree, err := xproto.QueryTree(v.x, v.root).Reply()
	if err != nil {
		return nil, fmt.Errorf("windows of the display: %w", err)
	}
	var all []ownWindow
	for _, top := range tree.Children {
		client := v.ourClient(top, 2)
		if client == 0 {
			continue
		}
		a, err := xproto.GetWindowAttributes(v.x, top).Reply()
		if err != nil || a.MapState != xproto.MapStateViewable {
			continue // gone meanwhile, or not shown
		}
		g, err := xproto.GetGeometry(v.x, xproto.Drawable(top)).Reply()
		if err != nil {
			continue
		}
		x, y, border := int(g.X), int(g.Y), 2*int(g.BorderWidth)
		all = append(all, ownWindow{client, image.Rect(x, y, x+int(g.Width)+border, y+int(g.Height)+border)})
	}
	return all, nil
}

// places are where they are.
func (v *xview) places() (places []image.Rectangle, err error) {
	all, err := v.own()
	for _, w := range all {
		places = append(places, w.place)
	}
	return places, err
}

// dismiss asks the window manager to close a window, as a click on its cross
// does.
func (v *xview) dismiss(w xproto.Window) error {
	atom, err := xproto.InternAtom(v.x, false, uint16(len("_NET_CLOSE_WINDOW")), "_NET_CLOSE_WINDOW").Reply()
	if err != nil {
		return fmt.Errorf("close a window: %w", err)
	}
	e := xproto.ClientMessageEvent{Format: 32, Window: w, Type: atom.Atom, Data: xproto.ClientMessageDataUnionData32New([]uint32{0, 2, 0, 0, 0})}
	return xproto.SendEventChecked(v.x, false, v.root, xproto.EventMaskSubstructureNotify|xproto.EventMaskSubstructureRedirect, string(e.Bytes())).Check()
}

// ourClient finds a window of the product's in another; 0: there is none.
func (v *xview) ourClient(w xproto.Window, depth int) xproto.Window {
	class, err := xproto.GetProperty(v.x, false, w, xproto.AtomWmClass, xproto.AtomString, 0, 64).Reply()
	if err == nil && strings.Contains(strings.ToLower(string(class.Value)), "beckmanconnect") {
		return w
	}
	if depth == 0 {
		return 0
	}
	tree, err := xproto.QueryTree(v.x, w).Reply()
	if err != nil {
		return 0
	}
	for _, child := range tree.Children {
		if found := v.ourClient(child, depth-1); found != 0 {
			return found
		}
	}
	return 0
}

// canvasView is a canvas in a page.
type canvasView struct {
	tab    *stage.Browser
	canvas string // its selector
}

func (v canvasView) picture() (pixels, error) {
	m, err := v.tab.Pixels(v.canvas)
	if err != nil {
		return nil, err
	}
	if m.Bounds().Size() != image.Pt(paint.Width, paint.Height) {
		return nil, fmt.Errorf("the engineer's picture has %v", m.Bounds().Size())
	}
	p := make(pixels, paint.Width*paint.Height)
	switch m := m.(type) {
	case *image.RGBA:
		for i := range p {
			p[i] = uint32(m.Pix[4*i])<<16 | uint32(m.Pix[4*i+1])<<8 | uint32(m.Pix[4*i+2])
		}
	case *image.NRGBA:
		for i := range p {
			p[i] = uint32(m.Pix[4*i])<<16 | uint32(m.Pix[4*i+1])<<8 | uint32(m.Pix[4*i+2])
		}
	default:
		return nil, fmt.Errorf("the engineer's picture is a %T", m)
	}
	return p, nil
}

// countChanges counts in the page, once for each frame it shows.
const countChanges = `(() => {
	const canvas = document.querySelector(%q);
	const small = document.createElement('canvas');
	small.width = %d; small.height = %d;
	const context = small.getContext('2d', {willReadFrequently: true, alpha: false});
	const b = window.benchWatch = {changes: 0, on: true};
	let before;
	const look = () => {
		if (!b.on) return;
		context.drawImage(canvas, %d, %d, small.width, small.height, 0, 0, small.width, small.height);
		const words = new Uint32Array(context.getImageData(0, 0, small.width, small.height).data.buffer);
		let hash = 17;
		for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 16777619);
		if (before !== undefined && hash !== before) b.changes++;
		before = hash;
		requestAnimationFrame(look);
	};
	look();
})()`

func (v canvasView) watch(_ context.Context, part image.Rectangle) (func() (int, error), error) {
	if err := v.tab.Eval(fmt.Sprintf(countChanges, v.canvas, part.Dx(), part.Dy(), part.Min.X, part.Min.Y), nil); err != nil {
		return nil, err
	}
	return func() (int, error) {
		changes := 0
		err := v.tab.Eval(`(window.benchWatch.on = false, window.benchWatch.changes)`, &changes)
		return changes, err
	}, nil
}
