package support

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"beckmanconnect/session/wire"
)

const (
	clipboardsPerSec = 1.0
	clipboardBurst   = 10.0
)

// Focus says whether the engineer's console has the keyboard. Without it no
// clipboard moves in either direction (scenario 20).
type Focus struct {
	Link LinkID
	On   bool
}

func (e Focus) apply(w *work) error {
	if w.current(e.Link) {
		w.st.ses.focus = e.On
	}
	return nil
}

// ClipboardIn is text from the engineer's clipboard. The log has its size and
// hash before the technician's clipboard has the text; the text itself is not
// kept anywhere.
type ClipboardIn struct {
	Link LinkID
	Text string
}

func (e ClipboardIn) apply(w *work) error {
	if !w.current(e.Link) {
		return nil
	}
	text, ok := clipboardText(e.Text)
	if !ok {
		w.violation(e.Link)
		return nil
	}
	if _, ok := w.cfg.clipboard(&w.st, w.now, e.Link, ClipboardToPC); !ok || text == "" {
		return nil
	}
	if !w.copied(ClipboardToPC, text) {
		return nil
	}
	w.do(PutClipboard{Helper: w.st.ses.helper.id, Link: e.Link, Generation: w.st.generation, Text: text})
	return nil
}

// ClipboardOut is new text on the technician's clipboard, as its helper saw it.
type ClipboardOut struct {
	Helper     HelperID
	Generation uint64
	Text       string
}

func (e ClipboardOut) apply(w *work) error {
	s := w.st.ses
	if s == nil || s.helper.stage != helperAttached || s.helper.id != e.Helper || !s.helper.watching {
		return nil
	}
	text, ok := clipboardText(e.Text)
	l, may := w.cfg.clipboard(&w.st, w.now, s.link, ClipboardToEngineer)
	if !ok || !may || text == "" || !l.fits(e.Generation, &w.st) || !w.copied(ClipboardToEngineer, text) {
		return nil
	}
	w.do(SendClipboard{Link: s.link, Generation: w.st.generation, Text: text})
	return nil
}

// copied counts a text and puts it on record; false: there are too many.
func (w *work) copied(c Capability, text string) bool {
	s := w.st.ses
	p, kind, actor, count := &s.inPace, "clipboard.to-pc", actorEngineer, &s.record.clipboardsIn
	if c == ClipboardToEngineer {
		p, kind, actor, count = &s.outPace, "clipboard.to-engineer", actorTechnician, &s.record.clipboardsOut
	}
	if ok, first := p.take(w.now.Mono, clipboardsPerSec, clipboardBurst); !ok {
		w.tooMany(c, first)
		return false
	}
	*count++
	sum := sha256.Sum256([]byte(text))
	w.audit(kind, actor, map[string]string{"size": strconv.Itoa(len(text)), "sha256": hex.EncodeToString(sum[:])}, w.engineerAnd())
	return true
}

// clipboardText is what of a text may be put on a clipboard: UTF-8 without
// NULs, which end a text in some programs and not in others. Too large, or
// something else than text, is none.
func clipboardText(text string) (string, bool) {
	if len(text) > wire.MaxClipboard || !utf8.ValidString(text) {
		return "", false
	}
	return strings.ReplaceAll(text, "\x00", ""), true
}

// clipboard is live for one direction, with the console's focus and no
// question on the screen.
func (c *Config) clipboard(st *state, now Moment, on LinkID, direction Capability) (lease, bool) {
	l, ok := c.live(st, now, on, direction)
	return l, ok && st.ses.focus && !st.ses.asking()
}

// MayClipboard says whether text may pass in a direction on this link now. The
// driver asks when the text's turn comes, for what was allowed when it was
// logged may be revoked since (scenario 20).
func (m *Machine) MayClipboard(now Moment, on LinkID, direction Capability, generation uint64) bool {
	l, ok := m.cfg.clipboard(&m.st, now, on, direction)
	return ok && l.fits(generation, &m.st)
}

// settleClipboard has the helper look at the technician's clipboard exactly
// while what it sees may leave.
func (w *work) settleClipboard(s *session) {
	h := &s.helper
	l, on := w.cfg.clipboard(&w.st, w.now, s.link, ClipboardToEngineer)
	if h.stage != helperAttached || (on == h.watching && (!on || h.watchedFrom >= l.generation)) {
		return
	}
	h.watching, h.watchedFrom = on, w.st.generation
	w.do(WatchClipboard{Helper: h.id, On: on, Generation: w.st.generation})
}
