package logexport

import (
	"fmt"
	"strings"
	"time"
)

// story writes a session as service/support does.
func (l *rigLog) story(asks, files int) {
	req, ses := "req-51c0a7", "ses-9f31e2d04b"
	eng := func(kv ...string) map[string]string {
		m := map[string]string{"engineer": "eva.lindqvist@vendor.example"}
		for i := 0; i+1 < len(kv); i += 2 {
			m[kv[i]] = kv[i+1]
		}
		return m
	}
	l.add("service.started", "system", "1.4.0", nil, nil)
	l.add("help.requested", "technician", req, map[string]string{"alarm": "E-4711", "valid_s": "600"},
		map[string]string{"technician": "LAB\\anna.weber", "initials": "AW", "reason": "Probe arm stops at the wash station, third time today"})
	l.add("engineer.joined", "engineer", req, nil, eng("name", "Eva Lindqvist"))
	l.add("code.tried", "engineer", req, map[string]string{"try": "1", "row": "1", "early": "false"}, eng())
	l.add("session.authenticated", "engineer", ses, map[string]string{"request": req, "try": "1"},
		eng("name", "Eva Lindqvist", "organisation", "Beckman Service Nordics", "words", "anchor velvet prairie"))
	ask := func(i int, capability, answer, lease string) {
		id := fmt.Sprint("p", i)
		l.add("session.asked", "engineer", ses, map[string]string{"capability": capability}, eng("reason", "look at the arm", "ticket", "C-88120"))
		l.add("prompt.shown", "service", ses, map[string]string{"prompt": id, "capability": capability, "timeout_s": "60"}, eng())
		if answer == "allowed" {
			l.add("session.granted", "technician", ses, map[string]string{"prompt": id, "capability": capability, "answer": answer, "duration": lease}, eng("technician", "LAB\\anna.weber"))
		} else {
			l.add("prompt.answered", "technician", ses, map[string]string{"prompt": id, "capability": capability, "answer": answer}, eng())
		}
	}
	ask(0, "view", "allowed", "session")
	ask(1, "control", "timeout", "")
	ask(2, "control", "allowed", "15min")
	l.now = l.now.Add(14 * time.Minute)
	l.add("session.lease-ended", "service", ses, map[string]string{"capability": "control", "why": "expired"}, eng())
	l.add("session.link-lost", "service", ses, nil, nil)
	l.now = l.now.Add(-3 * time.Minute) // somebody set the clock
	l.add("session.resumed", "engineer", ses, nil, eng())
	l.add("session.refused", "service", ses, map[string]string{"capability": "clipboard-to-pc", "why": "off"}, eng())
	for i := range asks {
		ask(10+i, "control", []string{"denied", "timeout"}[i%2], "")
	}
	for i := range files {
		id, prompt := fmt.Sprint("t", i), fmt.Sprint("f", i)
		sum := strings.Repeat(fmt.Sprintf("%02x", 17*i+3), 32)
		f := map[string]string{"transfer": id, "direction": "to-pc", "sha256": sum, "size": fmt.Sprint(1_234_567 * (i + 1))}
		name := fmt.Sprintf("wash-station-parameters-%d.zip", i)
		l.add("prompt.shown", "service", ses, map[string]string{"prompt": prompt, "capability": "files"}, eng())
		l.add("session.granted", "technician", ses, map[string]string{"prompt": prompt, "capability": "files", "answer": "allowed", "duration": "once"}, eng("file", name))
		with := map[string]string{"scanner": "ClamAV 1.4.2", "verdict": "clean"}
		for k, v := range f {
			with[k] = v
		}
		l.add("file.scanned", "service", ses, with, eng("file", name))
		l.add("file.received", "service", ses, f, eng("file", name))
	}
	l.add("chat.line", "engineer", ses, map[string]string{"size": "12"}, eng("text", "Thank you"))
	l.now = l.now.Add(5 * time.Minute)
	l.add("session.lease-ended", "service", ses, map[string]string{"capability": "view", "why": "session-ended"}, eng())
	l.add("session.ended", "technician", ses, map[string]string{"why": "technician", "seconds": "1503"}, eng("technician", "LAB\\anna.weber"))
	l.add("session.summary", "service", ses, map[string]string{"why": "technician", "by": "technician", "inputs": "214", "pictures": "9120"}, eng())
	l.add("notification.raised", "system", "E-4712", map[string]string{"severity": "low"}, nil)
}

// storyMeta is an export of all of it, by the service.
func (l *rigLog) storyMeta() *Meta {
	m := l.meta()
	m.Session, m.Device = "ses-9f31e2d04b", "DxH 900 · Haematology 2"
	m.Local = time.FixedZone("Europe/Stockholm", 3600)
	return m
}
