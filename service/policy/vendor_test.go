package policy

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/vendorpolicy"
)

// vendorRig is a keeper with a vendor's key.
type vendorRig struct {
	t         *testing.T
	signer    note.Signer
	verifiers note.Verifiers
	memory    *memory
	keeper    *Keeper
}

func newVendorRig(t *testing.T) *vendorRig {
	signer, verifiers := keys(t)
	r := &vendorRig{t: t, signer: signer, verifiers: verifiers, memory: &memory{}}
	r.restart()
	return r
}

func (r *vendorRig) restart() {
	r.keeper = NewKeeper(r.t.Context(), Config{Path: filepath.Join(r.t.TempDir(), "none"), Vendor: r.verifiers, Memory: r.memory, Version: "1", Every: time.Millisecond})
	r.keeper.SetFacts(Facts{TermsAccepted: true, Region: "eu"})
}

func (r *vendorRig) signed(number uint64, text string) []byte {
	r.t.Helper()
	signed, err := vendorpolicy.Sign(text, number, time.Unix(1, 0), r.signer)
	if err != nil {
		r.t.Fatal(err)
	}
	return signed
}

func (r *vendorRig) offer(signed []byte, code string) {
	r.t.Helper()
	err := r.keeper.OfferVendor(r.t.Context(), signed)
	var refused *VendorRefused
	if errors.As(err, &refused) != (code != "") || refused != nil && refused.Code != code {
		r.t.Errorf("offered: %v, want %q", err, code)
	}
}

func (r *vendorRig) admits(want string) {
	r.t.Helper()
	if got := r.keeper.Current().Admit(engineer); got != want {
		r.t.Errorf("admitted: %q, want %q", got, want)
	}
}

var engineer = Engineer{Account: "anna@vendor.example", Organisation: "Vendor", Regions: []string{"eu"}, Serial: "af01"}

const revoked = "revoked_accounts=[\"Anna@vendor.example\"]\n"

// Scenario 28: unsigned, older or another of the same number is refused, and
// what was in force stays, over a restart, too.
func TestVendorPolicyIsTakenOnceAndForward(t *testing.T) {
	r := newVendorRig(t)
	changes := make(chan *Effective, 10)
	defer r.keeper.Subscribe(func(e *Effective) { changes <- e })()
	r.admits("")
	r.offer(r.signed(3, revoked), "")
	if e := <-changes; e.Admit(engineer) != "revoked" {
		t.Error("told too early")
	}
	r.admits("revoked")
	r.offer(r.signed(3, revoked), "") // the cloud sends it with each connection
	r.offer(r.signed(2, ""), "older")
	r.offer(r.signed(3, ""), "same-number")
	r.offer([]byte(vendorpolicy.Header+"\nnumber = 9\nissued = 2026-01-01T00:00:00Z\n"), "unsigned")
	foreign, _ := keys(t)
	other := *r
	other.signer = foreign
	r.offer(other.signed(9, ""), "unsigned")
	r.offer(sign(t, r.signer, "beckmanconnect time\n4000000000\n"), "not-understood")
	r.offer(sign(t, r.signer, vendorpolicy.Header+"\nnumber = 9\nissued = 2026-01-01T00:00:00Z\n[capabilities]\nclipboard = \"ask\"\n"), "not-understood")
	r.admits("revoked")
	r.restart()
	r.admits("revoked")
	r.offer(r.signed(2, ""), "older")
	r.offer(r.signed(4, "revoked_serials=[\"AF01\"]\n"), "")
	r.admits("revoked")
	r.offer(r.signed(5, "revoked_serials=[\"AF02\"]\n"), "")
	r.admits("")
	r.offer(r.signed(6, "[capabilities]\nview=\"off\"\n"), "")
	if d := r.keeper.Current().Decide(View); d.Effect != Off {
		t.Errorf("view %s", d.Effect)
	}
}

// A hostile broker sends for ever; the log holds each reason once until
// something is accepted.
func TestRefusalsDoNotFillTheLog(t *testing.T) {
	r := newVendorRig(t)
	for i := range 1000 {
		_ = r.keeper.OfferVendor(t.Context(), fmt.Appendf(nil, "nonsense %d", i))
		_ = r.keeper.OfferVendor(t.Context(), sign(t, r.signer, fmt.Sprintf("beckmanconnect time\n%d\n", i)))
	}
	if !slices.Equal(r.memory.vendorRefused, []string{"unsigned", "not-understood"}) {
		t.Errorf("in the log: %d entries", len(r.memory.vendorRefused))
	}
	r.offer(r.signed(1, ""), "")
	r.offer(nil, "unsigned")
	if n := len(r.memory.vendorRefused); n != 3 {
		t.Errorf("in the log: %d entries", n)
	}
}

// What could not be written is not in force, and is tried again without the
// cloud (written before it takes effect, scenario 50).
func TestVendorPolicyIsWrittenFirst(t *testing.T) {
	r := newVendorRig(t)
	r.memory.broken = errors.New("disk full")
	_ = r.keeper.OfferVendor(t.Context(), r.signed(1, revoked))
	r.admits("")
	r.memory.broken = nil
	r.keeper.retryVendor(t.Context())
	r.admits("revoked")
	if r.memory.vendorNumber != 1 {
		t.Error("not kept")
	}
}

// A restored older database does not bring back who was revoked: the other
// copy is newer.
func TestNewestCopyCounts(t *testing.T) {
	r := newVendorRig(t)
	first, second := r.signed(1, ""), r.signed(2, revoked)
	for name, copies := range map[string][][]byte{"file newer": {first, second}, "file older": {second, first}, "file damaged": {second, []byte("x")}, "database lost": {second}} {
		r.memory.vendorNumber, r.memory.vendorCopies = 1, copies
		if name != "file newer" {
			r.memory.vendorNumber = 2
		}
		if name == "database lost" {
			r.memory.vendorNumber = 0
		}
		r.restart()
		if got := r.keeper.Current().Admit(engineer); got != "revoked" {
			t.Errorf("%s: %q", name, got)
		}
		if r.memory.vendorNumber != 2 {
			t.Errorf("%s: the number kept is %d", name, r.memory.vendorNumber)
		}
		r.offer(first, "older")
	}
}

// When it cannot be told any more who was revoked, nobody gets in until the
// cloud has sent it again; an older one does not do.
func TestLostVendorPolicy(t *testing.T) {
	r := newVendorRig(t)
	foreign, _ := keys(t)
	other := *r
	other.signer = foreign
	for name, copies := range map[string][][]byte{"none": nil, "unsigned": {[]byte("x")}, "another's": {other.signed(2, "")}, "older only": {r.signed(1, "")}} {
		r.memory.vendorNumber, r.memory.vendorCopies = 2, copies
		r.restart()
		if e := r.keeper.Current(); e.Admit(engineer) == "" || !e.VendorOff() || e.Decide(View).Effect != Off {
			t.Errorf("%s: somebody gets in", name)
		}
		r.offer(r.signed(1, ""), "older")
		r.offer(r.signed(2, ""), "")
		r.admits("")
	}
	r.memory.broken = errors.New("cannot be read")
	r.restart()
	if r.keeper.Current().Admit(engineer) == "" {
		t.Error("somebody gets in while it cannot be read")
	}
	r.memory.broken = nil
	r.memory.vendorNumber, r.memory.vendorCopies = 3, [][]byte{r.signed(3, revoked)}
	if err := r.keeper.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.admits("revoked")
}

// P16, P20, P21: who may reach this PC at all, and what says no.
func TestAdmit(t *testing.T) {
	s := site(t, "number=1\nstaff=[\"anna@vendor.example\"]\norganisations=[\"Vendor\"]\n")
	facts := Facts{TermsAccepted: true, Region: "eu"}
	with := func(change func(*Engineer)) Engineer {
		e := engineer
		change(&e)
		return e
	}
	for _, row := range []struct {
		name   string
		who    Engineer
		change func(*Layers)
		want   string
	}{
		{"listed", engineer, nil, ""},
		{"another region", with(func(e *Engineer) { e.Regions = []string{"us"} }), nil, "not-trained-for-region"},
		{"no region", with(func(e *Engineer) { e.Regions = nil }), nil, "not-trained-for-region"},
		{"a region by its beginning", with(func(e *Engineer) { e.Regions = []string{"e", "eu ", "EU"} }), nil, "not-trained-for-region"},
		{"another account", with(func(e *Engineer) { e.Account = "bob@vendor.example" }), nil, "not-allowlisted"},
		{"another organisation", with(func(e *Engineer) { e.Organisation = "Other" }), nil, "not-allowlisted"},
		{"terms not accepted", engineer, func(l *Layers) { l.Facts.TermsAccepted = false }, "off"},
		{"account revoked", engineer, func(l *Layers) { l.Vendor = narrow(t, revoked) }, "revoked"},
		{"certificate revoked", engineer, func(l *Layers) { l.Vendor = narrow(t, "revoked_serials=[\"0AF01\"]") }, "revoked"},
		{"another certificate revoked", engineer, func(l *Layers) { l.Vendor = narrow(t, "revoked_serials=[\"af02\"]") }, ""},
		{"no certificate number", with(func(e *Engineer) { e.Serial = "" }), func(l *Layers) { l.Vendor = narrow(t, "") }, "revoked"},
		{"support off", engineer, func(l *Layers) { l.Vendor = narrow(t, "[capabilities]\nsupport=\"off\"") }, "off"},
		{"policy refused, still listed", engineer, func(l *Layers) { l.Refused = "x" }, ""},
		{"policy refused, none before", engineer, func(l *Layers) { l.Refused, l.Site = "x", nil }, "not-allowlisted"},
	} {
		l := Layers{Table: Defaults(), Known: Installed(Defaults(), "1"), Site: s, Facts: facts}
		if row.change != nil {
			row.change(&l)
		}
		e := Evaluate(l)
		if got := e.Admit(row.who); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
		all := true
		for _, layer := range e.ExplainEngineer(row.who) {
			all = all && layer.Allows
		}
		// Explaining leaves out what there is no certificate for.
		if known := len(row.who.Regions) > 0 && row.who.Serial != ""; known && all != (row.want == "") {
			t.Errorf("%s: explained as %v", row.name, all)
		}
	}
}

func FuzzOfferVendor(f *testing.F) {
	signer, verifiers := keys(f)
	good, err := vendorpolicy.Sign(revoked, 1, time.Unix(1, 0), signer)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, signed []byte) {
		k := NewKeeper(t.Context(), Config{Path: filepath.Join(t.TempDir(), "none"), Vendor: verifiers, Memory: &memory{}, Version: "1"})
		if err := k.OfferVendor(t.Context(), signed); err == nil && !bytes.Contains(signed, []byte("revoked_accounts")) {
			t.Errorf("accepted %q", signed)
		}
	})
}
