package service

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/trust"
	"beckmanconnect/service/offers"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

// Scenario 40 on a real store: a package is installed over an older version
// without a word, as a fleet's tool does. What the new version brings is off,
// although IT's policy named it in advance, through restarts; only a policy that
// is signed after the version came switches it on, and all of it is on record.
func TestSilentInstallAuthorisesNothing(t *testing.T) {
	s := newSite(t)
	roots, err := trust.Load(s.config.Trust)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := trust.LoadNoteSigner(filepath.Join(s.dir, "trust", trust.DirPrivate, trust.KeyPolicy))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.dir, "silent-policy.note")
	put := func(text string) {
		t.Helper()
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		if err == nil {
			err = os.WriteFile(file, signed, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	asked := policy.Default{Installed: policy.Ask, Most: policy.Ask, Why: "each is asked of the technician"}
	newer := append(slices.Clone(policy.Defaults()), policy.Row{Capability: "annotate", General: asked, PatientData: asked, Prompt: "each time", Switchable: true})

	// start is what the package's script does last, and nothing else of it is
	// about policies: the service of the version that was unpacked is started.
	start := func(version string, table policy.Table) (*policy.Effective, []string) {
		t.Helper()
		log, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(s.dir, "silent")})
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		keeper := policy.NewKeeper(t.Context(), policy.Config{
			Path: file, Verifiers: roots.Policy, Version: version, Table: table,
			Memory: policyMemory{store: log, copy: filepath.Join(s.dir, "silent-vendor"), log: slog.New(slog.DiscardHandler)},
		})
		keeper.SetFacts(policy.Facts{TermsAccepted: true, Region: "eu"})
		var news []string
		list, _, err := log.Entries(t.Context(), 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if e.Kind == "capabilities.new" {
				news = append(news, e.Subject+" "+e.Fields["capabilities"])
			}
		}
		return keeper.Current(), news
	}
	want := func(what string, e *policy.Effective, effect policy.Effect, authorised bool) {
		t.Helper()
		if d := e.Decide("annotate"); d.Effect != effect || e.Authorised("annotate") != authorised {
			t.Errorf("%s: %s (%s), authorised %v", what, d.Effect, d.Why, e.Authorised("annotate"))
		}
	}
	put("number = 3\ninstrument_class = \"general\"\nauthorise = [\"annotate\"]\n")
	e, _ := start("1.0.0", policy.Defaults())
	want("version 1", e, policy.Never, false)
	if e.Decide(policy.View).Effect != policy.Ask {
		t.Fatal("the policy is not in force")
	}
	for range 2 {
		e, news := start("2.0.0", newer)
		want("version 2, silently", e, policy.Off, false)
		if !slices.Equal(news, []string{"2.0.0 annotate"}) {
			t.Errorf("on record: %q", news)
		}
		if why := e.Decide("annotate").Why; !strings.Contains(why, "sign it again with a higher number") {
			t.Errorf("IT is told: %s", why)
		}
	}
	put("number = 4\ninstrument_class = \"general\"\nauthorise = [\"annotate\"]\n")
	e, _ = start("2.0.0", newer)
	want("signed again", e, policy.Ask, true)
}

// A capability that an offered version brings is shown as off for as long as
// the policy in force could not authorise it.
func TestOfferShowsCapabilitiesOff(t *testing.T) { // scenario 40
	site := &policy.Site{Number: 9, Authorise: []policy.Capability{"annotate"}}
	e := policy.Evaluate(policy.Layers{Table: policy.Defaults(), Known: policy.Installed(policy.Defaults(), "1"), Site: site})
	f := offers.Facts{Authorised: func(c string) bool { return e.Authorised(policy.Capability(c)) }}
	if f.Authorised("annotate") || f.Authorised("view") {
		t.Error("authorised before it is here")
	}
}
