package policy

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"
)

// later is the table of a later version: a capability that this one does not
// have, and files on patient-data instruments, as P25 foresees it.
func later() Table {
	table := slices.Clone(Defaults())
	i := slices.IndexFunc(table, func(r Row) bool { return r.Capability == Files })
	table[i].PatientData = Default{Ask, Ask, "every single transfer is asked of the technician"}
	asked := Default{Ask, Ask, "each is asked of the technician"}
	return append(table, Row{Capability: "annotate", General: asked, PatientData: asked, Prompt: "each time", Switchable: true})
}

// pc is an installation: what is on its disk, and the version that runs.
type pc struct {
	t         *testing.T
	memory    *memory
	path      string
	verifiers note.Verifiers
	put       func(text string)
	keeper    *Keeper
}

func newPC(t *testing.T) *pc {
	signer, verifiers := keys(t)
	p := &pc{t: t, memory: &memory{}, path: filepath.Join(t.TempDir(), "site-policy.note"), verifiers: verifiers}
	p.put = func(text string) {
		t.Helper()
		if err := os.WriteFile(p.path, sign(t, signer, text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// start is the service of a version, on what is on the disk.
func (p *pc) start(table Table, version string) {
	p.t.Helper()
	p.keeper = NewKeeper(p.t.Context(), Config{Path: p.path, Verifiers: p.verifiers, Memory: p.memory, Table: table, Version: version})
	p.keeper.SetFacts(Facts{TermsAccepted: true})
}

func (p *pc) want(what string, c Capability, want Effect) {
	p.t.Helper()
	if d := p.keeper.Current().Decide(c); d.Effect != want {
		p.t.Errorf("%s: %s is %s (%s), want %s", what, c, d.Effect, d.Why, want)
	}
}

// Scenario 40: a capability of a new version stays off until a site policy that
// was signed for it is accepted after the upgrade; a silent upgrade has nothing
// but that policy. Through restarts, a roll-back and the upgrade once more.
func TestNewCapabilityStaysOff(t *testing.T) {
	p := newPC(t)
	// Authorised too early, while no version here had it.
	p.put("number=3\ninstrument_class=\"general\"\nauthorise=[\"annotate\"]\n")
	p.start(Defaults(), "1.0.0")
	p.want("version 1", "annotate", Never)
	p.want("version 1", View, Ask)

	p.start(later(), "2.0.0")
	p.want("after the upgrade", "annotate", Off)
	p.want("after the upgrade", View, Ask)
	p.start(later(), "2.0.0")
	p.want("after a restart", "annotate", Off)
	if len(p.memory.news) != 2 || p.memory.news[0] != nil || !slices.Equal(p.memory.news[1], []Capability{Files, "annotate"}) {
		t.Errorf("on record: %q", p.memory.news)
	}
	p.put("number=4\ninstrument_class=\"general\"\n[capabilities]\nannotate=\"ask\"\n")
	p.reload()
	p.want("asked for, not authorised", "annotate", Off)
	p.put("number=5\ninstrument_class=\"general\"\nauthorise=[\"annotate\"]\n")
	p.reload()
	p.want("authorised", "annotate", Ask)
	p.start(later(), "2.0.0")
	p.want("authorised, after a restart", "annotate", Ask)

	p.start(Defaults(), "1.0.0")
	p.want("rolled back", "annotate", Never)
	p.want("rolled back", View, Ask)
	if got := p.keeper.Current().Source; got != "signed" {
		t.Errorf("the older version with a policy for the newer one: %s", got)
	}
	p.start(later(), "2.0.0")
	p.want("upgraded once more", "annotate", Ask)

	p.put("number=6\ninstrument_class=\"general\"\nauthorise=[\"annotate\"]\n[capabilities]\nannotate=\"off\"\n")
	p.reload()
	p.want("authorised and off", "annotate", Off)
	p.put("number=7\ninstrument_class=\"general\"\n")
	p.reload()
	p.want("no longer authorised", "annotate", Off)
	if err := os.WriteFile(p.path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.reload()
	p.want("refused", "annotate", Off)
}

func (p *pc) reload() {
	p.t.Helper()
	if err := p.keeper.Reload(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

// P25: files on a patient-data instrument stay never in this version whatever
// a policy says, and a later version that could needs the authorisation.
func TestFilesOnPatientDataInstruments(t *testing.T) {
	p := newPC(t)
	wanted := "instrument_class=\"patient-data\"\nauthorise=[\"files\", \"clipboard\", \"recording\", \"outgoing\"]\n" + allAsk
	p.put("number=1\n" + wanted)
	p.start(Defaults(), "1.0.0")
	for _, c := range []Capability{Files, Clipboard, Recording, Outgoing} {
		p.want("this version", c, Never)
	}
	p.start(later(), "2.0.0")
	p.want("a later version", Files, Off)
	p.want("a later version", Clipboard, Never)
	p.put("number=2\n" + wanted)
	p.reload()
	p.want("authorised after the upgrade", Files, Ask)
	p.want("authorised after the upgrade", Clipboard, Never)
	p.put("number=3\ninstrument_class=\"general\"\n")
	p.reload()
	p.want("a general instrument, where it always was", Files, Ask)
}

// A new installation, silent or not, has what its version has as installed.
// What grows again in a third version has to be authorised again.
func TestGrowsTwice(t *testing.T) {
	first, second, third := Defaults(), slices.Clone(Defaults()), slices.Clone(Defaults())
	i := slices.IndexFunc(first, func(r Row) bool { return r.Capability == Recording })
	second[i].General = Default{Off, Limited, "later"}
	third[i].General = Default{Ask, Ask, "later still"}
	p := newPC(t)
	p.put("number=1\ninstrument_class=\"general\"\n")
	p.start(first, "1")
	p.start(second, "2")
	p.put("number=2\ninstrument_class=\"general\"\nauthorise=[\"recording\"]\n")
	p.reload()
	p.start(third, "3")
	p.want("authorised for the second version", Recording, Off)
	p.put("number=3\ninstrument_class=\"general\"\nauthorise=[\"recording\"]\n")
	p.reload()
	p.want("authorised for the third version", Recording, Ask)
}

// What cannot be put on record, or read, leaves everything off, and comes with
// the first look that succeeds.
func TestNothingIsKnownWithoutARecord(t *testing.T) {
	p := newPC(t)
	p.memory = &memory{broken: errors.New("disk full")}
	p.put("number=1\ninstrument_class=\"general\"\n" + allAsk)
	p.start(Defaults(), "1")
	for _, line := range p.keeper.Current().Explain() {
		if line.Effect > Off {
			t.Errorf("%s is %s", line.Capability, line.Effect)
		}
	}
	p.memory.broken = nil
	p.reload()
	p.want("on record", View, Ask)
	p.want("on record", Clipboard, Ask)
}

func TestKnownSurvivesTheStore(t *testing.T) {
	known, news := Installed(Defaults(), "1").Meet(later(), "2", 7)
	if len(news) != 2 {
		t.Fatalf("news %q", news)
	}
	text, err := json.Marshal(known)
	if err != nil {
		t.Fatal(err)
	}
	var read Known
	if err := json.Unmarshal(text, &read); err != nil || !reflect.DeepEqual(known, read) {
		t.Errorf("%v\n%+v\n%+v", err, known, read)
	}
	if err := json.Unmarshal([]byte(`{"most":{"view":{"general":"always"}}}`), &read); err == nil {
		t.Error("took an effect that is none")
	}
}

// Whatever versions come in whatever order, nothing is more than off that
// exceeds the first version without a policy that names it.
func TestNothingGrowsByItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) Table {
			var table Table
			for _, c := range []Capability{Support, "a", "b", "c"} {
				most := func(class string) Default {
					m := rapid.SampledFrom([]Effect{Never, Off, Limited, Ask}).Draw(t, label+class)
					return Default{m, m, "why"}
				}
				if rapid.Bool().Draw(t, label+"has") {
					table = append(table, Row{Capability: c, General: most("general"), PatientData: most("patient")})
				}
			}
			return table
		}
		first := draw("first")
		known := Installed(first, "1")
		site := &Site{Number: 5, Class: General, Authorise: []Capability{"a"}}
		for _, version := range []string{"2", "3", "4"} {
			table := draw(version)
			known, _ = known.Meet(table, version, rapid.Uint64Range(0, 9).Draw(t, "accepted"))
			for _, s := range []*Site{nil, site} {
				e := Evaluate(Layers{Table: table, Known: known, Site: s, Facts: Facts{TermsAccepted: true}})
				for _, r := range table {
					was, _ := first.row(r.Capability)
					effect := e.Decide(r.Capability).Effect
					if effect > max(was.For(e.Class).Most, Off) && !(s != nil && r.Capability == "a") {
						t.Fatalf("%s in version %s: %s, at first at most %s", r.Capability, version, effect, was.For(e.Class).Most)
					}
				}
			}
		}
	})
}
