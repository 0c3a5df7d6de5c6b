package relay

import (
	"bytes"
	"context"
	"image/png"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
)

const (
	maxPreview     = 4 << 20 // bytes of a PNG
	maxPreviewSide = 960     // pixels
)

// PreviewStream is the server's side of WatchPreview.
type PreviewStream interface {
	Context() context.Context
	Send(*hostpb.Preview) error
}

// previews is what the engineer sees, for the technician: the newest only, and
// only while somebody looks.
type previews struct {
	watchers int
	newest   *hostpb.Preview
	changed  chan struct{} // closed and replaced with each newest
}

// WatchPreview shows the technician what the engineer sees (B6), until the
// session or the stream ends. Whoever reads slowly gets the newest picture, not
// all of them.
func (s *Support) WatchPreview(session string, stream PreviewStream) error {
	if err := s.beginPreview(session); err != nil {
		return err
	}
	defer s.endPreview()
	off := &hostpb.Preview{State: "off"}
	var sent *hostpb.Preview
	for {
		p, changed, more, running := s.nextPreview(session, off)
		switch {
		case !running:
			return nil
		case p != nil && p != sent:
			if err := stream.Send(p); err != nil {
				return err
			}
			sent = p
			continue // meanwhile there may be a newer one
		}
		select {
		case <-stream.Context().Done():
			return context.Cause(stream.Context())
		case <-changed:
		case <-more:
		}
	}
}

func (s *Support) beginPreview(session string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if session == "" || s.m.Snapshot(s.cfg.Now()).Session != session {
		return &support.Refusal{Code: "no-session", Message: "that session is not running"}
	}
	s.preview.watchers++
	if s.preview.watchers == 1 {
		s.askPreview(s.helper, true)
	}
	return nil
}

func (s *Support) endPreview() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.preview.watchers--
	if s.preview.watchers == 0 {
		s.preview.newest = nil
		s.askPreview(s.helper, false)
	}
}

// askPreview has a helper make previews, or stop.
func (s *Support) askPreview(h *helper, on bool) {
	if h != nil {
		h.push(&hostpb.HelperCommand{Generation: s.m.Generation(), Body: &hostpb.HelperCommand_Preview{Preview: &hostpb.HelperPreview{On: on}}})
	}
}

// nextPreview is what there is to be seen now, and what tells of a change.
func (s *Support) nextPreview(session string, off *hostpb.Preview) (p *hostpb.Preview, changed, more <-chan struct{}, running bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.preview.changed == nil {
		s.preview.changed = make(chan struct{})
	}
	now := s.m.Snapshot(s.cfg.Now())
	viewing := false
	for _, l := range now.Leases {
		viewing = viewing || l.Capability == support.View && l.Active
	}
	if !viewing {
		s.preview.newest = nil // what was seen is not seen any more
		p = off
	} else {
		p = s.preview.newest
	}
	return p, s.changed, s.preview.changed, now.Session == session
}

// takePreview keeps a helper's preview when somebody looks and the engineer may
// see what it was made of.
func (s *Support) takePreview(h *helper, generation uint64, p *hostpb.Preview) {
	if _, may := s.m.MayPicture(s.cfg.Now(), h.id, generation); !may || s.preview.watchers == 0 || !sound(p) {
		return
	}
	s.preview.newest = p
	if s.preview.changed != nil {
		close(s.preview.changed)
		s.preview.changed = nil
	}
}

// sound: the window shows what the helper made, so it is looked at first.
func sound(p *hostpb.Preview) bool {
	switch p.GetState() {
	case "black":
		return len(p.GetPng()) == 0
	case "on":
		if len(p.GetPng()) > maxPreview {
			return false
		}
		c, err := png.DecodeConfig(bytes.NewReader(p.GetPng()))
		return err == nil && c.Width <= maxPreviewSide && c.Height <= maxPreviewSide
	}
	return false
}
