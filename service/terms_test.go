package service

import (
	"encoding/json"
	"fmt"
	"testing"

	"beckmanconnect/assets/terms"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/service/local"
	"beckmanconnect/store"
)

// P19: before the accepted version of the terms nobody asks for help, whichever
// way in: the window, the tray, the button of an alarm, any other program on
// the pipe. When the version or the words change, they are asked for again.
func TestNoHelpBeforeTheTerms(t *testing.T) {
	s := newSite(t)
	s.registrar()
	stop := s.run()
	c, events := s.client(), s.watch()
	s.line("2026-11-24 10:00:00 ERROR SYR-02 Sample syringe A1 worn")
	alarm := await(t, events, "the alarm", func(e *hostpb.Event) bool { return e.GetNotification() != nil }).GetNotification().GetId()
	everyWay := func(when, want string) {
		t.Helper()
		for _, program := range []string{protocol.Window, protocol.Tray, protocol.Ctl, "another"} {
			c, err := client.Dial(t.Context(), client.Config{Socket: s.config.Socket, Program: program, Version: version.Version()})
			if err != nil {
				t.Fatal(err)
			}
			for way, request := range map[string]*hostpb.RequestHelpRequest{
				"asked":          {TechnicianCalled: true},
				"from the alarm": {TechnicianCalled: true, NotificationId: alarm},
				"they called":    {},
				"with a reason":  {TechnicianCalled: true, Reason: "The probe is stuck"},
				"unknown alarm":  {TechnicianCalled: true, NotificationId: 999},
			} {
				reply, err := c.Host.RequestHelp(t.Context(), request)
				if err == nil || reply.GetCode() != "" {
					t.Errorf("%s, %s %s: a code was given", when, program, way)
				}
				if got := client.Code(err); way != "unknown alarm" && got != want {
					t.Errorf("%s, %s %s: %s, want %s", when, program, way, got, want)
				}
			}
			c.Close()
		}
		if support := s.status(c).GetSupport(); support.GetPhase() != hostpb.SupportPhase_SUPPORT_PHASE_OFF || support.GetOffCode() != want {
			t.Errorf("%s: %v", when, support)
		}
	}
	everyWay("as installed", "terms-not-accepted")
	acceptTerms(t, c)
	if _, err := c.Host.Register(t.Context(), form); err != nil {
		t.Fatal(err)
	}
	await(t, events, "support to be ready", func(e *hostpb.Event) bool {
		return e.GetStatus().GetSupport().GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_READY
	})
	for what, accepted := range map[string]local.Accepted{
		"another version": {Version: "0", SHA256: terms.Current("en").SHA256},
		"other words":     {Version: terms.Version, SHA256: "00"},
	} {
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		s.acceptedBefore(accepted)
		stop = s.run()
		c = s.client()
		everyWay(what, "terms-not-accepted")
		if status := s.status(c); status.GetTermsAccepted() {
			t.Errorf("%s: still accepted", what)
		}
	}
	acceptTerms(t, c)
	help, err := c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{TechnicianCalled: true, NotificationId: alarm})
	if err != nil || help.GetCode() == "" {
		t.Errorf("after they were accepted again: %v", err)
	}
}

// acceptedBefore puts in the store what an earlier version would have: the
// service does not run.
func (s *site) acceptedBefore(accepted local.Accepted) {
	s.t.Helper()
	text, err := json.Marshal(accepted)
	if err != nil {
		s.t.Fatal(err)
	}
	st, err := store.Open(s.t.Context(), store.Options{Dir: s.config.Data})
	if err != nil {
		s.t.Fatal(err)
	}
	err = st.Update(s.t.Context(), func(tx *store.Tx) error {
		if _, ok, err := tx.Setting("terms.accepted"); err != nil || !ok {
			return fmt.Errorf("the acceptance is kept elsewhere: %v", err)
		}
		return tx.SetSetting("terms.accepted", string(text))
	})
	if e := st.Close(); err != nil || e != nil {
		s.t.Fatal(err, e)
	}
}
