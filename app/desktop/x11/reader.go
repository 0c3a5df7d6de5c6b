//go:build linux

package x11

import (
	"errors"
	"fmt"
	"image"

	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"
)

// reader fetches rectangles of the screen, all in one round trip, and keeps
// them apart from the picture until it is known that they may be shown.
type reader struct {
	c      *conn
	shm    bool     // pictures can come through shared memory
	shared *segment // nil: they come through the socket
	parts  []part

	cookies []shm.GetImageCookie // asked for, and not yet answered
	plain   []xproto.GetImageCookie
}

// part is one rectangle that was fetched.
type part struct {
	r    image.Rectangle // in the picture
	data []byte
}

// resize makes room for pictures of so many bytes.
func (r *reader) resize(size int) {
	if r.shared != nil {
		r.shared.close()
		r.shared = nil
	}
	if !r.shm || size == 0 {
		return
	}
	shared, err := newSegment(r.c, size)
	if err != nil {
		r.shm = false // a remote display, or no shared memory left: the socket does
		return
	}
	r.shared = shared
}

const allPlanes = 0xffffffff

// ask asks for rectangles of a picture that shows view of the screen.
func (r *reader) ask(rects []image.Rectangle, view image.Rectangle) {
	r.parts, r.cookies, r.plain = r.parts[:0], r.cookies[:0], r.plain[:0]
	total := 0
	for _, q := range rects {
		total += 4 * q.Dx() * q.Dy()
	}
	if r.shared != nil && total > len(r.shared.data) { // they overlap that much
		rects = []image.Rectangle{{Max: view.Size()}}
	}
	root, offset := xproto.Drawable(r.c.root), 0
	for _, q := range rects {
		n, at := 4*q.Dx()*q.Dy(), q.Add(view.Min)
		x, y, w, h := int16(at.Min.X), int16(at.Min.Y), uint16(q.Dx()), uint16(q.Dy())
		if r.shared == nil {
			r.plain = append(r.plain, xproto.GetImage(r.c.Conn, xproto.ImageFormatZPixmap, root, x, y, w, h, allPlanes))
			r.parts = append(r.parts, part{r: q})
			continue
		}
		r.cookies = append(r.cookies, shm.GetImage(r.c.Conn, root, x, y, w, h, allPlanes, xproto.ImageFormatZPixmap, r.shared.id, uint32(offset)))
		r.parts = append(r.parts, part{q, r.shared.data[offset : offset+n]})
		offset += n
	}
}

// wait waits until all that was asked for is there. After an error nothing of it
// is.
func (r *reader) wait() error {
	var err error
	for _, c := range r.cookies {
		if _, e := c.Reply(); e != nil {
			err = fmt.Errorf("x11: read the screen: %w", e)
		}
	}
	for i, c := range r.plain {
		reply, e := c.Reply()
		switch p := &r.parts[i]; {
		case e != nil:
			err = fmt.Errorf("x11: read the screen: %w", e)
		case len(reply.Data) < 4*p.r.Dx()*p.r.Dy():
			err = errors.New("x11: read the screen: the picture is cut off")
		default:
			p.data = reply.Data
		}
	}
	if err != nil {
		r.parts = r.parts[:0]
	}
	return err
}

// copy puts what was fetched into a picture, once.
func (r *reader) copy(pix []byte, stride int) {
	for _, p := range r.parts {
		row := 4 * p.r.Dx()
		for y := range p.r.Dy() {
			copy(pix[(p.r.Min.Y+y)*stride+4*p.r.Min.X:][:row], p.data[y*row:])
		}
	}
	r.parts = r.parts[:0]
}
