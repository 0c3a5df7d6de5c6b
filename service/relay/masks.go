package relay

import (
	"context"
	"slices"
	"strings"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
)

// AllMasked is what a helper is told where it is not known what the instrument
// wants hidden: all of the screen, however large (B6).
func AllMasked(id string) []*hostpb.Mask {
	return []*hostpb.Mask{{Id: id, X: -1 << 15, Y: -1 << 15, Width: 1 << 16, Height: 1 << 16}}
}

// maskLog is what the log already says of the masks of a session.
type maskLog struct {
	session string
	shown   []string // IDs
}

// SetMasks has other masks hidden: from the next session's first helper on. What
// is on record for a session stays in force to its end.
func (s *Support) SetMasks(masks []*hostpb.Mask) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newMasks = &masks
	s.adoptMasks()
}

// adoptMasks puts new masks in force, unless a helper may already show by the
// ones before.
func (s *Support) adoptMasks() {
	session := s.m.Snapshot(s.cfg.Now()).Session
	if s.newMasks == nil || s.helper != nil || (session != "" && session == s.masks.session) {
		return
	}
	s.cfg.Masks, s.newMasks = *s.newMasks, nil
}

// maskCommand is the first thing a helper hears.
func (s *Support) maskCommand() *hostpb.HelperCommand {
	return &hostpb.HelperCommand{Generation: s.m.Generation(), Body: &hostpb.HelperCommand_Masks{Masks: &hostpb.HelperMasks{Masks: s.cfg.Masks}}}
}

// recordMasks puts on record which masks are in force, once a session and
// before its first helper hears of anything to show.
func (s *Support) recordMasks(session string) error {
	if s.masks.session == session {
		return nil
	}
	names := "none"
	if len(s.cfg.Masks) > 0 {
		var ids []string
		for _, m := range s.cfg.Masks {
			ids = append(ids, m.GetId())
		}
		names = strings.Join(ids, ",")
	}
	if err := s.recordMask("mask.in-force", session, map[string]string{"masks": names}); err != nil {
		return err
	}
	s.masks = maskLog{session: session}
	return nil
}

// masksShown puts on record that a mask hid something, the first time of a
// session. A helper cannot name a mask that is not in force.
func (s *Support) masksShown(ids []string) {
	for _, id := range ids {
		known := slices.ContainsFunc(s.cfg.Masks, func(m *hostpb.Mask) bool { return m.GetId() == id })
		if !known || slices.Contains(s.masks.shown, id) {
			continue
		}
		if err := s.recordMask("mask.shown", s.masks.session, map[string]string{"mask": id}); err != nil {
			// It hides all the same; the next step of the machine meets the log.
			s.cfg.Log.Error("a mask is not on record", "mask", id, "error", err)
			return
		}
		s.masks.shown = append(s.masks.shown, id)
	}
}

func (s *Support) recordMask(kind, session string, fields map[string]string) error {
	ctx, cancel := context.WithTimeout(context.Background(), recordWithin)
	defer cancel()
	return s.cfg.Store.Update(ctx, func(tx Tx) error {
		return tx.Append(support.Entry{Kind: kind, Actor: "service", Subject: session, Fields: fields})
	})
}
