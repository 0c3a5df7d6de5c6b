package policy

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// keys makes a policy key of the test's own.
func keys(t testing.TB) (note.Signer, note.Verifiers) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "site-policy")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return signer, note.VerifierList(verifier)
}

func sign(t testing.TB, signer note.Signer, text string) []byte {
	t.Helper()
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func site(t testing.TB, text string) *Site {
	t.Helper()
	signer, verifiers := keys(t)
	s, err := Parse(sign(t, signer, text), verifiers, Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// evaluate is the policy of an installation of this version, without a vendor's.
func evaluate(site *Site, refused string, facts Facts) *Effective {
	return Evaluate(Layers{Table: Defaults(), Known: Installed(Defaults(), "1"), Site: site, Refused: refused, Facts: facts})
}

func TestSupportIsOffUntilTermsAreAccepted(t *testing.T) { // P19
	for _, s := range []*Site{nil, site(t, "number=1\ninstrument_class=\"general\"\n"+allAsk)} {
		if d := evaluate(s, "", Facts{}).Decide(Support); d.Effect != Off {
			t.Errorf("support %s", d.Effect)
		}
	}
}

// The table covers every row of the document, each once.
func TestTableIsWhole(t *testing.T) {
	seen := map[Capability]bool{}
	for _, r := range Defaults() {
		if seen[r.Capability] {
			t.Errorf("%s twice", r.Capability)
		}
		seen[r.Capability] = true
		for _, d := range []Default{r.General, r.PatientData} {
			if d.Why == "" || d.Most < d.Installed {
				t.Errorf("%s: %+v", r.Capability, d)
			}
		}
		if r.PatientData.Installed > r.General.Installed || r.PatientData.Most > r.General.Most {
			t.Errorf("%s: patient data is looser than general", r.Capability)
		}
	}
	if len(seen) != 14 { // thirteen rows, one of them two capabilities
		t.Errorf("%d rows", len(seen))
	}
}

func TestInstrumentClass(t *testing.T) { // P25, scenario 26
	for _, row := range []struct {
		said       Class
		policyType string
		registered string
		want       Class
	}{
		{General, "DxH 900", "DxH 900", General},
		{General, "DxH 900", "", General},
		{General, "", "", General},
		{"", "DxH 900", "DxH 900", PatientData},
		{PatientData, "DxH 900", "DxH 900", PatientData},
		{General, "Navios", "", PatientData},
		{General, "NAVIOS-EX", "", PatientData},
		{General, "DxFLEX", "", PatientData},
		{General, "dx flex", "", PatientData},
		{General, "AQUIOS CL", "", PatientData},
		{General, "CellMek SPS", "", PatientData},
		{General, "Data Innovations Instrument Manager", "", PatientData},
		{General, "Instrument  Manager®", "", PatientData},
		{General, "DxH 900", "Navios", PatientData},
		{General, "DxH 900", "Νavios", PatientData},      // Greek capital nu
		{General, "Na\u200bvios", "", PatientData},       // zero-width space
		{General, "DxH 900", "Nav\u0456os", PatientData}, // Cyrillic i
		{General, "DxI 9000 ™", "", General},
	} {
		s := &Site{Number: 1, Class: row.said, InstrumentType: row.policyType}
		e := evaluate(s, "", Facts{RegisteredType: row.registered})
		if e.Class != row.want || e.ClassWhy == "" {
			t.Errorf("%q, policy %q, registered %q: %s (%s), want %s", row.said, row.policyType, row.registered, e.Class, e.ClassWhy, row.want)
		}
	}
}

func TestStaffAllowlist(t *testing.T) { // P21, scenario 27
	listed := site(t, "number=1\nstaff=[\"Anna.Weber@vendor.example\"]\norganisations=[\"Vendor\"]\n")
	anyone := site(t, "number=1\nstaff_any=true\norganisations=[\"Vendor\"]\n")
	nobody := site(t, "number=1\n")
	for _, row := range []struct {
		name                  string
		policy                *Effective
		account, organisation string
		want                  bool
	}{
		{"listed", evaluate(listed, "", Facts{}), "anna.weber@vendor.example", "Vendor", true},
		{"case", evaluate(listed, "", Facts{}), "ANNA.weber@vendor.example", "Vendor", true},
		{"other", evaluate(listed, "", Facts{}), "bob@vendor.example", "Vendor", false},
		{"alias", evaluate(listed, "", Facts{}), "anna.weber+x@vendor.example", "Vendor", false},
		{"look-alike", evaluate(listed, "", Facts{}), "аnna.weber@vendor.example", "Vendor", false},
		{"invisible", evaluate(listed, "", Facts{}), "anna.weber@vendor.example\u200b", "Vendor", false},
		{"organisation", evaluate(listed, "", Facts{}), "anna.weber@vendor.example", "Other", false},
		{"empty", evaluate(anyone, "", Facts{}), "", "Vendor", false},
		{"any", evaluate(anyone, "", Facts{}), "bob@vendor.example", "Vendor", true},
		{"any, other organisation", evaluate(anyone, "", Facts{}), "bob@vendor.example", "Other", false},
		{"empty list is nobody", evaluate(nobody, "", Facts{}), "bob@vendor.example", "Vendor", false},
		{"no policy", evaluate(nil, "", Facts{}), "bob@vendor.example", "Vendor", true},
		{"refused, none before", evaluate(nil, "not signed", Facts{}), "bob@vendor.example", "Vendor", false},
		{"refused, the last list holds", evaluate(listed, "not signed", Facts{}), "bob@vendor.example", "Vendor", false},
	} {
		if got := row.policy.AllowsStaff(row.account, row.organisation); got.Allowed() != row.want {
			t.Errorf("%s: %v (%s)", row.name, got.Effect, got.Why)
		}
	}
}

func TestParseRefuses(t *testing.T) { // scenario 28
	signer, verifiers := keys(t)
	other, _ := keys(t)
	good := sign(t, signer, "number=1\n")
	if _, err := Parse(good, verifiers, Defaults()); err != nil {
		t.Fatal(err)
	}
	changed := []byte(strings.Replace(string(good), "number=1", "number=2", 1))
	for name, signed := range map[string][]byte{
		"empty":              nil,
		"unsigned":           []byte("number=1\n"),
		"another's key":      sign(t, other, "number=1\n"),
		"changed":            changed,
		"no number":          sign(t, signer, "site=\"x\"\n"),
		"unknown key":        sign(t, signer, "number=1\nfile_transfer=\"ask\"\n"),
		"unknown capability": sign(t, signer, "number=1\n[capabilities]\nrecording=\"ask\"\n"),
		"unknown value":      sign(t, signer, "number=1\n[capabilities]\nview=\"always\"\n"),
		"prompt too short":   sign(t, signer, "number=1\nprompt_timeout=\"9s\"\n"),
		"prompt too long":    sign(t, signer, "number=1\nprompt_timeout=\"61s\"\n"),
		"staff not accounts": sign(t, signer, "number=1\nstaff=[\"*\"]\n"),
		"unknown identify":   sign(t, signer, "number=1\nidentify=\"PIN\"\n"),
		"authorises a path":  sign(t, signer, "number=1\nauthorise=[\"../files\"]\n"),
		"too large":          make([]byte, MaxSize+1),
	} {
		if s, err := Parse(signed, verifiers, Defaults()); err == nil {
			t.Errorf("%s: accepted %+v", name, s)
		}
	}
	if _, err := Parse(good, nil, Defaults()); err == nil {
		t.Error("accepted without a key to verify with")
	}
}

func TestPromptTimeout(t *testing.T) {
	if got := evaluate(nil, "", Facts{}).PromptTimeout; got != 60*time.Second {
		t.Errorf("without a policy %s", got)
	}
	if got := evaluate(site(t, "number=1\nprompt_timeout=\"15s\"\n"), "", Facts{}).PromptTimeout; got != 15*time.Second {
		t.Errorf("with a policy %s", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("number=1\nstaff=[\"a@b\"]\n" + allAsk)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := decode(text, Defaults())
		if err != nil {
			return
		}
		if s.Number == 0 || s.PromptTimeout < minPrompt || s.PromptTimeout > maxPrompt {
			t.Errorf("%+v", s)
		}
		evaluate(s, "", Facts{TermsAccepted: true}).Explain()
	})
}
