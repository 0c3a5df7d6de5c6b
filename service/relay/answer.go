package relay

import (
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/pins"
	"beckmanconnect/service/support"
)

// AnswerPrompt is the technician's decision. A PIN is looked at first, outside
// the lock because that is slow on purpose; whether the answer counts is
// decided afterwards, by the state of then.
func (s *Support) AnswerPrompt(technician string, r *hostpb.AnswerPromptRequest) error {
	a := support.Answer{
		Technician: technician, Initials: r.GetInitials(), Prompt: r.GetPromptId(), Nonce: r.GetNonce(),
		Allow: r.GetAllow(), Duration: durationOf(r.GetDuration()), RunConfirmed: r.GetRunConfirmed(),
		Desktop: r.GetDesktop(),
	}
	pin := support.SecretOf(r.GetPin())
	s.mu.Lock()
	look := pin.Reveal() != "" && s.m.WantsPIN(s.cfg.Now(), a)
	s.mu.Unlock()
	if look && s.cfg.PINs != nil {
		proved, err := s.cfg.PINs.Verify(pins.Try{Initials: a.Initials, PIN: pin, Account: technician})
		switch Code(err) {
		case "":
			if err != nil {
				return err // the disk: nothing was proved
			}
			a.PINOf = proved
		case "pin-wrong", "pin-locked":
			if res := s.do(support.WrongPIN{Answer: a}); Code(res.Err) != "pin-wrong" {
				return res.Err
			}
			return err
		default:
			return err // not looked at: too early, or nobody's
		}
	}
	return s.do(a).Err
}

// SetPIN gives somebody a PIN, or another one. Not while help was asked for:
// what an engineer has started must not choose it (B3).
func (s *Support) SetPIN(technician string, r *hostpb.SetPINRequest) error {
	if s.cfg.PINs == nil {
		return &support.Refusal{Code: "pin-missing", Message: "no PINs are kept here"}
	}
	if err := s.quiet(); err != nil {
		return err
	}
	set, err := s.cfg.PINs.Prepare(pins.Change{
		Initials: r.GetInitials(), PIN: support.SecretOf(r.GetPin()), Old: support.SecretOf(r.GetOldPin()), Account: technician,
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.quietLocked(); err != nil {
		return err
	}
	return set.Commit()
}

func (s *Support) quiet() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.quietLocked()
}

func (s *Support) quietLocked() error {
	if s.m.RelayWanted() != "" {
		return &support.Refusal{Code: "session-running", Message: "a session runs, or a request waits for one"}
	}
	return nil
}

// RemovePIN is IT's act when a PIN was forgotten or locked, in any phase.
func (s *Support) RemovePIN(by, initials string) error {
	if s.cfg.PINs == nil {
		return &support.Refusal{Code: "pin-missing", Message: "no PINs are kept here"}
	}
	return s.cfg.PINs.Remove(initials, by)
}

// PINInitials are whose PIN is set, sorted.
func (s *Support) PINInitials() []string {
	if s.cfg.PINs == nil {
		return nil
	}
	return s.cfg.PINs.Initials()
}
