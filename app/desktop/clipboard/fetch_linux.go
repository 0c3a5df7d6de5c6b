package clipboard

import (
	"errors"
	"slices"
	"time"

	"beckmanconnect/session/wire"

	"github.com/jezek/xgb/xproto"
)

// reading is one look at what another program has: first which kinds there are,
// then whether it is marked as not to be kept, then the text.
type reading struct {
	target xproto.Atom // asked for now
	want   xproto.Atom // the kind of text there is
	incr   bool        // it comes in parts
	data   []byte
	until  time.Time
	got    func(text *string) // nil: there is no text for us
}

// fetch reads a new text that another program offers.
func (c *X11) fetch() {
	if c.reading != nil { // not interrupted: its answers would be taken for others
		c.again = true
		return
	}
	c.read(func(text *string) {
		if text != nil && c.watched {
			newest(c.texts, *text)
		}
	})
}

// read begins a look. The answer comes with events.
func (c *X11) read(got func(*string)) {
	c.reading = &reading{until: time.Now().Add(patience), got: got}
	c.ask(c.atoms.targets)
}

func (c *X11) ask(target xproto.Atom) {
	c.reading.target = target
	xproto.DeleteProperty(c.x, c.window, c.atoms.store)
	xproto.ConvertSelection(c.x, c.window, c.atoms.clipboard, target, c.atoms.store, xproto.TimeCurrentTime)
}

// end ends the look that runs.
func (c *X11) end(text *string) {
	r := c.reading
	c.reading = nil
	r.got(text)
	if c.again && c.reading == nil {
		c.again = false
		if c.watched {
			c.fetch()
		}
	}
}

func (c *X11) drop() {
	c.again = false
	if c.reading != nil {
		c.end(nil)
	}
}

// handed takes the answer to ask.
func (c *X11) handed(e xproto.SelectionNotifyEvent) {
	r := c.reading
	if r == nil || e.Selection != c.atoms.clipboard || e.Target != r.target || r.incr {
		return
	}
	if e.Property == xproto.AtomNone {
		c.end(nil)
		return
	}
	kind, value, err := c.property(c.atoms.store)
	switch {
	case err != nil:
		c.log.Debug("clipboard not read", "error", err)
		c.end(nil)
	case r.target == c.atoms.targets:
		c.choose(value)
	case r.target == c.atoms.hint:
		if string(value) == "secret" {
			c.end(nil) // a password: never passed on
			return
		}
		c.ask(r.want)
	case kind == c.atoms.incr:
		r.incr = true
		r.until = time.Now().Add(patience)
		xproto.DeleteProperty(c.x, c.window, c.atoms.store) // asks for the first part
	default:
		c.finish(value)
	}
}

// choose picks the kind of text to ask for among those on offer.
func (c *X11) choose(value []byte) {
	var offered []xproto.Atom
	for ; len(value) >= 4; value = value[4:] {
		offered = append(offered, xproto.Atom(le32(value)))
	}
	for _, kind := range []xproto.Atom{c.atoms.utf8, c.atoms.plainUTF8, xproto.AtomString} {
		if slices.Contains(offered, kind) {
			c.reading.want = kind
			break
		}
	}
	switch {
	case c.reading.want == xproto.AtomNone:
		c.end(nil) // a picture, a file: not for us
	case slices.Contains(offered, c.atoms.hint):
		c.ask(c.atoms.hint)
	default:
		c.ask(c.reading.want)
	}
}

// more takes the next part of a text that comes in parts.
func (c *X11) more(property xproto.Atom) {
	r := c.reading
	if r == nil || !r.incr || property != c.atoms.store {
		return
	}
	_, value, err := c.property(c.atoms.store)
	if err == nil && len(r.data)+len(value) > wire.MaxClipboard {
		err = errTooLong
	}
	if err != nil {
		c.log.Debug("clipboard not read", "error", err)
		c.end(nil)
		return
	}
	xproto.DeleteProperty(c.x, c.window, c.atoms.store) // asks for the next one
	if len(value) == 0 {
		c.finish(r.data)
		return
	}
	r.data = append(r.data, value...)
	r.until = time.Now().Add(patience)
}

// finish makes a text of what was read.
func (c *X11) finish(value []byte) {
	text := string(value)
	if c.reading.want == xproto.AtomString {
		text = fromLatin1(value)
	}
	text, err := Clean(text)
	if err != nil {
		c.log.Debug("clipboard not passed on", "error", err)
		c.end(nil)
		return
	}
	c.end(&text)
}

var errTooLong = errors.New("clipboard: the text is too long")

// property reads one of our window's, which must not be longer than any text
// that is passed on.
func (c *X11) property(name xproto.Atom) (kind xproto.Atom, value []byte, err error) {
	reply, err := xproto.GetProperty(c.x, false, c.window, name, xproto.GetPropertyTypeAny, 0, wire.MaxClipboard/4+1).Reply()
	if err != nil {
		return 0, nil, err
	}
	if reply.BytesAfter > 0 || len(reply.Value) > wire.MaxClipboard {
		return 0, nil, errTooLong
	}
	return reply.Type, reply.Value, nil
}

func fromLatin1(value []byte) string {
	out := make([]rune, len(value))
	for i, b := range value {
		out[i] = rune(b)
	}
	return string(out)
}

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// patience is how long until something that another program owes is given up.
func (c *X11) patience() (time.Duration, bool) {
	var until time.Time
	if c.reading != nil {
		until = c.reading.until
	}
	for _, s := range c.sending {
		if until.IsZero() || s.until.Before(until) {
			until = s.until
		}
	}
	return max(time.Until(until), 0), !until.IsZero()
}

// giveUp ends what took too long.
func (c *X11) giveUp() {
	now := time.Now()
	if c.reading != nil && !now.Before(c.reading.until) {
		c.log.Debug("clipboard not read: the program that has it does not answer")
		c.end(nil)
	}
	for t, s := range c.sending {
		if !now.Before(s.until) {
			delete(c.sending, t)
		}
	}
}
