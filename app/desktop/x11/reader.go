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

// fetch reads rectangles of a picture that shows view of the screen.
func (r *reader) fetch(rects []image.Rectangle, view image.Rectangle) error {
	r.parts = r.parts[:0]
	if r.shared == nil {
		return r.fetchBySocket(rects, view)
	}
	total := 0
	for _, q := range rects {
		total += 4 * q.Dx() * q.Dy()
	}
	if total > len(r.shared.data) { // they overlap that much
		rects = []image.Rectangle{{Max: view.Size()}}
	}
	cookies := make([]shm.GetImageCookie, len(rects))
	offset := 0
	for i, q := range rects {
		n := 4 * q.Dx() * q.Dy()
		at := q.Add(view.Min)
		cookies[i] = shm.GetImage(r.c.Conn, xproto.Drawable(r.c.root), int16(at.Min.X), int16(at.Min.Y), uint16(q.Dx()), uint16(q.Dy()),
			allPlanes, xproto.ImageFormatZPixmap, r.shared.id, uint32(offset))
		r.parts = append(r.parts, part{q, r.shared.data[offset : offset+n]})
		offset += n
	}
	var err error
	for _, c := range cookies {
		if _, e := c.Reply(); e != nil {
			err = fmt.Errorf("x11: read the screen: %w", e)
		}
	}
	return err
}

func (r *reader) fetchBySocket(rects []image.Rectangle, view image.Rectangle) error {
	cookies := make([]xproto.GetImageCookie, len(rects))
	for i, q := range rects {
		at := q.Add(view.Min)
		cookies[i] = xproto.GetImage(r.c.Conn, xproto.ImageFormatZPixmap, xproto.Drawable(r.c.root),
			int16(at.Min.X), int16(at.Min.Y), uint16(q.Dx()), uint16(q.Dy()), allPlanes)
	}
	var err error
	for i, c := range cookies {
		reply, e := c.Reply()
		switch {
		case e != nil:
			err = fmt.Errorf("x11: read the screen: %w", e)
		case len(reply.Data) < 4*rects[i].Dx()*rects[i].Dy():
			err = errors.New("x11: read the screen: the picture is cut off")
		default:
			r.parts = append(r.parts, part{rects[i], reply.Data})
		}
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
