package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/internal/vendorpolicy"
)

const allAsk = "[capabilities]\nview=\"ask\"\ncontrol=\"ask\"\nfiles=\"ask\"\nclipboard=\"ask\"\nchat=\"ask\"\npointer=\"ask\"\n"
const allOff = "[capabilities]\nview=\"off\"\ncontrol=\"off\"\nfiles=\"off\"\nclipboard=\"off\"\nchat=\"off\"\npointer=\"off\"\n"

// narrow is a vendor's policy, signed and read.
func narrow(t testing.TB, text string) *vendorpolicy.Policy {
	t.Helper()
	signer, verifiers := keys(t)
	signed, err := vendorpolicy.Sign(text, 1, time.Unix(1, 0), signer)
	if err != nil {
		t.Fatal(err)
	}
	p, err := vendorpolicy.Parse(signed, verifiers)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var letters = map[byte]Effect{'N': Never, 'O': Off, 'L': Limited, 'A': Ask}

// TestDefaultsRowByRow is defaults.md × class × site policy × vendor policy
// (P27, scenario 26). Terms are accepted; without them see
// TestSupportIsOffUntilTermsAreAccepted.
//
// Each pair is without a vendor policy and with one that switches the row off.
// The columns of a class are a site policy that says nothing, asks for all,
// switches all off; and the same three with a refused policy in its place.
func TestDefaultsRowByRow(t *testing.T) {
	for _, row := range []struct {
		capability Capability
		none       string // no site policy, so the class is unknown
		general    string
		patient    string // patient-data, and every class that is not known
	}{
		{Support, "AO", "AO AO AO AO AO AO", "AO AO AO AO AO AO"},
		{View, "AO", "AO AO OO AO AO OO", "AO AO OO AO AO OO"},
		{Control, "AO", "AO AO OO AO AO OO", "AO AO OO AO AO OO"},
		{Files, "NN", "AO AO OO NN NN NN", "NN NN NN NN NN NN"},
		{Clipboard, "NN", "OO AO OO NN NN NN", "NN NN NN NN NN NN"},
		{Chat, "OO", "OO AO OO OO OO OO", "OO AO OO OO OO OO"},
		{Pointer, "OO", "OO AO OO OO OO OO", "OO AO OO OO OO OO"},
		{Recording, "NN", "NN NN NN NN NN NN", "NN NN NN NN NN NN"},
		{Outgoing, "NN", "NN NN NN NN NN NN", "NN NN NN NN NN NN"},
		{NewCapability, "OO", "OO OO OO OO OO OO", "OO OO OO OO OO OO"},
		{Probing, "OO", "OO OO OO OO OO OO", "OO OO OO OO OO OO"},
		{HelpLogs, "NN", "AO AO AO NN NN NN", "NN NN NN NN NN NN"},
		{CloudMessages, "LO", "LO LO LO LO LO LO", "LO LO LO LO LO LO"},
		{Publishers, "LO", "LO LO LO LO LO LO", "LO LO LO LO LO LO"},
		// Not rows of the table, so never: scenario 26's print and drive.
		{"print", "NN", "NN NN NN NN NN NN", "NN NN NN NN NN NN"},
		{"drive", "NN", "NN NN NN NN NN NN", "NN NN NN NN NN NN"},
	} {
		check := func(name string, s *Site, refused, want string) {
			t.Helper()
			for i, vendor := range []*vendorpolicy.Policy{nil, off(t, row.capability)} {
				e := Evaluate(Layers{Table: Defaults(), Known: Installed(Defaults(), "1"), Site: s, Refused: refused, Vendor: vendor, Facts: Facts{TermsAccepted: true}})
				if got := e.Decide(row.capability); got.Effect != letters[want[i]] || got.Why == "" {
					t.Errorf("%s, %s, vendor %v: %s (%s), want %s", row.capability, name, vendor != nil, got.Effect, got.Why, letters[want[i]])
				}
			}
		}
		check("no policy", nil, "", row.none)
		check("refused, none before", nil, "not signed", row.none)
		for name, class := range map[string]struct{ text, cells string }{
			"general":               {"instrument_class=\"general\"\n", row.general},
			"patient data":          {"instrument_class=\"patient-data\"\n", row.patient},
			"no class":              {"", row.patient},
			"unknown class":         {"instrument_class=\"lab\"\n", row.patient},
			"spoofed class":         {"instrument_class=\"General\"\n", row.patient},
			"Navios called general": {"instrument_class=\"general\"\ninstrument_type=\"Navios EX\"\n", row.patient},
			"look-alike type":       {"instrument_class=\"general\"\ninstrument_type=\"Ｎavios\"\n", row.patient},
		} {
			cells := strings.Fields(class.cells)
			for i, said := range []string{"", allAsk, allOff} {
				s := site(t, "number=1\n"+class.text+said)
				check(fmt.Sprintf("%s, column %d", name, i), s, "", cells[i])
				check(fmt.Sprintf("%s, column %d, refused", name, i), s, "not signed", cells[3+i])
			}
		}
	}
}

// off switches one capability off, as a vendor of a later version could: by any
// name.
func off(t testing.TB, c Capability) *vendorpolicy.Policy {
	t.Helper()
	if slices.Contains(vendorpolicy.Switches, string(c)) {
		return narrow(t, fmt.Sprintf("[capabilities]\n%s = \"off\"\n", c))
	}
	return narrow(t, "")
}

// Whatever the vendor's tool can switch off is a row here, and support takes
// everything with it that is asked of the technician.
func TestVendorSwitches(t *testing.T) {
	for _, name := range vendorpolicy.Switches {
		if _, ok := Defaults().row(Capability(name)); !ok {
			t.Errorf("%s is not in the table", name)
		}
	}
	s := site(t, "number=1\ninstrument_class=\"general\"\nstaff_any=true\n"+allAsk)
	e := Evaluate(Layers{Table: Defaults(), Known: Installed(Defaults(), "1"), Site: s, Vendor: narrow(t, "[capabilities]\nsupport=\"off\"\n"),
		Facts: Facts{TermsAccepted: true, Region: "eu"}})
	for _, c := range []Capability{Support, View, Control, Files, Clipboard, Chat, Pointer, HelpLogs} {
		if d := e.Decide(c); d.Effect != Off || !strings.Contains(d.Why, "vendor") {
			t.Errorf("%s: %s (%s)", c, d.Effect, d.Why)
		}
	}
	if !e.VendorOff() || e.Admit(Engineer{Account: "a@b", Regions: []string{"eu"}, Serial: "1"}) != "off" {
		t.Error("somebody gets in")
	}
}

// drawn is any combination of layers.
func drawn(t *rapid.T) Layers {
	s := &Site{
		Number: rapid.Uint64Range(1, 9).Draw(t, "number"), PromptTimeout: maxPrompt,
		Class:          rapid.SampledFrom([]Class{"", General, PatientData, "x"}).Draw(t, "class"),
		InstrumentType: rapid.SampledFrom([]string{"", "DxH 900", "Navios", "\u200b"}).Draw(t, "type"),
		Capabilities:   map[Capability]Effect{},
		Identify:       rapid.SampledFrom([]Identify{IdentifyNone, IdentifyInitials, IdentifyPIN}).Draw(t, "identify"),
	}
	known := Known{Most: map[Capability]Reach{}, Grown: map[Capability]Growth{}}
	for _, r := range Defaults() {
		if r.Switchable && rapid.Bool().Draw(t, "named") {
			s.Capabilities[r.Capability] = rapid.SampledFrom([]Effect{Off, Ask}).Draw(t, "said")
		}
		if rapid.Bool().Draw(t, "authorised") {
			s.Authorise = append(s.Authorise, r.Capability)
		}
		switch rapid.IntRange(0, 3).Draw(t, "known") {
		case 0:
		case 1:
			known.Grown[r.Capability] = Growth{Version: "2", After: rapid.Uint64Range(0, 9).Draw(t, "after"), Reach: r.reach()}
		default:
			known.Most[r.Capability] = r.reach()
		}
	}
	l := Layers{Table: Defaults(), Known: known, Facts: Facts{
		TermsAccepted: rapid.Bool().Draw(t, "terms"), RegisteredType: rapid.SampledFrom([]string{"", "DxI", "AQUIOS CL", rapid.String().Draw(t, "typed")}).Draw(t, "registered"),
	}}
	if rapid.Bool().Draw(t, "site") {
		l.Site = s
	}
	l.Refused = rapid.SampledFrom([]string{"", "", "not signed"}).Draw(t, "refused")
	return l
}

// No combination of layers gives more than the table's cell can be made of, and
// leaving a layer out, or putting a vendor's in, is what it says it is: each
// layer only narrows, but for the site's up to that cell (B2, P27).
func TestNothingWidens(t *testing.T) {
	vendors := map[string]*vendorpolicy.Policy{}
	for _, name := range vendorpolicy.Switches {
		vendors[name] = narrow(t, fmt.Sprintf("[capabilities]\n%s = \"off\"\n", name))
	}
	rapid.Check(t, func(t *rapid.T) {
		l := drawn(t)
		e := Evaluate(l)
		narrower := map[string]Layers{}
		with := func(name string, change func(*Layers)) {
			next := l
			change(&next)
			narrower[name] = next
		}
		with("a vendor's policy", func(n *Layers) { n.Vendor = vendors[rapid.SampledFrom(vendorpolicy.Switches).Draw(t, "vendor")] })
		with("a lost vendor's policy", func(n *Layers) { n.VendorLost = "gone" })
		with("a refused site policy", func(n *Layers) { n.Refused = "not signed" })
		with("nothing known", func(n *Layers) { n.Known = Known{} })
		with("terms that changed", func(n *Layers) { n.Facts.TermsAccepted = false })
		with("another typed-in type", func(n *Layers) {
			if n.Facts.RegisteredType == "" {
				n.Facts.RegisteredType = rapid.String().Draw(t, "retyped")
			}
		})
		full := l
		full.Known = Installed(Defaults(), "1")
		safe := Evaluate(Layers{Table: Defaults(), Known: full.Known, Facts: Facts{TermsAccepted: true}})
		for _, r := range Defaults() {
			got := e.Decide(r.Capability)
			if most := r.For(e.Class).Most; got.Effect > most {
				t.Fatalf("%s: %s, at most %s", r.Capability, got.Effect, most)
			}
			if got.Effect > Evaluate(full).Decide(r.Capability).Effect {
				t.Fatalf("%s: authorising gives more than the table", r.Capability)
			}
			if l.Refused != "" && got.Effect > safe.Decide(r.Capability).Effect {
				t.Fatalf("%s: a refused policy gives %s, safe is %s", r.Capability, got.Effect, safe.Decide(r.Capability).Effect)
			}
			for name, n := range narrower {
				if less := Evaluate(n).Decide(r.Capability); less.Effect > got.Effect {
					t.Fatalf("%s: %s with %s, %s without", r.Capability, less.Effect, name, got.Effect)
				}
			}
		}
	})
}

// The layers of a line are its explanation: while one says no it is off or
// never, and when all say yes it is not.
func TestLayersExplain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, line := range Evaluate(drawn(t)).Explain() {
			all := true
			for _, layer := range line.Layers {
				all = all && layer.Allows
				if layer.Says == "" || strings.Contains(layer.Says, "\n") {
					t.Fatalf("%s: %+v", line.Capability, layer)
				}
			}
			if all != (line.Effect > Off) || line.Why == "" {
				t.Fatalf("%s is %s (%s): %+v", line.Capability, line.Effect, line.Why, line.Layers)
			}
		}
	})
}

func TestIdentify(t *testing.T) {
	for text, want := range map[string]Identify{
		"number=1\n": IdentifyNone, "number=1\nidentify=\"none\"\n": IdentifyNone,
		"number=1\nidentify=\"initials\"\n": IdentifyInitials, "number=1\nidentify=\"pin\"\n": IdentifyPIN,
	} {
		s := site(t, text)
		if got := evaluate(s, "", Facts{}).Identify(); got != want {
			t.Errorf("%q: %s", text, got)
		}
		// What was refused loosens nothing.
		if got := evaluate(s, "not signed", Facts{}).Identify(); got != want {
			t.Errorf("%q, refused: %s", text, got)
		}
	}
	if got := evaluate(nil, "", Facts{}).Identify(); got != IdentifyNone {
		t.Errorf("without a policy: %s", got)
	}
}
