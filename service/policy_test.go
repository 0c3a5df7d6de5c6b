package service

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/vendorpolicy"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/supervise"
	"beckmanconnect/service/support"
	"beckmanconnect/store"
)

// disk is a service's data folder with its keeper, opened and closed.
type disk struct {
	t      *testing.T
	dir    string
	roots  *trust.Roots
	store  *store.Store
	keeper *policy.Keeper
}

func (d *disk) open() {
	d.t.Helper()
	var err error
	if d.store, err = store.Open(d.t.Context(), store.Options{Dir: d.dir}); err != nil {
		d.t.Fatal(err)
	}
	d.keeper = policy.NewKeeper(d.t.Context(), policy.Config{
		Path: filepath.Join(d.dir, "none"), Vendor: d.roots.Vendor, Version: "1",
		Memory: policyMemory{store: d.store, copy: filepath.Join(d.dir, vendorCopy), log: slog.New(slog.DiscardHandler)},
	})
	d.keeper.SetFacts(policy.Facts{TermsAccepted: true, Region: "eu"})
}

func (d *disk) close() {
	d.t.Helper()
	if err := d.store.Close(); err != nil {
		d.t.Fatal(err)
	}
}

func (d *disk) kinds() (kinds []string) {
	d.t.Helper()
	list, _, err := d.store.Entries(d.t.Context(), 0, 100)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, e := range slices.Backward(list) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// The vendor's policy is on disk twice: an older database put in its place
// does not bring back who was revoked, and the log tells of each acceptance
// and refusal (scenario 28, 48).
func TestVendorPolicyOnDisk(t *testing.T) {
	s := newSite(t)
	roots, err := trust.Load(s.config.Trust)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := trust.LoadNoteSigner(filepath.Join(s.dir, "trust", trust.DirPrivate, trust.KeyVendor))
	if err != nil {
		t.Fatal(err)
	}
	signed := func(number uint64, text string) []byte {
		t.Helper()
		out, err := vendorpolicy.Sign(text, number, time.Unix(1, 0), signer)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	revoked := func(d *disk) bool {
		return d.keeper.Current().Admit(policy.Engineer{Account: "anna@vendor.example", Regions: []string{"eu"}, Serial: "1"}) == "revoked"
	}
	d := &disk{t: t, dir: filepath.Join(s.dir, "data"), roots: roots}
	d.open()
	if err := d.keeper.OfferVendor(t.Context(), signed(1, "")); err != nil {
		t.Fatal(err)
	}
	if revoked(d) {
		t.Fatal("revoked too early")
	}
	d.close()
	before := filepath.Join(s.dir, "before")
	if err := os.CopyFS(before, os.DirFS(d.dir)); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(before, func(path string, e fs.DirEntry, err error) error { // a copy is open to others
		if err != nil || e.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	d.open()
	if err := d.keeper.OfferVendor(t.Context(), signed(2, "revoked_accounts = [\"anna@vendor.example\"]\n")); err != nil {
		t.Fatal(err)
	}
	if err := d.keeper.OfferVendor(t.Context(), signed(1, "")); err == nil {
		t.Error("an older one was taken")
	}
	if !revoked(d) {
		t.Fatal("not in force")
	}
	want := []string{"log.started", "capabilities.installed", "vendor-policy.accepted", "vendor-policy.accepted", "vendor-policy.refused"}
	if got := d.kinds(); !slices.Equal(got, want) {
		t.Errorf("log %q", got)
	}
	d.close()
	d.open()
	if !revoked(d) {
		t.Error("lost in a restart")
	}
	d.close()

	newest, err := os.ReadFile(filepath.Join(d.dir, vendorCopy))
	if err != nil {
		t.Fatal(err)
	}
	old := &disk{t: t, dir: before, roots: roots}
	// Restored without the newer copy it would be as it was: that is what the
	// copy is for.
	old.open()
	if revoked(old) {
		t.Fatal("the older database knows of what came later")
	}
	old.close()
	if err := os.WriteFile(filepath.Join(before, vendorCopy), newest, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"restored", "restored, after a restart"} {
		old.open()
		if !revoked(old) {
			t.Errorf("%s: who was revoked is back", when)
		}
		old.close()
	}
	// With the database brought up to date a damaged copy is no loss.
	if err := os.WriteFile(filepath.Join(before, vendorCopy), bytes.Repeat([]byte("x"), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	old.open()
	if !revoked(old) {
		t.Error("with a damaged copy: who was revoked is back")
	}
	old.close()
}

// What goes with an answer comes from the signed policy, into the status and
// into each decision.
func TestIdentifyComesFromThePolicy(t *testing.T) {
	s := newSite(t)
	s.policy("number=1\nidentify=\"initials\"\n")
	s.run()
	c, events := s.client(), s.watch()
	if got := s.status(c).GetIdentify(); got != "initials" {
		t.Errorf("status %q", got)
	}
	s.policy("number=2\nidentify=\"pin\"\n")
	await(t, events, "the new policy", func(e *hostpb.Event) bool { return e.GetStatus().GetIdentify() == "pin" })
	s.policy("number=1\nidentify=\"none\"\n") // refused: it loosens nothing
	await(t, events, "the refusal", func(e *hostpb.Event) bool {
		return e.GetStatus().GetIdentify() == "pin" && e.GetStatus().GetPolicy() != "signed"
	})
}

// The machine's questions are answered by the policy in force (P20, P21).
func TestSessionPolicy(t *testing.T) {
	s := newSite(t)
	s.policy("number=1\nstaff=[\"anna@vendor.example\"]\ninstrument_class=\"general\"\nidentify=\"pin\"\nprompt_timeout=\"15s\"\n[capabilities]\ncontrol=\"off\"\n")
	roots, err := trust.Load(s.config.Trust)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{config: s.config, roots: roots, parts: supervise.New(supervise.Config{}), log: slog.New(slog.DiscardHandler), poke: make(chan struct{}, 1), news: make(chan struct{}, 1)}
	if err := h.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer h.store.Close()
	for _, step := range []func() error{
		func() error { return h.buildProfile(t.Context()) },
		func() error { return h.buildDevice(t.Context()) },
		func() error { return h.buildPolicy(t.Context()) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	p := sessionPolicy{h}
	anna := support.Engineer{Account: "anna@vendor.example", Organisation: "Vendor", Regions: []string{"eu"}, Serial: "af01"}
	if d := p.Connect(anna); d.Allowed || d.Why != "off" { // P19
		t.Errorf("before the terms: %+v", d)
	}
	h.policy.SetFacts(policy.Facts{TermsAccepted: true, Region: h.config.Region})
	for what, row := range map[string]struct {
		change func(*support.Engineer)
		why    string
	}{
		"anna":           {func(*support.Engineer) {}, ""},
		"another region": {func(e *support.Engineer) { e.Regions = []string{"us"} }, "not-trained-for-region"},
		"not listed":     {func(e *support.Engineer) { e.Account = "bob@vendor.example" }, "not-allowlisted"},
	} {
		e := anna
		row.change(&e)
		if d := p.Connect(e); d.Allowed != (row.why == "") || d.Why != row.why {
			t.Errorf("%s: %+v", what, d)
		}
		if d := p.Decide(e, support.View); d.Allowed != (row.why == "") {
			t.Errorf("%s, view: %+v", what, d)
		}
	}
	if d := p.Decide(anna, support.View); d.Identify != "pin" || d.PromptTimeout != 15*time.Second || d.PatientData || !d.RunInProgress {
		t.Errorf("view: %+v", d)
	}
	if d := p.Decide(anna, support.Control); d.Allowed || d.Why != "off" {
		t.Errorf("control: %+v", d)
	}
	signer, err := trust.LoadNoteSigner(filepath.Join(s.dir, "trust", trust.DirPrivate, trust.KeyVendor))
	if err != nil {
		t.Fatal(err)
	}
	for number, text := range []string{"", "revoked_serials = [\"AF01\"]\n", "revoked_accounts = [\"anna@vendor.example\"]\n"} {
		signed, err := vendorpolicy.Sign(text, uint64(number+1), time.Unix(1, 0), signer)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.policy.OfferVendor(t.Context(), signed); err != nil {
			t.Fatal(err)
		}
		if d := p.Connect(anna); d.Allowed != (text == "") || text != "" && d.Why != "revoked" {
			t.Errorf("%q: %+v", text, d)
		}
		if d := p.Decide(anna, support.View); d.Allowed != (text == "") {
			t.Errorf("%q, view: %+v", text, d)
		}
	}
}
