package relay

import (
	"context"
	"errors"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
)

// RequestHelp opens a request, or gives the waiting one again. The reply is
// the only place the code is ever in. alarmCode is of the notification the
// request comes from, or ""; logs are what the technician sends with it, or nil.
func (s *Support) RequestHelp(technician string, r *hostpb.RequestHelpRequest, alarmCode string, logs *support.Logs) (*hostpb.HelpRequested, error) {
	res := s.do(support.RequestHelp{
		Technician: technician, Initials: r.GetInitials(), Reason: r.GetReason(),
		AlarmCode: alarmCode, TechnicianCalled: r.GetTechnicianCalled(), Logs: logs,
	})
	if res.Err != nil {
		return nil, res.Err
	}
	return &hostpb.HelpRequested{
		RequestId:     res.Help.Request,
		Code:          support.Grouped(res.Help.Code).Reveal(),
		ExpiresUnixMs: res.Help.Expires.UnixMilli(),
	}, nil
}

// CancelHelp takes a waiting request back.
func (s *Support) CancelHelp(technician, request string) error {
	return s.do(support.CancelHelp{Technician: technician, Request: request}).Err
}

// QueuePlace takes the cloud's word on where the waiting request stands.
func (s *Support) QueuePlace(p cloudapi.QueuePlace) error {
	return s.do(support.Queued{Place: p}).Err
}

// Unheard says that the cloud cannot be heard: nothing it said of the queue is
// shown as current any more.
func (s *Support) Unheard() { s.do(support.Unheard{}) }

// RevokeCapability takes back one capability.
func (s *Support) RevokeCapability(technician string, c hostpb.Capability) error {
	ev := support.Revoke{Technician: technician, Capability: capabilityOf(c)}
	if ev.Capability == support.Control {
		return s.narrow(ev).Err
	}
	return s.do(ev).Err
}

// EndSession ends everything. When it returns nothing more is forwarded.
func (s *Support) EndSession(technician, how string) error {
	return s.narrow(support.EndSession{Technician: technician, How: how}).Err
}

// ResetTries is IT's act after too many wrong codes in a row.
func (s *Support) ResetTries(by string) error {
	return s.do(support.ResetTries{By: by}).Err
}

// PolicyChanged has everything looked at again after a change of policy,
// terms, registration or the instrument's run.
func (s *Support) PolicyChanged() { s.do(support.PolicyChanged{}) }

// TrayLost says that a tray died; a running session ends.
func (s *Support) TrayLost() { s.do(support.TrayLost{}) }

// SeatLost says that the technician's log-on was locked, left or disconnected; a
// running session ends, and input stops before that is on record.
func (s *Support) SeatLost() { s.narrow(support.SeatLost{}) }

// WindowLost says that the window program died; a running session ends. A
// broken HoldSessionBar says the same by itself.
func (s *Support) WindowLost() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id := s.m.Snapshot(s.cfg.Now()).Session; id != "" {
		s.doLocked(support.BarLost{Session: id})
	}
}

// State is what may be shown.
func (s *Support) State() *hostpb.SupportState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stateLocked()
}

func (s *Support) stateLocked() *hostpb.SupportState {
	return statePB(s.m.Snapshot(s.cfg.Now()))
}

// BarStream is the server's side of HoldSessionBar.
type BarStream interface {
	Context() context.Context
	Send(*hostpb.Empty) error
}

// HoldSessionBar counts as the session bar for as long as the stream lives.
// When it breaks before the session is over, the session ends. One Empty is
// sent once the bar counts.
func (s *Support) HoldSessionBar(session string, stream BarStream) error {
	if res := s.do(support.BarHeld{Session: session}); res.Err != nil {
		return res.Err
	}
	if err := stream.Send(&hostpb.Empty{}); err != nil {
		s.do(support.BarLost{Session: session})
		return err
	}
	for {
		s.mu.Lock()
		running, changed := s.m.Snapshot(s.cfg.Now()).Session == session, s.changed
		s.mu.Unlock()
		if !running {
			return nil
		}
		select {
		case <-stream.Context().Done():
			s.do(support.BarLost{Session: session})
			return context.Cause(stream.Context())
		case <-changed:
		}
	}
}

// Code gives the stable code of a refusal, or "" for any other error.
func Code(err error) string {
	var r *support.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}
