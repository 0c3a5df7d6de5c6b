package support

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"beckmanconnect/internal/cloudapi"
)

var someLogs = &Logs{Text: "2026-11-24 10:00:00 ERROR TMP-11\n", Lines: 1, Scrubbed: 3}

// B8: the request says what is needed to help, and the lines go with it in the
// same step.
func TestLogsGoInTheSameStep(t *testing.T) {
	r := newRig(t)
	r.m.cfg.About = func() (string, string) { return "1.2.3", "sample 1" }
	writes := r.rec.writes
	h := r.must(RequestHelp{Technician: "lab", TechnicianCalled: true, AlarmCode: "hot", Logs: someLogs}).Help
	if r.rec.writes != writes+1 {
		t.Errorf("%d transactions", r.rec.writes-writes)
	}
	sum := sha256.Sum256([]byte(someLogs.Text))
	want := cloudapi.HelpLogs{Request: h.Request, SHA256: hex.EncodeToString(sum[:]), Lines: 1, Text: someLogs.Text}
	var request *cloudapi.Request
	var logs []*cloudapi.HelpLogs
	for _, o := range r.rec.out {
		switch {
		case o.Request != nil:
			request = o.Request
		case o.Logs != nil:
			logs = append(logs, o.Logs)
			if request == nil {
				t.Error("the lines come before their request")
			}
		}
	}
	if request == nil || request.Version != "1.2.3" || request.Profile != "sample 1" || request.AlarmCode != "hot" {
		t.Errorf("%+v", request)
	}
	if len(logs) != 1 || *logs[0] != want {
		t.Errorf("%+v", logs)
	}
	if r.rec.count("help.logs-sent") != 1 {
		t.Error("no entry, or more than one")
	}
	for _, e := range r.rec.entries {
		for _, fields := range []map[string]string{e.Fields, e.Personal} {
			for _, v := range fields {
				if strings.Contains(v, "TMP-11") {
					t.Errorf("the text stands in the log: %+v", e)
				}
			}
		}
		if e.Kind == "help.logs-sent" && (e.Subject != h.Request || e.Fields["sha256"] != want.SHA256 || e.Fields["lines"] != "1" || e.Fields["scrubbed"] != "3") {
			t.Errorf("%+v", e)
		}
	}
}

// A second window may send them with the request that waits, once.
func TestLogsOfAWaitingRequest(t *testing.T) {
	r := newRig(t)
	first := r.ask()
	again := r.must(RequestHelp{Technician: "lab", TechnicianCalled: true, Logs: someLogs}).Help
	if again.Request != first.Request || again.Code != first.Code || r.rec.count("help.logs-sent") != 1 {
		t.Error("they did not go with the request that waits")
	}
	writes, before := r.rec.writes, r.m.st.clone()
	if res := r.do(RequestHelp{Technician: "lab", TechnicianCalled: true, Logs: someLogs}); res.Help != nil || res.Err == nil {
		t.Errorf("%+v", res)
	}
	if r.rec.writes != writes || !reflect.DeepEqual(before, r.m.st) {
		t.Error("a refused call had an effect")
	}
}

// What refuses the request sends nothing.
func TestLogsOfARefusedRequest(t *testing.T) {
	r := newRig(t)
	r.gate = "terms-not-accepted"
	r.refused(RequestHelp{TechnicianCalled: true, Logs: someLogs}, "terms-not-accepted")
	r.gate = ""
	r.refused(RequestHelp{Logs: someLogs}, "not-called")
	r.rec.fail = true
	r.refused(RequestHelp{TechnicianCalled: true, Logs: someLogs}, "log-failed") // scenario 50
	for _, o := range r.rec.out {
		if o.Logs != nil {
			t.Error("they went all the same")
		}
	}
}
