package relay

import (
	"beckmanconnect/service/support"
	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

// cursors is what the engineer's side is not told yet of the host's pointer:
// the newest shape and the newest place. Older ones mean nothing any more, so
// nothing piles up on a slow link.
type cursors struct {
	helper       support.HelperID
	generation   uint64
	shape, place []byte // session/screen cursors; nil: nothing new
}

// offer takes in what a helper says of its pointer; false: that is no cursor.
func (c *cursors) offer(from support.HelperID, generation uint64, message []byte) bool {
	said, err := screen.ParseCursor(message)
	if err != nil {
		return false
	}
	if c.helper != from || c.generation != generation {
		*c = cursors{helper: from, generation: generation}
	}
	if said.Kind == screen.CursorShape {
		c.shape = message
	} else {
		c.place = message
	}
	return true
}

// take gives what is to be sent next, the shape before its place.
func (c *cursors) take() (message []byte) {
	if message, c.shape = c.shape, nil; message != nil {
		return message
	}
	message, c.place = c.place, nil
	return message
}

// clipping is text on its way to the engineer.
type clipping struct {
	link       support.LinkID
	generation uint64
	text       string
}

// aside gives what goes out before the next picture: text of the clipboard and
// the pointer. Both are judged by the state of this very moment. next calls it
// under the driver's lock.
func (s *Support) aside(l *link) (frame byte, payload []byte) {
	if c := s.clipping; c != nil {
		s.clipping = nil
		if c.link == l.id && s.m.MayClipboard(s.cfg.Now(), l.id, support.ClipboardToEngineer, c.generation) {
			if raw := encode(wire.Message{Type: "clipboard", Text: c.text}); raw != nil {
				return wire.FrameControl, raw
			}
		}
	}
	if s.cursors.shape == nil && s.cursors.place == nil {
		return 0, nil
	}
	if to, may := s.m.MayPicture(s.cfg.Now(), s.cursors.helper, s.cursors.generation); !may || to != l.id {
		s.cursors = cursors{}
		return 0, nil
	}
	return wire.FrameCursor, s.cursors.take()
}
