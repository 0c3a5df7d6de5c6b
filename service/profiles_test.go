package service

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/assets/profiles"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/helplogs"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// profile puts one into IT's folder, whole at once.
func (s *site) profile(text string) {
	s.t.Helper()
	dir := filepath.Join(s.dir, "profiles")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		s.t.Fatal(err)
	}
	s.write("profiles/next", text)
	if err := os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "sample.toml")); err != nil {
		s.t.Fatal(err)
	}
}

func component(s *hostpb.Status, name string) *hostpb.Component {
	for _, c := range s.GetComponents() {
		if c.GetName() == name {
			return c
		}
	}
	return nil
}

// P25: IT's profile beside host.toml is taken while the service runs, a bad one
// is refused with its line and leaves the last good one, over a restart too.
func TestAProfileOfIT(t *testing.T) {
	s := newSite(t)
	text, err := profiles.Read("sample")
	if err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(text, `title = "Sample instrument"`, `title = "Our instrument"`, 1) + `
[[rule]]
code = "lab-humid"
severity = "low"
match = 'HUM-01'
[rule.text.en]
title = "It is humid"
advice = "Open the window."
`
	stop := s.run()
	c := s.client()
	events := s.watch()
	status := s.status(c)
	if status.GetProfile() != "Sample instrument" || !status.GetProfileSample() || component(status, "profile").GetState() != supervise.OK {
		t.Errorf("%v", status)
	}
	s.line("2026-11-24 10:00:00 WARN HUM-01 humid") // nothing to the product's own
	s.line("2026-11-24 10:00:01 WARN RGT-05 Reagent 3 low")
	await(t, events, "the first notification", func(e *hostpb.Event) bool { return e.GetNotification().GetCode() == "sample-reagent-low" })
	s.profile(text)
	await(t, events, "IT's profile", func(e *hostpb.Event) bool { return e.GetStatus().GetProfile() == "Our instrument" })
	s.line("2026-11-24 10:00:02 WARN HUM-01 humid")
	await(t, events, "its notification", func(e *hostpb.Event) bool {
		n := e.GetNotification()
		return n.GetCode() == "lab-humid" && n.GetCount() == 1 && n.GetTexts()[0].GetTitle() == "It is humid"
	})
	s.profile(text + "[[rule]]\ncode=\"x\"\n")
	await(t, events, "the refusal", func(e *hostpb.Event) bool {
		p := component(e.GetStatus(), "profile")
		return p.GetState() == supervise.Degraded && strings.Contains(p.GetDetail(), "line ") && strings.Contains(p.GetDetail(), "sample.toml")
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	s.run()
	status = s.status(s.client())
	if status.GetProfile() != "Our instrument" || component(status, "profile").GetState() != supervise.Degraded {
		t.Errorf("after the restart: %q %v", status.GetProfile(), component(status, "profile"))
	}
}

// B8, P25: none for an instrument with patient data, which every unknown one is;
// for another one what was looked at goes with the request, in one transaction.
func TestLogsGoWithARequest(t *testing.T) {
	s := newSite(t)
	s.write("instrument.log", "2026-11-24 09:00:00 INFO patient: Müller Anna\n2026-11-24 09:00:01 ERROR TMP-11 Incubator temperature 39.1 out of range\n")
	stop := s.run()
	c := s.client()
	if logs, err := c.Host.PrepareHelpLogs(t.Context(), &hostpb.PrepareHelpLogsRequest{}); err != nil || logs.GetOffCode() != helplogs.OffPatientData || logs.GetText() != "" {
		t.Errorf("as installed: %v %v", logs, err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	s.policy("number=1\nstaff=[\"anna@vendor.example\"]\ninstrument_class=\"general\"\n")
	s.registrar()
	stop = s.run()
	c = s.client()
	if logs, err := c.Host.PrepareHelpLogs(t.Context(), &hostpb.PrepareHelpLogsRequest{}); err != nil || logs.GetOffCode() != helplogs.OffPolicy {
		t.Errorf("before the terms: %v %v", logs, err)
	}
	events := s.watch()
	acceptTerms(t, c)
	if _, err := c.Host.Register(t.Context(), form); err != nil {
		t.Fatal(err)
	}
	await(t, events, "support to be ready", func(e *hostpb.Event) bool {
		return e.GetStatus().GetSupport().GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_READY
	})
	logs, err := c.Host.PrepareHelpLogs(t.Context(), &hostpb.PrepareHelpLogsRequest{})
	if err != nil || logs.GetLines() != 2 || logs.GetScrubbed() != 1 || strings.Contains(logs.GetText(), "Anna") || !strings.Contains(logs.GetText(), "TMP-11") {
		t.Fatalf("%v %v", logs, err)
	}
	ask := &hostpb.RequestHelpRequest{TechnicianCalled: true, LogsId: logs.GetId(), LogsSha256: strings.Repeat("0", 64)}
	if _, err := c.Host.RequestHelp(t.Context(), ask); err == nil || !strings.Contains(err.Error(), "not the logs") {
		t.Errorf("another hash: %v", err)
	}
	if status := s.status(c); status.GetSupport().GetPhase() != hostpb.SupportPhase_SUPPORT_PHASE_READY {
		t.Errorf("a refused call changed the state: %v", status.GetSupport())
	}
	ask.LogsSha256 = logs.GetSha256()
	help, err := c.Host.RequestHelp(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Host.RequestHelp(t.Context(), ask); err == nil {
		t.Error("they went twice")
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{Dir: s.config.Data})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s.checkSent(st, help.GetRequestId(), logs)
}

// checkSent looks at what the outbox and the log hold.
func (s *site) checkSent(st *store.Store, request string, logs *hostpb.HelpLogs) {
	s.t.Helper()
	out, err := st.Outbox(s.t.Context(), 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	var sent []cloudapi.HelpLogs
	var asked []cloudapi.Request
	for _, m := range out {
		switch m.Kind {
		case cloudapi.KindHelpLogs:
			sent = append(sent, cloudapi.HelpLogs{})
			err = json.Unmarshal(m.Body, &sent[len(sent)-1])
		case cloudapi.KindRequest:
			asked = append(asked, cloudapi.Request{})
			err = json.Unmarshal(m.Body, &asked[len(asked)-1])
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	want := cloudapi.HelpLogs{Request: request, SHA256: logs.GetSha256(), Lines: int(logs.GetLines()), Text: logs.GetText()}
	if len(sent) != 1 || sent[0] != want {
		s.t.Errorf("sent %+v, want %+v", sent, want)
	}
	if len(asked) == 0 || asked[0].Version != version.Version() || asked[0].Profile != "sample 1" || asked[0].HasLogs {
		s.t.Errorf("%+v", asked)
	}
	entries, _, err := st.Entries(s.t.Context(), 0, 200)
	if err != nil {
		s.t.Fatal(err)
	}
	found := false
	for _, e := range entries {
		if e.Kind == "help.logs-sent" {
			found = e.Fields["sha256"] == logs.GetSha256() && e.Fields["lines"] == "2" && e.Fields["scrubbed"] == "1" && e.Subject == request
		}
		for _, v := range e.Fields {
			if strings.Contains(v, "TMP-11") {
				s.t.Errorf("the text stands in the log: %v", e.Fields)
			}
		}
	}
	if !found {
		s.t.Error("no entry of what was sent")
	}
}
