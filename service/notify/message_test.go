package notify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/vendormessage"
	"beckmanconnect/store"
)

// mailbox is what messages become on a PC, with the vendor's key beside it.
type mailbox struct {
	*Messages
	t       testing.TB
	store   *store.Store
	signer  note.Signer
	me      vendormessage.Recipient
	trusted time.Time
	off     string // why messages are off; empty: they are not
}

func signer(t testing.TB) (note.Signer, note.Verifiers) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "vendor")
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return s, note.VerifierList(v)
}

const servicePhone = "+49 30 555 0100"

func newMailbox(t testing.TB, s *store.Store) *mailbox {
	t.Helper()
	sign, verifiers := signer(t)
	m := &mailbox{
		t: t, store: s, signer: sign, trusted: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
		me: vendormessage.Recipient{Device: "bc-0123456789abcdef", Type: "DxH 900", Region: "eu"},
	}
	m.Messages = NewMessages(MessagesConfig{
		Store: s, Alarms: &Alarms{Store: s, Now: time.Now}, Vendor: verifiers, Phone: servicePhone,
		Me:      func() vendormessage.Recipient { return m.me },
		Allowed: func() (bool, string) { return m.off == "", m.off },
		Trusted: func(context.Context) (time.Time, error) { return m.trusted, nil },
	})
	return m
}

func (m *mailbox) message(number uint64, change ...func(*vendormessage.Message)) vendormessage.Message {
	v := vendormessage.Message{
		ID: fmt.Sprintf("m-abcdefgh%08d", number), Number: number, Issued: m.trusted.Add(-time.Hour), Expires: m.trusted.Add(24 * time.Hour), Severity: "medium",
		To: vendormessage.To{Regions: []string{"eu"}},
		Texts: map[string]vendormessage.Text{
			"en": {Title: "Lot 4711 on hold", Text: "Please do not use it. Call " + servicePhone + "."}, "de": {Title: "Charge 4711 gesperrt", Text: "Bitte nicht verwenden."}},
	}
	for _, f := range change {
		f(&v)
	}
	return v
}

func (m *mailbox) sign(v vendormessage.Message) string {
	m.t.Helper()
	signed, err := vendormessage.Sign(v, m.signer, servicePhone)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(signed)
}

func (m *mailbox) open() int {
	m.t.Helper()
	n, _, err := m.store.OpenSummary(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	return n
}

func (m *mailbox) refusals() []string {
	m.t.Helper()
	entries, _, err := m.store.Entries(m.t.Context(), 0, 1000)
	if err != nil {
		m.t.Fatal(err)
	}
	var why []string
	for _, e := range entries {
		if e.Kind == "message.refused" {
			why = append(why, e.Fields["why"])
		}
	}
	return why
}

func (m *mailbox) find(id string) *store.Notification {
	m.t.Helper()
	var n *store.Notification
	if err := m.store.Update(m.t.Context(), func(tx *store.Tx) (err error) {
		n, err = tx.OpenNotification(CodeMessage, id)
		return err
	}); err != nil {
		m.t.Fatal(err)
	}
	return n
}

func TestMessageBecomesANotification(t *testing.T) {
	m := newMailbox(t, openStore(t, t.TempDir()))
	v := m.message(7)
	if err := m.Receive(t.Context(), m.sign(v)); err != nil {
		t.Fatal(err)
	}
	n := m.find(v.ID)
	if n == nil || n.Severity != store.Medium || n.Source != SourceCloud || !n.Verified || n.State != store.Raised || len(n.Texts) != 2 ||
		n.Texts[1].Language != "en" || n.Texts[1].Title != "Lot 4711 on hold" || n.Texts[0].Advice != "Bitte nicht verwenden." {
		t.Fatalf("%+v", n)
	}
	// Over by the vendor's time it ends by itself, not by a clock of this PC.
	for _, step := range []struct {
		at   time.Duration
		open int
	}{{24*time.Hour - time.Second, 1}, {24 * time.Hour, 0}} {
		m.trusted = v.Issued.Add(time.Hour + step.at)
		if err := m.End(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := m.open(); got != step.open {
			t.Errorf("after %v %d are open, want %d", step.at, got, step.open)
		}
	}
	if err := m.End(t.Context()); err != nil { // nothing is left
		t.Fatal(err)
	}
}

func TestWhoMessagesAreFor(t *testing.T) {
	m := newMailbox(t, openStore(t, t.TempDir()))
	to := func(to vendormessage.To) func(*vendormessage.Message) {
		return func(v *vendormessage.Message) { v.To = to }
	}
	for i, c := range []struct {
		to   vendormessage.To
		want string
	}{
		{vendormessage.To{Device: "bc-0123456789abcdef"}, ""},
		{vendormessage.To{Device: "bc-0123456789abcde0"}, "not-for-this-device"},
		{vendormessage.To{Group: "DxH 900", Regions: []string{"eu"}}, ""},
		{vendormessage.To{Group: "DxI 9000", Regions: []string{"eu"}}, "not-for-this-device"},
		{vendormessage.To{Group: "DxH 900", Regions: []string{"us"}}, "not-for-this-device"},
		{vendormessage.To{Regions: []string{"eu"}}, ""},
		{vendormessage.To{Regions: []string{"us"}}, "not-for-this-device"},
	} {
		if got := code(m.Receive(t.Context(), m.sign(m.message(uint64(i+1), to(c.to))))); got != c.want {
			t.Errorf("%+v: %q, want %q", c.to, got, c.want)
		}
	}
	m.me = vendormessage.Recipient{} // not registered yet
	if got := code(m.Receive(t.Context(), m.sign(m.message(50)))); got != "not-for-this-device" {
		t.Errorf("before it is registered: %q", got)
	}
}

func code(err error) string {
	var r *MessageRefused
	switch {
	case errors.As(err, &r):
		return r.Code
	case err != nil:
		return err.Error()
	}
	return ""
}

// raw signs any text, as the vendor's own code would not.
func raw(t testing.TB, s note.Signer, text string) string {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

// What a hostile broker, or a cloud that was taken over, may try: nothing of it
// is shown, and the log says why (scenarios 42, 44, 49).
func TestHostileMessagesHaveNoEffect(t *testing.T) {
	m := newMailbox(t, openStore(t, t.TempDir()))
	stranger, _ := signer(t)
	good := m.sign(m.message(1))
	text := good[:strings.LastIndex(good, "\n\n")+1]
	with := func(old, new string) string {
		t.Helper()
		changed := strings.Replace(text, old, new, 1)
		if changed == text {
			t.Fatalf("%q does not stand in %s", old, text)
		}
		return raw(t, m.signer, changed)
	}
	for name, c := range map[string]struct{ note, want string }{
		"nothing":           {"", "unsigned"},
		"unsigned":          {text, "unsigned"},
		"another key":       {raw(t, stranger, text), "unsigned"},
		"changed":           {strings.Replace(good, "4711", "4712", 1), "unsigned"},
		"a signed time":     {raw(t, m.signer, "beckmanconnect time\n2000000000\n"), "not-understood"},
		"a vendor policy":   {raw(t, m.signer, "beckmanconnect vendor policy v1\nnumber = 9\nissued = 2026-11-25T10:00:00Z\n"), "not-understood"},
		"another device":    {with(`regions = ["eu"]`, `device = "bc-ffffffffffffffff"`), "not-for-this-device"},
		"a link":            {with("Please do", "See evil.example and do"), "not-understood"},
		"a wide link":       {with("Please do", "See ｅｖｉｌ．ｃｏｍ and do"), "not-understood"},
		"another phone":     {with(servicePhone, "+1 555 010 9999"), "not-understood"},
		"right-to-left":     {with("Please", `\u202ePlease`), "not-understood"},
		"a line break":      {with("Please", `Please\nAllow`), "not-understood"},
		"an escape":         {with("Please", `\u001b[2J`), "not-understood"},
		"the highest class": {with(`"medium"`, `"high"`), "not-understood"},
		"something to do":   {with("number = 1", "number = 1\nallow = \"control\""), "not-understood"},
		"oversized":         {with("Please", strings.Repeat("x", 30<<10)), "not-understood"},
		"over":              {m.sign(m.message(1, func(v *vendormessage.Message) { v.Issued, v.Expires = m.trusted.Add(-2*time.Hour), m.trusted })), "expired"},
	} {
		if got := code(m.Receive(t.Context(), c.note)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if n := m.open(); n != 0 {
		t.Errorf("%d notifications came of it", n)
	}
	logged := strings.Join(m.refusals(), "\n")
	for _, want := range []string{"unsigned", "not-for-this-device", "expired", "link", "telephone"} {
		if !strings.Contains(logged, want) {
			t.Errorf("the log does not say %q:\n%s", want, logged)
		}
	}
	if strings.ContainsAny(logged, "\x1b\u202e") {
		t.Errorf("the log is not inert: %q", logged)
	}
	// The policy decides at each message (defaults.md).
	m.off = "the vendor switched it off"
	if got := code(m.Receive(t.Context(), good)); got != "not-allowed" {
		t.Errorf("switched off: %q", got)
	}
	m.off = ""
	if got := code(m.Receive(t.Context(), good)); got != "" {
		t.Errorf("the good one: %q", got)
	}
}

// TestReplayedMessage: once taken, never again: not after a person dealt with
// it, not after a restart, not after it is over (scenarios 42, 43).
func TestReplayedMessage(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	m := newMailbox(t, s)
	v := m.message(7)
	signed := m.sign(v)
	if err := m.Receive(t.Context(), signed); err != nil {
		t.Fatal(err)
	}
	n := m.find(v.ID)
	again := func(when, want string) {
		t.Helper()
		if got := code(m.Receive(t.Context(), signed)); got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	again("at once", "seen")
	if _, err := m.config.Alarms.Acknowledge(t.Context(), n.ID, Person{Role: "technician", Account: "bea"}); err != nil {
		t.Fatal(err)
	}
	again("after it was acknowledged", "seen")
	if got := m.find(v.ID); got.ID != n.ID || got.State != store.Acknowledged || got.Count != 1 {
		t.Errorf("%+v", got)
	}
	same := m.message(7, func(v *vendormessage.Message) { v.ID = "m-zzzzzzzzzzzzzzzz" })
	if got := code(m.Receive(t.Context(), m.sign(same))); got != "seen" {
		t.Errorf("the same number under another ID: %q", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	later := newMailbox(t, openStore(t, dir))
	later.config.Vendor, later.signer = m.config.Vendor, m.signer
	m = later
	again("after a restart", "seen")
	m.trusted = v.Expires
	if err := m.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	again("when it is over", "expired")
	if n := m.open(); n != 0 {
		t.Errorf("%d are open", n)
	}
}

// Ten thousand messages cost next to nothing and leave next to nothing behind
// (scenario 42).
func TestAFloodOfMessages(t *testing.T) {
	m := newMailbox(t, openStore(t, t.TempDir()))
	stranger, _ := signer(t)
	good, forged, away := m.sign(m.message(1)), raw(t, stranger, "beckmanconnect message\n"), m.sign(m.message(2, func(v *vendormessage.Message) { v.To.Regions = []string{"us"} }))
	large := strings.Repeat("y", 60<<10)
	for i := range 10_000 {
		send := []string{forged, "x", large}[i%3]
		switch i % 100 { // the vendor's own ones, over and over
		case 0:
			send = good
		case 50:
			send = away
		}
		_ = m.Receive(t.Context(), send)
	}
	entries, _, err := m.store.Entries(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if m.open() != 1 || len(entries) > 10 {
		t.Errorf("%d open, %d entries in the log", m.open(), len(entries))
	}
	// Also of the vendor's own no more than a bounded number stands at a time.
	for i := range maxTaken + 5 {
		got := code(m.Receive(t.Context(), m.sign(m.message(uint64(i+100)))))
		if want := map[bool]string{true: "", false: "too-many"}[i < maxTaken-1]; got != want {
			t.Fatalf("message %d: %q, want %q", i, got, want)
		}
	}
	if n := m.open(); n != maxTaken {
		t.Errorf("%d are open", n)
	}
	m.trusted = m.trusted.Add(25 * time.Hour)
	if err := m.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := m.open(); n != 0 {
		t.Errorf("%d are open after their end", n)
	}
}

// What cannot be kept is not shown, and is taken when it can be.
func TestMessageThatCannotBeKept(t *testing.T) { // scenario 47
	s := openStore(t, t.TempDir())
	m := newMailbox(t, s)
	broken := errors.New("the disk is full")
	var fault error = broken
	m.config.Trusted = func(context.Context) (time.Time, error) { return m.trusted, fault }
	signed := m.sign(m.message(1))
	if err := m.Receive(t.Context(), signed); !errors.Is(err, broken) {
		t.Fatalf("%v", err)
	}
	if got := code(m.Receive(t.Context(), "forged")); got != "unsigned" {
		t.Errorf("%q", got)
	}
	for i := range 3 * maxTaken { // others, without end
		_ = m.Receive(t.Context(), m.sign(m.message(uint64(i+2))))
	}
	m.again(t.Context())
	if len(m.pending) != maxTaken || m.open() != 0 {
		t.Errorf("%d wait, %d are open", len(m.pending), m.open())
	}
	fault = nil
	m.again(t.Context())
	if len(m.pending) != 0 || m.open() != maxTaken || m.find("m-abcdefgh00000001") == nil {
		t.Errorf("%d wait, %d are open", len(m.pending), m.open())
	}
}
