package engineer

import (
	"fmt"
	"strings"
	"time"

	"beckmanconnect/build/hostile/far"
	"beckmanconnect/build/hostile/pc"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/wire"
)

// Classes about what an engineer who is in may do, and for how long.
var rights = []class{
	{"names of capabilities", 5, (*walk).names},
	{"durations beyond what is offered", 4, (*walk).beyond},
	{"input without a lease", 8, (*walk).noLease},
	{"input of another generation", 6, (*walk).otherGeneration},
	{"input while a prompt shows", 5, (*walk).whilePrompted},
	{"revoked with a full queue", 4, (*walk).revoked},
	{"expired with a full queue", 3, (*walk).expired},
	{"given back, then used", 2, (*walk).givenBack},
	{"the key that ends sessions", 3, (*walk).killKey},
	{"pictures without a lease", 5, (*walk).noView},
	{"ended by the technician", 3, (*walk).ended},
	{"taken off the list in mid-session", 2, (*walk).offTheList},
	{"asked again and again", 2, (*walk).again},
	{"a program that clicks by itself", 4, (*walk).clicker},
}

var durations = []string{"", "once", "15min", "session", "forever", "SESSION", "15min ", "-1", "99999h", "sessіon", "once\x00session"}

// lengths are what the technician may choose.
var lengths = []hostpb.Duration_{hostpb.Duration__DURATION_ONCE, hostpb.Duration__DURATION_15_MIN, hostpb.Duration__DURATION_SESSION}

// names asks for capabilities that are none. A technician who allows whatever
// is put in front of them stands behind it.
func (w *walk) names() error {
	if err := w.session(); err != nil {
		return err
	}
	if w.asked > 10 {
		w.minute()
	}
	w.asked++
	name := pick(w, []string{
		"clipboard", "files", "chat", "pointer", "recording", "audio", "shell", "admin", "root", "*", "all", "", " ", "view,control", "view control",
		"VIEW", "View", "ｖｉｅｗ", "vіew", "con\u0442rol", "view\x00control", "contrоl", "控制", "🖱", "support", "upgrade", "terms", "policy", "none", "null",
		strings.Repeat("control", 10_000), "CAPABILITY_CONTROL", "2", "view;control", "control' OR '1'='1",
	})
	id, reason := w.id(), w.planned(pc.Plan{Allow: true})
	return w.forbidden(func() ([]string, error) {
		if err := w.say(wire.Message{Type: "ask", ID: id, Capability: name, Reason: reason}); err != nil {
			return nil, err
		}
		m, markers := w.input(2, w.peer.Generation())
		return markers, w.say(m)
	})
}

// beyond asks for more time than there is.
func (w *walk) beyond() error {
	if err := w.session(); err != nil {
		return err
	}
	if w.asked > 10 {
		w.minute()
	}
	w.asked++
	id := w.id()
	err := w.say(wire.Message{
		Type: "ask", ID: id, Reason: w.planned(pc.Plan{Allow: w.r.IntN(3) > 0}), Capability: pick(w, []string{wire.View, wire.Control}), Duration: pick(w, durations),
		UntilMS: 1 << 50, Granted: true, Why: "allowed",
	})
	if err != nil {
		return err
	}
	_, err = w.answer(id)
	return err
}

func (w *walk) noLease() error {
	if err := w.session(); err != nil {
		return err
	}
	if w.pc.Ledger().Holds(w.peer.Session(), capabilities[wire.Control]) {
		if err := w.pc.Revoke(capabilities[wire.Control]); err != nil {
			w.log("nothing to take back: %v", err)
		}
	}
	return w.forbidden(func() ([]string, error) {
		m, markers := w.input(1+w.r.IntN(20), w.generation())
		return markers, w.say(m)
	})
}

// otherGeneration: what was made before the grant is void, and so is what
// claims to come from the future.
func (w *walk) otherGeneration() error {
	if err := w.given(wire.Control, pick(w, lengths)); err != nil {
		return err
	}
	if w.r.IntN(3) == 0 { // a live one, so that something could come through
		m, _ := w.input(3, w.peer.Generation())
		if err := w.say(m); err != nil {
			return err
		}
	}
	session := w.peer.Session()
	if err := w.pc.Revoke(capabilities[wire.Control]); err != nil {
		return nil // it was over already
	}
	before := w.peer.Generation()
	if err := w.given(wire.Control, pick(w, lengths)); err != nil {
		return err
	}
	if w.peer.Session() != session {
		return nil
	}
	generation := before - min(before, uint64(w.r.IntN(3)))
	if w.r.IntN(2) == 0 {
		generation = w.peer.Generation() + 20 + uint64(w.r.IntN(1000))
	}
	m, markers := w.input(5, generation)
	if err := w.say(m); err != nil {
		return err
	}
	err := w.peer.Barrier(w.ctx)
	w.pc.Ledger().Never(markers)
	return err
}

// whilePrompted: nothing that is sent while a question shows reaches the
// desktop (B3, scenario 8).
func (w *walk) whilePrompted() error {
	if err := w.given(wire.Control, hostpb.Duration__DURATION_SESSION); err != nil {
		return err
	}
	if err := w.settled(); err != nil {
		return err
	}
	if w.asked > 10 {
		w.minute()
	}
	if !w.pc.Ledger().Holds(w.peer.Session(), capabilities[wire.Control]) {
		return nil
	}
	w.asked++
	reason := w.planned(pc.Plan{Ignore: true})
	m := wire.Message{Type: "ask-file", ID: w.id(), Reason: reason, File: fileOf("report.txt", w.data())}
	if w.pc.Site.Said().Class != "general" { // where files are never
		m = wire.Message{Type: "ask", ID: w.id(), Reason: reason, Capability: wire.Control}
	}
	if err := w.say(m); err != nil {
		return err
	}
	if err := w.peer.Barrier(w.ctx); err != nil {
		return err
	}
	open := w.pc.Open()
	if open == "" {
		return nil // it was pending or throttled
	}
	var all []string
	for range 1 + w.r.IntN(5) {
		m, markers := w.input(10, w.peer.Generation())
		all = append(all, markers...)
		if err := w.say(m); err != nil {
			return err
		}
	}
	err := w.peer.Barrier(w.ctx)
	if w.pc.Open() == open {
		w.pc.Ledger().Never(all)
	}
	w.minute()
	return err
}

// queued fills the desktop's queue while the helper takes nothing.
func (w *walk) queued() (markers []string, release func(), err error) {
	release = w.pc.Desktop.Stall()
	for range 1 + w.r.IntN(60) {
		m, more := w.input(1+w.r.IntN(30), w.peer.Generation())
		markers = append(markers, more...)
		if err = w.say(m); err != nil {
			return markers, release, err
		}
	}
	return markers, release, w.peer.Barrier(w.ctx)
}

// revoked: of a full queue at most the one command under way arrives after
// the technician took control back (scenario 14).
func (w *walk) revoked() error {
	if err := w.given(wire.Control, pick(w, lengths)); err != nil {
		return err
	}
	_, release, err := w.queued()
	defer release()
	if err != nil {
		return err
	}
	if err := w.pc.Revoke(capabilities[wire.Control]); err != nil {
		w.log("nothing to take back: %v", err)
	}
	release()
	return w.forbidden(func() ([]string, error) {
		m, markers := w.input(5, w.generation())
		return markers, w.say(m)
	})
}

func (w *walk) expired() error {
	if err := w.given(wire.Control, pick(w, lengths[:2])); err != nil {
		return err
	}
	_, release, err := w.queued()
	defer release()
	if err != nil {
		return err
	}
	w.pc.Pass(16 * time.Minute)
	release()
	return w.forbidden(func() ([]string, error) {
		m, markers := w.input(5, w.generation())
		return markers, w.say(m)
	})
}

// givenBack: who gave a right back does not have it any more.
func (w *walk) givenBack() error {
	if err := w.session(); err != nil {
		return err
	}
	if w.pc.Ledger().Holds(w.peer.Session(), capabilities[wire.Control]) {
		_ = w.pc.Revoke(capabilities[wire.Control]) // it may be over
	}
	if w.asked > 10 {
		w.minute()
	}
	w.asked++
	id := w.id()
	if err := w.say(wire.Message{Type: "ask", ID: id, Reason: w.planned(pc.Plan{Allow: true}), Capability: wire.Control}); err != nil {
		return err
	}
	if _, err := w.answer(id); err != nil {
		return err
	}
	if err := w.say(wire.Message{Type: "cancel", ID: id}); err != nil {
		return err
	}
	m, markers := w.input(5, w.generation())
	if err := w.say(m); err != nil {
		return err
	}
	err := w.peer.Barrier(w.ctx)
	w.pc.Ledger().Never(markers)
	w.pc.Ledger().End(capabilities[wire.Control])
	return err
}

// killKey sends the key under every name, and events no desktop should see.
func (w *walk) killKey() error {
	if err := w.given(wire.Control, hostpb.Duration__DURATION_SESSION); err != nil {
		return err
	}
	ledger := w.pc.Ledger()
	bad := []wire.Input{
		{Kind: "keydown", Code: "Pause", Key: ledger.Press()},
		{Kind: "keydown", Code: "KeyA", Key: "Pause"},
		{Kind: "keyup", Code: "Pause", Key: "Pause"},
		{Kind: "KEYDOWN", Code: "KeyA", Key: ledger.Press()},
		{Kind: "exec", Code: "KeyA", Key: ledger.Press()},
		{Kind: "", Code: "KeyA", Key: ledger.Press()},
		{Kind: "move", X: -1, Y: 4, Key: ledger.Press()},
		{Kind: "down", X: 1 << 40, Y: 4, Key: ledger.Press()},
		{Kind: "down", Button: -1, Key: ledger.Press()},
		{Kind: "down", Button: 250, Key: ledger.Press()},
		{Kind: "keydown", Code: strings.Repeat("K", 5000), Key: ledger.Press()},
	}
	e := pick(w, bad)
	if err := w.say(wire.Message{Type: "input", Generation: w.peer.Generation(), Events: []wire.Input{e}}); err != nil {
		return err
	}
	err := w.peer.Barrier(w.ctx)
	var markers []string
	for _, e := range bad {
		if e.Key != "Pause" {
			markers = append(markers, e.Key)
		}
	}
	ledger.Never(markers)
	return err
}

// noView: the desktop captures, and nobody may see it.
func (w *walk) noView() error {
	phase := pick(w, []func(*walk) error{(*walk).session, func(w *walk) error { return w.given(wire.Control, hostpb.Duration__DURATION_ONCE) },
		func(w *walk) error { return w.given(wire.View, pick(w, lengths)) }})
	if err := phase(w); err != nil {
		return err
	}
	w.pc.Desktop.Capture(2)
	if w.pc.Ledger().Holds(w.peer.Session(), capabilities[wire.View]) && w.r.IntN(2) == 0 {
		_ = w.pc.Revoke(capabilities[wire.View]) // it may be over
	}
	for range 3 {
		if err := w.say(pick(w, []wire.Message{{Type: "refresh"}, {Type: "ping", Seq: w.r.Uint32()}, {Type: "refresh", Capability: wire.View}})); err != nil {
			return err
		}
		w.pc.Desktop.Capture(1)
	}
	return nil
}

// ended: after the technician's end nothing of the session is left.
func (w *walk) ended() error {
	phase := pick(w, []func(*walk) error{
		func(w *walk) error { return w.given(wire.Control, pick(w, lengths)) },
		func(w *walk) error { return w.given(wire.View, pick(w, lengths)) },
	})
	if err := phase(w); err != nil {
		return err
	}
	generation := w.peer.Generation()
	release := w.pc.Desktop.Stall()
	defer release()
	m, _ := w.input(50, generation)
	if err := w.say(m); err != nil {
		return err
	}
	if err := w.peer.Barrier(w.ctx); err != nil {
		return err
	}
	if err := w.pc.End(pick(w, []string{"button", "kill-key", "tray"})); err != nil {
		return err
	}
	release()
	m, markers := w.input(50, generation+uint64(w.r.IntN(3)))
	_ = w.say(m) // the channel may be gone
	w.pc.Desktop.Capture(1)
	err := w.peer.Gone(w.ctx)
	w.pc.Ledger().Never(markers)
	w.drop()
	return err
}

// offTheList: IT takes the engineer off the list; what is in use ends at once
// (scenario 27).
func (w *walk) offTheList() error {
	if err := w.given(pick(w, []string{wire.View, wire.Control}), hostpb.Duration__DURATION_SESSION); err != nil {
		return err
	}
	before := w.pc.Site.Said()
	after := before
	after.Staff = []string{"somebody.else@vendor.example"}
	if err := w.pc.Site.Sign(after); err != nil {
		return err
	}
	m, markers := w.input(10, w.peer.Generation())
	_ = w.say(m) // the channel may be gone
	w.pc.Desktop.Capture(1)
	w.pc.Driver.PolicyChanged()
	err := w.peer.Gone(w.ctx)
	w.pc.Ledger().Never(markers)
	w.pc.Ledger().End(hostpb.Capability_CAPABILITY_UNKNOWN)
	w.drop()
	if err != nil {
		return fmt.Errorf("still in after being taken off the list: %w", err)
	}
	if err := w.waiting(); err != nil { // and does not come back
		return err
	}
	if err := w.barredWith(far.Config(w.certificate(anna))); err != nil {
		return err
	}
	return w.pc.Site.Sign(before)
}

// clicker: under control an engineer starts a program in the technician's
// log-on that presses Allow. Whatever is asked for from then on wants a PIN
// (B3).
func (w *walk) clicker() error {
	if err := w.given(wire.Control, pick(w, lengths)); err != nil {
		return err
	}
	if w.r.IntN(2) == 0 { // that control was given once is enough
		_ = w.pc.Revoke(capabilities[wire.Control]) // it may be over
	}
	if err := w.settled(); err != nil {
		return err
	}
	if w.asked > 10 {
		w.minute()
	}
	w.asked++
	id, reason := w.id(), w.planned(pc.Plan{Clicker: true})
	m := wire.Message{Type: "ask", ID: id, Reason: reason, Capability: pick(w, []string{wire.View, wire.Control})}
	data := w.data()
	if w.r.IntN(2) == 0 {
		m = wire.Message{Type: "ask-file", ID: id, Reason: reason, File: fileOf("clicked.exe", data)}
	}
	if err := w.say(m); err != nil {
		return err
	}
	if err := w.peer.Barrier(w.ctx); err != nil {
		return err
	}
	if m.File != nil {
		if err := w.transfer(id, data); err != nil {
			return err
		}
	}
	w.pc.Answered()
	w.pc.Pass(10 * time.Minute) // the question is over, and the wait that wrong PINs cost
	w.asked = 0
	return w.peer.Barrier(w.ctx)
}

// again asks without end: from the twentieth in a minute on nobody is asked.
func (w *walk) again() error {
	if err := w.session(); err != nil {
		return err
	}
	for range 40 {
		if err := w.say(wire.Message{Type: "ask", ID: w.id(), Capability: pick(w, []string{wire.View, wire.Control})}); err != nil {
			return err
		}
	}
	err := w.peer.Barrier(w.ctx)
	w.minute()
	return err
}
