package relay

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"testing"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/wire"
)

// newMaskedRig is a rig whose instrument's profile hides something.
func newMaskedRig(t *testing.T, masks ...*hostpb.Mask) *rig {
	r := newRigWith(t, nil, func(c *Config) { c.Masks = masks })
	return r
}

// viewed brings an engineer in who may see, with a helper that captures.
func (r *rig) viewed() (*engineer, *helperEnd, *hostpb.HelperCommand) {
	r.Helper()
	e := r.enter()
	e.say(wire.Message{Type: "ask", ID: "v1", Capability: wire.View})
	r.answer(1, true)
	help := r.attach(1)
	return e, help, help.get(r, isView(true))
}

func (h *helperEnd) state(generation uint64, s *hostpb.HelperState) {
	h.tell(&hostpb.HelperMessage{Generation: generation, Body: &hostpb.HelperMessage_State{State: s}})
}

// fields are the fields of all entries of a kind, oldest first.
func (r *rig) fields(kind, field string) []string {
	r.Helper()
	records, _, err := r.store.Entries(r.Context(), 0, 200)
	if err != nil {
		r.Fatal(err)
	}
	var out []string
	for _, e := range records {
		if e.Kind == kind {
			out = append([]string{e.Fields[field]}, out...)
		}
	}
	return out
}

var (
	patients = &hostpb.Mask{Id: "patients", Title: "(?i)patient"}
	corner   = &hostpb.Mask{Id: "corner", X: 10, Y: 20, Width: 30, Height: 40}
)

// B6: the first thing a helper hears is what to hide, whatever else waits for
// it, and the log says so before anything is shown.
func TestMasksComeFirst(t *testing.T) {
	r := newMaskedRig(t, patients, corner)
	e := r.enter()
	e.say(wire.Message{Type: "ask", ID: "v1", Capability: wire.View})
	r.answer(1, true)
	help := r.attach(1)
	first := help.get(t, func(*hostpb.HelperCommand) bool { return true })
	if got := first.GetMasks().GetMasks(); len(got) != 2 || !proto.Equal(got[0], patients) || !proto.Equal(got[1], corner) {
		t.Fatalf("the first command is %v", first)
	}
	if got := r.fields("mask.in-force", "masks"); len(got) != 1 || got[0] != "patients,corner" {
		t.Errorf("on record: %q", got)
	}
	view := help.get(t, isView(true))
	for range 3 { // each once, and none that is not in force
		help.state(view.Generation, &hostpb.HelperState{Width: 200, Height: 150, Capturing: true, Masks: []string{"invented", "patients"}})
		help.state(view.Generation, &hostpb.HelperState{Width: 200, Height: 150, Capturing: true})
	}
	help.state(view.Generation, &hostpb.HelperState{Width: 201, Height: 150, Capturing: true, Masks: []string{"corner", "patients"}})
	for e.hear("screen").Width != 201 { // then all of them are in
	}
	if got := r.fields("mask.shown", "mask"); len(got) != 2 || got[0] != "patients" || got[1] != "corner" {
		t.Errorf("on record: %q", got)
	}

	// A second helper of the session hears it again; the log says it once.
	if err := r.s.RevokeCapability("lab", hostpb.Capability_CAPABILITY_VIEW); err != nil {
		t.Fatal(err)
	}
	e.say(wire.Message{Type: "ask", ID: "v2", Capability: wire.View})
	r.answer(2, true)
	if c := r.attach(2).get(t, func(*hostpb.HelperCommand) bool { return true }); len(c.GetMasks().GetMasks()) != 2 {
		t.Errorf("the second helper first heard %v", c)
	}
	if got := r.fields("mask.in-force", "masks"); len(got) != 1 {
		t.Errorf("on record: %q", got)
	}
}

// Without masks the helper is told so, and the log says it.
func TestNoMasks(t *testing.T) {
	r := newRig(t)
	_, _, _ = r.viewed()
	if got := r.fields("mask.in-force", "masks"); len(got) != 1 || got[0] != "none" {
		t.Errorf("on record: %q", got)
	}
}

// previewStream is a technician's window that reads when the test lets it.
type previewStream struct {
	ctx  context.Context
	sent chan *hostpb.Preview
}

func (p previewStream) Context() context.Context { return p.ctx }
func (p previewStream) Send(v *hostpb.Preview) error {
	select {
	case p.sent <- v:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

func (r *rig) watch(session string) (previewStream, context.CancelFunc, <-chan error) {
	ctx, cancel := context.WithCancel(context.Background())
	stream := previewStream{ctx, make(chan *hostpb.Preview)}
	done := make(chan error, 1)
	go func() { done <- r.s.WatchPreview(session, stream) }()
	r.Cleanup(cancel)
	return stream, cancel, done
}

func isPreview(on bool) func(*hostpb.HelperCommand) bool {
	return func(c *hostpb.HelperCommand) bool { return c.GetPreview() != nil && c.GetPreview().On == on }
}

func pngOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (h *helperEnd) preview(generation uint64, p *hostpb.Preview) {
	h.tell(&hostpb.HelperMessage{Generation: generation, Body: &hostpb.HelperMessage_Preview{Preview: p}})
}

// B6: the technician sees what the engineer sees, only while the engineer may,
// only the newest of it, and nobody makes it when nobody looks.
func TestPreview(t *testing.T) {
	r := newRig(t)
	if err := r.s.WatchPreview("", previewStream{ctx: t.Context()}); Code(err) != "no-session" {
		t.Errorf("without a session: %v", err)
	}
	e := r.enter()
	session := r.s.State().GetSessionId()
	if err := r.s.WatchPreview("another", previewStream{ctx: t.Context()}); Code(err) != "no-session" {
		t.Errorf("another session: %v", err)
	}
	stream, _, done := r.watch(session)
	if p := <-stream.sent; p.GetState() != "off" || len(p.GetPng()) > 0 {
		t.Errorf("before anything is granted: %v", p)
	}
	e.say(wire.Message{Type: "ask", ID: "v1", Capability: wire.View})
	r.answer(1, true)
	help := r.attach(1)
	view := help.get(t, isView(true))
	help.get(t, isPreview(true))
	small := pngOf(t, 96, 54)
	help.preview(view.Generation, &hostpb.Preview{State: "on", Png: small, Masked: 2, UnixMs: 7})
	if p := <-stream.sent; p.GetState() != "on" || !bytes.Equal(p.GetPng(), small) || p.GetMasked() != 2 || p.GetUnixMs() != 7 {
		t.Errorf("preview %v", p)
	}

	// What is no preview is not passed on; neither is one of before the lease.
	for _, bad := range []*hostpb.Preview{
		{State: "on"}, {State: "on", Png: []byte("no picture")}, {State: "on", Png: pngOf(t, 961, 10)},
		{State: "black", Png: small}, {State: "off"}, {State: "", Png: small}, {State: "on", Png: make([]byte, maxPreview+1)},
	} {
		help.preview(view.Generation, bad)
	}
	help.preview(view.Generation-1, &hostpb.Preview{State: "on", Png: small, UnixMs: 8})

	// Whoever does not read gets the newest, once.
	for i := range int64(50) {
		help.preview(view.Generation, &hostpb.Preview{State: "on", Png: small, UnixMs: 100 + i})
	}
	help.preview(view.Generation, &hostpb.Preview{State: "black", UnixMs: 200})
	help.state(view.Generation, &hostpb.HelperState{Width: 200, Height: 150, Capturing: true})
	for e.hear("screen").State != "on" { // all of them are in
	}
	got := 0
	for p := range stream.sent {
		got++
		if p.GetUnixMs() < 100 {
			t.Errorf("passed on: %v", p)
		}
		if p.GetState() == "black" {
			break
		}
	}
	if got > 2 { // one was on its way already
		t.Errorf("%d previews for a reader who did not read", got)
	}

	// Taken back: off at once, and what comes afterwards is not passed on.
	if err := r.s.RevokeCapability("lab", hostpb.Capability_CAPABILITY_VIEW); err != nil {
		t.Fatal(err)
	}
	if p := <-stream.sent; p.GetState() != "off" {
		t.Errorf("after view was taken back: %v", p)
	}
	if err := r.s.EndSession("lab", "button"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("the stream ended with %v", err)
	}
}

// Nobody looks: the helper stops making previews, and none is kept.
func TestPreviewOnlyWhileSomebodyLooks(t *testing.T) {
	r := newRig(t)
	_, help, view := r.viewed()
	session := r.s.State().GetSessionId()
	one, stopOne, doneOne := r.watch(session)
	help.get(t, isPreview(true))
	two, stopTwo, doneTwo := r.watch(session)
	small := &hostpb.Preview{State: "on", Png: pngOf(t, 10, 10)}
	help.preview(view.Generation, small)
	for _, s := range []previewStream{one, two} {
		if p := <-s.sent; !proto.Equal(p, small) {
			t.Errorf("%v", p)
		}
	}
	stopOne()
	if err := <-doneOne; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	stopTwo()
	<-doneTwo
	help.get(t, isPreview(false))
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.s.preview.newest != nil || r.s.preview.watchers != 0 {
		t.Errorf("kept: %+v", r.s.preview)
	}
}

// B6: another profile's masks are in force from the next session on; what a
// session began with stays, as its log says.
func TestOtherMasksComeWithTheNextSession(t *testing.T) {
	r := newMaskedRig(t, patients)
	e := r.enter()
	r.s.SetMasks([]*hostpb.Mask{patients, corner}) // before anything is shown
	first := func(n int) []*hostpb.Mask {
		e.say(wire.Message{Type: "ask", ID: "v", Capability: wire.View})
		r.answer(n, true)
		return r.attach(n).get(t, func(*hostpb.HelperCommand) bool { return true }).GetMasks().GetMasks()
	}
	if got := first(1); len(got) != 2 {
		t.Errorf("the first helper heard %v", got)
	}
	r.s.SetMasks([]*hostpb.Mask{corner})
	if err := r.s.RevokeCapability("lab", hostpb.Capability_CAPABILITY_VIEW); err != nil {
		t.Fatal(err)
	}
	if got := first(2); len(got) != 2 {
		t.Errorf("the second helper of the session heard %v", got)
	}
	if err := r.s.EndSession("lab", "tray"); err != nil {
		t.Fatal(err)
	}
	r.s.mu.Lock()
	r.s.helper = nil // it is gone with the session
	r.s.adoptMasks()
	got := r.s.cfg.Masks
	r.s.mu.Unlock()
	if len(got) != 1 || got[0].GetId() != "corner" {
		t.Errorf("after the session: %v", got)
	}
}
