package relay

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/app/files"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/scan"
	"beckmanconnect/service/support"
	"beckmanconnect/session/wire"
)

const fileID = "00112233445566778899aabbccddeeff"

func noise(size int) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{9}).Read(data)
	return data
}

// source is a file on the technician's disk.
func (r *rig) source(name string, data []byte) *files.Source {
	r.Helper()
	path := filepath.Join(r.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		r.Fatal(err)
	}
	s, err := files.Open(path)
	if err != nil {
		r.Fatal(err)
	}
	return s
}

// prompts is how many questions were put so far.
func (r *rig) prompts() int {
	r.desk.mu.Lock()
	defer r.desk.mu.Unlock()
	return len(r.desk.prompts)
}

// transferState waits until a transfer is in a state.
func (r *rig) transferState(id, state string) *hostpb.Transfer {
	r.Helper()
	var found *hostpb.Transfer
	r.await("transfer "+state, func(d *desk) bool {
		for _, t := range d.state.GetTransfers() {
			if (id == "" || t.Id == id) && t.State == state {
				found = t
			}
		}
		return found != nil
	})
	return found
}

// fetched takes in a file of the technician's, from what the engineer has of
// it on; it gives all bytes at its end, or those so far when stop says so.
func (e *engineer) fetched(id string, have []byte, stop func(have []byte) bool) []byte {
	e.Helper()
	key, _ := hex.DecodeString(id)
	for {
		kind, payload, m := e.next()
		switch {
		case kind == wire.FramePiece:
			piece, err := wire.ParsePiece(payload)
			if err != nil || piece.Transfer != [16]byte(key) || piece.At != int64(len(have)) {
				e.Fatalf("a piece for %d, where %d is next: %v", piece.At, len(have), err)
			}
			if have = append(have, piece.Data...); stop != nil && stop(have) {
				return have
			}
			e.ack(0)
			e.say(wire.Message{Type: "file", ID: id, State: "running", Done: int64(len(have))})
		case kind == wire.FrameChunk && bytes.Equal(payload[:16], key):
			if have = append(have, payload[16:]...); stop != nil && stop(have) {
				return have
			}
			e.ack(0)
			e.say(wire.Message{Type: "file", ID: id, State: "running", Done: int64(len(have))})
		case m.Type == "file-end" && m.ID == id:
			return have
		case m.Type == "file" && m.ID == id && m.State == "failed":
			e.Fatalf("failed: %+v", m)
		}
	}
}

func sumOfAll(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// The engineer asks for a file; the first yes gives nothing, the second gives
// exactly what was read, hashed and scanned (scenario 33).
func TestFetch(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	e.say(wire.Message{Type: "ask-fetch", ID: fileID, Reason: "the log"})
	if p := r.answer(1, true); p.FileDirection != "to-engineer" || p.FileName != "" || p.Reason != "the log" {
		t.Errorf("the first question: %v", p)
	}
	if m := e.hear("file"); m.State != "choosing" {
		t.Errorf("%+v", m)
	}
	data := noise(5<<20 + 11)
	r.hand.Send(<-r.picks, r.source("run 1.log", data))
	p := r.prompt(2)
	if p.FileName != "run 1.log" || p.FileSize != uint64(len(data)) || p.FileSha256 != sumOfAll(data) || p.FileDirection != "to-engineer" {
		t.Errorf("the second question: %v", p)
	}
	if tr := r.transferState(fileID, "asked"); tr.Scanner != "Fake 1/2" {
		t.Errorf("%v", tr)
	}
	r.answer(2, true)
	m := e.hear("answer")
	if !m.Granted || m.File == nil || m.File.SHA256 != sumOfAll(data) || m.File.Name != "run 1.log" || m.File.Size != int64(len(data)) {
		t.Fatalf("%+v", m)
	}
	if got := e.fetched(fileID, nil, nil); !bytes.Equal(got, data) {
		t.Errorf("%d bytes came, %d were sent", len(got), len(data))
	}
	e.say(wire.Message{Type: "file", ID: fileID, State: "finished"})
	r.transferState(fileID, "finished")
	// Of their own accord, with one question.
	small := []byte("small")
	r.hand.Offer(r.source("own.txt", small))
	r.answer(3, true)
	m = e.hear("answer")
	if !m.Granted || m.File.Name != "own.txt" || !bytes.Equal(e.fetched(m.ID, nil, nil), small) {
		t.Errorf("%+v", m)
	}
	e.say(wire.Message{Type: "file", ID: m.ID, State: "finished"})
	r.transferState(m.ID, "finished")
	// An empty one.
	r.hand.Offer(r.source("empty.txt", nil))
	r.answer(4, true)
	if m = e.hear("answer"); !m.Granted || len(e.fetched(m.ID, nil, nil)) != 0 {
		t.Errorf("%+v", m)
	}
	kinds := r.kinds()
	for _, k := range []string{"file.chosen", "file.scanned", "file.offered", "file.sent"} {
		if kinds[k] == 0 {
			t.Errorf("no %s in the log: %v", k, kinds)
		}
	}
	if left := listing(t, r.spool()); len(left) > 1 { // the empty one is not confirmed
		t.Errorf("%v is left", left)
	}
}

// The ways a fetch comes to nothing; never does a byte go out.
func TestFetchRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		do  func(r *rig, id string)
		why string
	}{
		"cancelled": {func(r *rig, id string) { r.hand.Cancel(id) }, "cancelled"},
		"denied": {func(r *rig, id string) {
			r.hand.Send(id, r.source("a.txt", []byte("a")))
			r.answer(2, false)
		}, "denied"},
		"infected": {func(r *rig, id string) { r.hand.Send(id, r.source("a.txt", []byte("some malware"))) }, "infected"},
		"scanner gone": {func(r *rig, id string) {
			r.scanner.set(func(s *scanner) { s.gate = make(chan struct{}) })
			gate := r.scanner.gate
			r.hand.Send(id, r.source("a.txt", []byte("a")))
			r.transferState(id, "checking")
			r.scanner.set(func(s *scanner) { s.here, s.broken = false, &scan.Error{Op: "x", Kind: scan.ErrAbsent} })
			close(gate)
		}, "no-scanner"},
		"scanner fails": {func(r *rig, id string) {
			r.scanner.set(func(s *scanner) { s.broken = errors.New("locked") })
			r.hand.Send(id, r.source("a.txt", []byte("a")))
		}, "scan-failed"},
		"too large for it": {func(r *rig, id string) {
			r.scanner.set(func(s *scanner) { s.broken = &scan.Error{Op: "x", Kind: scan.ErrTooBig} })
			r.hand.Send(id, r.source("a.txt", []byte("a")))
		}, "scan-too-large"},
		"a folder": {func(r *rig, id string) {
			_, err := files.Open(r.TempDir())
			r.hand.Refuse(id, err)
		}, "disk"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			e := r.enter()
			e.say(wire.Message{Type: "ask-fetch", ID: fileID})
			r.answer(1, true)
			tt.do(r, <-r.picks)
			if m := e.hear("answer"); m.Granted || m.Why != tt.why || m.File != nil {
				t.Errorf("%+v", m)
			}
			e.say(wire.Message{Type: "ping", Seq: 1})
			for {
				kind, _, m := e.next()
				if kind == wire.FrameChunk {
					t.Error("bytes went out")
				}
				if m.Type == "pong" {
					break
				}
			}
			if name == "infected" && (r.kinds()["file.infected"] != 1 || r.prompts() != 1) {
				t.Errorf("%v, %d questions", r.kinds(), r.prompts())
			}
		})
	}
}

// Scenario 33: the scanner decides about files to the PC, too; without one
// nobody is even asked.
func TestScannerToPC(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	data := []byte("some malware inside")
	if m := e.offer(fileID, "a.txt", data); !m.Granted {
		t.Fatalf("%+v", m)
	}
	if m := e.transfer(fileID, data); m.State != "failed" || m.Why != "infected" {
		t.Errorf("%+v", m)
	}
	r.scanner.set(func(s *scanner) { s.broken = errors.New("locked") })
	second := strings.Repeat("11", 16)
	if m := e.offer(second, "b.txt", data[:3]); !m.Granted {
		t.Fatalf("%+v", m)
	}
	if m := e.transfer(second, data[:3]); m.State != "failed" || m.Why != "scan-failed" {
		t.Errorf("%+v", m)
	}
	r.scanner.set(func(s *scanner) { s.here = false })
	r.s.PolicyChanged()
	if s := r.s.State().GetScanner(); s != "" {
		t.Errorf("scanner %q", s)
	}
	n := r.prompts()
	for _, m := range []wire.Message{
		{Type: "ask-file", ID: strings.Repeat("22", 16), File: fileOf("c.txt", data)},
		{Type: "ask-fetch", ID: strings.Repeat("33", 16)},
	} {
		e.say(m)
		if got := e.hear("answer"); got.Granted || got.Why != "no-scanner" || got.ID != m.ID {
			t.Errorf("%+v", got)
		}
	}
	r.hand.Offer(r.source("own.txt", data))
	if tr := r.transferState("", "failed"); tr.Detail == "" {
		t.Errorf("%v", tr)
	}
	if r.prompts() != n {
		t.Error("somebody was asked")
	}
	r.nothingVisible()
}

// Scenario 26: on a patient-data instrument neither direction exists.
func TestPatientDataFetch(t *testing.T) {
	r := newRig(t)
	r.pol.set(support.Files, "never")
	e := r.enter()
	e.say(wire.Message{Type: "ask-fetch", ID: fileID})
	if m := e.hear("answer"); m.Granted || m.Why != "policy" {
		t.Errorf("%+v", m)
	}
	r.hand.Offer(r.source("a.txt", []byte("patients")))
	r.transferState("", "failed")
	e.say(wire.Message{Type: "ping", Seq: 1})
	for {
		kind, _, m := e.next()
		if kind == wire.FrameChunk || m.Type == "answer" {
			t.Errorf("%+v", m)
		}
		if m.Type == "pong" {
			break
		}
	}
	if r.prompts() != 0 {
		t.Error("somebody was asked")
	}
	if left := listing(t, r.spool()); len(left) != 0 {
		t.Errorf("%v was read", left)
	}
}

// Scenario 33: changed in the spool between the yes and the sending.
func TestFetchChangedAfterApproval(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	data := noise(3 << 20)
	r.hand.Offer(r.source("a.bin", data))
	p := r.prompt(1)
	left := listing(t, r.spool())
	if len(left) != 1 {
		t.Fatal(left)
	}
	f, err := os.OpenFile(filepath.Join(r.spool(), left[0]), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("changed"), 1<<20); err != nil {
		t.Fatal(err)
	}
	f.Close()
	_ = p
	r.answer(1, true)
	id := e.hear("answer").ID
	var got []byte
	for {
		kind, payload, m := e.next()
		if kind == wire.FrameChunk {
			got = append(got, payload[16:]...)
			e.say(wire.Message{Type: "file", ID: id, State: "running", Done: int64(len(got))})
		}
		if m.Type == "file-end" {
			t.Error("it was sent whole")
		}
		if m.Type == "file" && m.State == "failed" {
			if m.Why != "changed" {
				t.Errorf("%+v", m)
			}
			break
		}
	}
	if !bytes.Equal(got, data[:len(got)]) {
		t.Error("changed bytes went out")
	}
}

// A link cut in the middle pauses both directions; after the resume they go on
// where they were (scenario 34).
func TestResumeFiles(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	e.say(wire.Message{Type: "ask", ID: "v", Capability: wire.View}) // what the session resumes within
	r.answer(1, true)
	e.hear("answer")
	data := noise(4 << 20)
	up, down := strings.Repeat("0a", 16), ""
	if m := e.offer(up, "up.bin", data); !m.Granted {
		t.Fatalf("%+v", m)
	}
	r.hand.Offer(r.source("down.bin", data))
	r.answer(3, true)
	down = e.hear("answer").ID
	got := e.fetched(down, nil, func(have []byte) bool { return len(have) > 1<<20 })
	key, _ := hex.DecodeString(up)
	sent := 0
	for ; sent < 10*wire.MaxChunk; sent += wire.MaxChunk {
		if err := e.conn.Send(t.Context(), wire.FrameChunk, append(bytes.Clone(key), data[sent:sent+wire.MaxChunk]...)); err != nil {
			t.Fatal(err)
		}
	}
	request := r.s.State().GetRequestId()
	old := e.key
	r.relay.cut()
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_LOST)
	r.transferState(up, "paused")
	r.transferState(down, "paused")

	back := r.join(request)
	if m := back.resume(old); m.Type != "authenticated" {
		t.Fatalf("%+v", m)
	}
	back.say(wire.Message{Type: "resume-file", ID: up})
	m := back.hear("file")
	if m.ID != up || m.State != "running" || m.Done > int64(sent) {
		t.Fatalf("%+v", m)
	}
	back.transferRest(up, data, int(m.Done))
	back.say(wire.Message{Type: "resume-file", ID: down, Done: int64(len(got))})
	if got = back.fetched(down, got, nil); !bytes.Equal(got, data) {
		t.Error("it came otherwise than it was sent")
	}
	back.say(wire.Message{Type: "file", ID: down, State: "finished"})
	r.transferState(down, "finished")
	r.transferState(up, "finished")
	if seen, err := os.ReadFile(filepath.Join(r.received(), "up.bin")); err != nil || !bytes.Equal(seen, data) {
		t.Errorf("%d bytes, %v", len(seen), err)
	}
	// Of one that is over by then, the end is told again.
	finished := func() {
		t.Helper()
		for m := back.hear("file"); m.ID != up || m.State != "finished"; m = back.hear("file") {
			if m.ID == up && m.State == "failed" {
				t.Fatalf("%+v", m)
			}
		}
	}
	back.say(wire.Message{Type: "ping", Seq: 9})
	back.hear("pong") // and with it whatever was told before
	back.say(wire.Message{Type: "resume-file", ID: up})
	finished()
	if k := r.kinds(); k["file.paused"] != 2 || k["file.resumed"] != 2 {
		t.Errorf("%v", k)
	}
}

// transferRest sends a file from an offset on, keeping to what the host took.
func (e *engineer) transferRest(id string, data []byte, from int) {
	e.Helper()
	for at, held := from, from; at < len(data); {
		for at-held >= wire.FileWindow {
			if m := e.hear("file"); m.ID == id {
				held = int(m.Done)
			}
		}
		n := min(wire.MaxChunk, len(data)-at)
		if err := e.part(id, at, data[at:at+n]); err != nil {
			e.Fatal(err)
		}
		at += n
	}
	e.say(wire.Message{Type: "file-end", ID: id})
}

// Without a lease nothing is resumed: the session ends, and with it the file.
func TestCutWithoutALease(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	data := noise(1 << 20)
	if m := e.offer(fileID, "up.bin", data); !m.Granted {
		t.Fatalf("%+v", m)
	}
	key, _ := hex.DecodeString(fileID)
	if err := e.conn.Send(t.Context(), wire.FrameChunk, append(key, data[:100]...)); err != nil {
		t.Fatal(err)
	}
	r.relay.cut()
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_READY)
	r.nothingVisible()
}

// The technician stops one transfer, either way, and others go on.
func TestStopOneTransfer(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	data := noise(8 << 20)
	if m := e.offer(fileID, "up.bin", data); !m.Granted {
		t.Fatalf("%+v", m)
	}
	r.hand.Offer(r.source("down.bin", data))
	r.answer(2, true)
	down := e.hear("answer").ID
	for _, id := range []string{fileID, down} {
		r.hand.Cancel(id)
		for {
			m := e.hear("file")
			if m.State == "failed" && m.ID == id {
				if m.Why != "cancelled" {
					t.Errorf("%+v", m)
				}
				break
			}
		}
	}
	r.nothingVisible()
	r.emptied()
}

// An engineer who sends more than was taken, while the disk stands still, ends
// that transfer; nothing piles up, and the link goes on (scenario 53).
func TestMoreThanTheWindow(t *testing.T) {
	still := make(chan struct{})
	r := newRigWith(t, nil, func(c *Config) {
		c.Files.Free = func(string) (uint64, error) {
			<-still
			return 1 << 40, nil
		}
	})
	e := r.enter()
	data := noise(3 * wire.FileWindow)
	if m := e.offer(fileID, "up.bin", data); !m.Granted {
		t.Fatalf("%+v", m)
	}
	key, _ := hex.DecodeString(fileID)
	send := func(from, to int) {
		for at := from; at < to; at += wire.MaxChunk {
			if err := e.conn.Send(t.Context(), wire.FrameChunk, append(bytes.Clone(key), data[at:at+wire.MaxChunk]...)); err != nil {
				t.Fatal(err)
			}
		}
		e.say(wire.Message{Type: "ping", Seq: uint32(to)})
		e.hear("pong") // input would get through just so
	}
	send(0, wire.FileWindow)
	p := r.s.files.findID(fileID)
	p.mu.Lock()
	if len(p.pending) != wire.FileWindow {
		t.Errorf("%d bytes wait", len(p.pending))
	}
	p.mu.Unlock()
	send(wire.FileWindow, wire.FileWindow+wire.MaxChunk)
	if tr := r.transferState(fileID, "failed"); tr.Detail != "flow" {
		t.Errorf("%v", tr)
	}
	close(still)
	r.emptied()
	r.nothingVisible()
}

// Scenario 34: the disk is full, either direction: both ends are told, nothing
// is seen and nothing is left.
func TestDiskIsFull(t *testing.T) {
	r := newRigWith(t, nil, func(c *Config) { c.Files.Free = func(string) (uint64, error) { return 100, nil } })
	e := r.enter()
	data := noise(1000)
	if m := e.offer(fileID, "up.bin", data); !m.Granted {
		t.Fatalf("%+v", m)
	}
	if m := e.transfer(fileID, data); m.State != "failed" || m.Why != "disk-full" {
		t.Errorf("%+v", m)
	}
	r.hand.Offer(r.source("down.bin", data))
	r.await("the failure", func(d *desk) bool {
		return len(d.state.GetTransfers()) == 2 && d.state.GetTransfers()[1].GetDetail() == "disk-full"
	})
	r.nothingVisible()
	if left := listing(t, r.spool()); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}
