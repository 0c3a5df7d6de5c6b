package relay

import (
	"bytes"
	"strings"
	"testing"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
	"beckmanconnect/session/lane"
	"beckmanconnect/session/wire"
)

// laned is a rig whose engineers' ends speak of a file lane.
func laned(t *testing.T) *rig {
	r := newRig(t)
	r.lanes = true
	return r
}

// uploading is a session in which a file may come.
func uploading(t *testing.T, data []byte) (*rig, *engineer) {
	t.Helper()
	r := laned(t)
	e := r.enter()
	if m := e.offer(fileID, "up.bin", data); !m.Granted {
		t.Fatalf("%+v", m)
	}
	return r, e
}

// Both directions go over the lane where both ends speak of one, and arrive
// whole; the chunks of old are for whoever does not.
func TestFilesOnTheLane(t *testing.T) {
	data := noise(3<<20 + 7)
	r, e := uploading(t, data)
	if m := e.transfer(fileID, data); m.State != "finished" {
		t.Fatalf("%+v", m)
	}
	if seen := listing(t, r.received()); len(seen) != 1 || seen[0] != "up.bin" {
		t.Errorf("%v can be seen", seen)
	}
	r.hand.Offer(r.source("down.bin", data))
	r.answer(2, true)
	m := e.hear("answer")
	pieces := false
	got := e.fetched(m.ID, nil, func([]byte) bool { pieces = true; return false })
	if !bytes.Equal(got, data) || !pieces {
		t.Errorf("%d bytes came, %d were sent", len(got), len(data))
	}
	e.say(wire.Message{Type: "file", ID: m.ID, State: "finished"})
	r.transferState(m.ID, "finished")
}

// Scenario 33: coming back, a file goes on over a lane of its own.
func TestLaneComesBack(t *testing.T) {
	data := noise(2 << 20)
	r, e := uploading(t, data)
	h := r.s.m.RelayWanted()
	if err := e.part(fileID, 0, data[:tellEvery]); err != nil {
		t.Fatal(err)
	}
	for m := e.hear("file"); m.Done < tellEvery; m = e.hear("file") {
		if m.State == "failed" {
			t.Fatalf("%+v", m)
		}
	}
	e.say(wire.Message{Type: "ask", ID: "c", Capability: wire.Control}) // a lease is what a lost link comes back to
	r.answer(2, true)
	e.hear("answer")
	key := e.key
	r.relay.cut()
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_LOST)
	e = r.join(h)
	if m := e.resume(key); m.Type != "authenticated" {
		t.Fatalf("%+v", m)
	}
	e.say(wire.Message{Type: "resume-file", ID: fileID})
	m := e.hear("file")
	if m.State != "running" || m.Done != tellEvery {
		t.Fatalf("%+v", m)
	}
	e.transferRest(fileID, data, int(m.Done))
	for m = e.hear("file"); m.State != "finished"; m = e.hear("file") {
		if m.State == "failed" {
			t.Fatalf("%+v", m)
		}
	}
}

// A piece is a chunk to whoever decides: without a right to send it the
// transfer is over, and nothing of it can be seen (scenarios 13, 31).
func TestPieceNeedsItsGrant(t *testing.T) {
	data := noise(1 << 20)
	for name, play := range map[string]func(r *rig, e *engineer){
		"nobody was asked": func(_ *rig, e *engineer) { _ = e.part(fileID, 0, data[:1000]) },
		"denied": func(r *rig, e *engineer) {
			e.say(wire.Message{Type: "ask-file", ID: fileID, File: fileOf("up.bin", data)})
			r.answer(1, false)
			e.hear("answer")
			_ = e.part(fileID, 0, data[:1000])
		},
		"not answered yet": func(r *rig, e *engineer) {
			e.say(wire.Message{Type: "ask-file", ID: fileID, File: fileOf("up.bin", data)})
			r.prompt(1)
			_ = e.part(fileID, 0, data[:1000])
		},
		"the policy changed": func(r *rig, e *engineer) {
			if m := e.offer(fileID, "up.bin", data); !m.Granted {
				t.Fatalf("%+v", m)
			}
			r.pol.set(support.Files, "never")
			_ = e.part(fileID, 0, data[:1000])
		},
		"more than was said": func(_ *rig, e *engineer) {
			if m := e.offer(fileID, "up.bin", data[:10]); !m.Granted {
				t.Fatalf("%+v", m)
			}
			_ = e.part(fileID, 0, data[:11])
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := laned(t)
			e := r.enter()
			play(r, e)
			e.say(wire.Message{Type: "ping", Seq: 9})
			e.hear("pong") // the piece was dealt with
			for _, tr := range r.s.State().GetTransfers() {
				if tr.State == "running" || tr.State == "checking" || tr.State == "saving" || tr.State == "finished" || tr.Done > 0 {
					t.Errorf("the transfer goes on: %v", tr)
				}
			}
			r.nothingVisible()
		})
	}
}

// B1, scenarios 29, 53: what the lane carries beside what the engineer's end
// sealed ends the session, with its reason in the log, and no file comes of it.
func TestBrokenLaneEndsTheSession(t *testing.T) {
	data := noise(3000) // sent in three
	nth := func(n int, how func(m []byte) [][]byte) func([]byte) [][]byte {
		return func(m []byte) [][]byte {
			if m[0] == lane.Marker {
				if n--; n == 0 {
					return how(m)
				}
			}
			return [][]byte{m}
		}
	}
	for name, tt := range map[string]struct {
		mangle func([]byte) [][]byte
		send   func(e *engineer) // nil: the whole file
		why    string
	}{
		"dropped":              {mangle: nth(2, func([]byte) [][]byte { return nil }), why: lane.WhyMissing},
		"the last one":         {mangle: nth(3, func([]byte) [][]byte { return nil }), why: lane.WhyMissing},
		"twice":                {mangle: nth(2, func(m []byte) [][]byte { return [][]byte{m, m} }), why: lane.WhyRepeated},
		"changed":              {mangle: nth(2, func(m []byte) [][]byte { m[40] ^= 1; return [][]byte{m} }), why: lane.WhyForged},
		"of a version to come": {mangle: nth(1, func(m []byte) [][]byte { m[1]++; return [][]byte{m} }), why: lane.WhyVersion},
		"another place": {send: func(e *engineer) {
			_ = e.part(fileID, 0, data[:1000])
			_ = e.part(fileID, 999, data[:1000])
		}, why: ""},
		"no piece": {send: func(e *engineer) { _ = e.conn.SendPiece(e.Context(), []byte("short")) }, why: ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, e := uploading(t, data)
			r.relay.mangled(tt.mangle)
			if tt.send != nil {
				tt.send(e)
			} else {
				for at := 0; at < len(data); at += 1000 {
					_ = e.part(fileID, at, data[at:at+1000]) // the host may have left
				}
				_ = e.send(wire.Message{Type: "file-end", ID: fileID})
			}
			if m := e.hear("end"); m.Why != "protocol" {
				t.Errorf("%+v", m)
			}
			r.phase(hostpb.SupportPhase_SUPPORT_PHASE_READY)
			r.nothingVisible()
			if want := "why=" + tt.why; tt.why != "" && !strings.Contains(r.log.String(), want) {
				t.Errorf("the log does not say %q:\n%s", want, r.log)
			}
		})
	}
}

// Before the code was proved over this channel there is no lane, and whoever
// uses one gets no further (scenario 21: the request stands).
func TestLaneBeforeTheCode(t *testing.T) {
	r := laned(t)
	h := r.help()
	e := r.join(h.RequestId)
	e.openLane() // this end does not wait
	if err := e.part(fileID, 0, []byte("early")); err != nil {
		t.Fatal(err)
	}
	if m := e.hear("end"); m.Why != "protocol" {
		t.Errorf("%+v", m)
	}
	if !strings.Contains(r.log.String(), "why="+lane.WhyClosed) {
		t.Errorf("the log does not say so:\n%s", r.log)
	}
	if r.s.State().GetPhase() != hostpb.SupportPhase_SUPPORT_PHASE_WAITING {
		t.Error("the request ended with it")
	}
}

// A host that was not told of a lane opens none.
func TestNoLaneUnasked(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	if m := e.offer(fileID, "up.bin", []byte("data")); !m.Granted {
		t.Fatalf("%+v", m)
	}
	e.lane = true
	e.openLane()
	_ = e.part(fileID, 0, []byte("data"))
	if m := e.hear("end"); m.Why != "protocol" {
		t.Errorf("%+v", m)
	}
	r.nothingVisible()
}
