package install

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/trust"
)

// recorder is a platform that notes what is asked of it.
type recorder struct {
	did     []string
	refuses error // untouched
	cannot  error // mayInstall
	fails   error // services
}

func (r *recorder) note(what string, err error) error {
	r.did = append(r.did, what)
	return err
}

func (r *recorder) mayInstall() error      { return r.cannot }
func (r *recorder) untouched(Layout) error { return r.note("look", r.refuses) }
func (r *recorder) protect(l Layout) error { return r.note("protect", os.MkdirAll(l.Root, 0o755)) }
func (r *recorder) start(context.Context) error {
	return r.note("start", nil)
}

func (r *recorder) services(context.Context, Layout) ([]string, error) {
	return []string{"a note"}, r.note("services", r.fails)
}

// pc is a folder that an installation may use, with trust roots of its own.
type pc struct {
	dir, config, set string
}

func newPC(t *testing.T) pc {
	t.Helper()
	dir := t.TempDir()
	p := pc{dir: dir, config: filepath.Join(dir, "beckmanconnect", "host.toml"), set: filepath.Join(dir, "set")}
	if err := trust.Init(p.set); err != nil {
		t.Fatal(err)
	}
	p.write(t, `data = "service"
install = "../programs/BeckmanConnect"
policy = "site-policy.note"
trust = "../set/roots"
# IT's own words.
`)
	return p
}

func (p pc) write(t *testing.T, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.config), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// signed is a site policy signed by the key that the PC trusts.
func (p pc) signed(t *testing.T, text string) string {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(p.set, trust.DirPrivate, trust.KeyPolicy))
	if err != nil {
		t.Fatal(err)
	}
	return signedBy(t, strings.TrimSpace(string(key)), text)
}

func signedBy(t *testing.T, key, text string) string {
	t.Helper()
	signer, err := note.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	out, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "site.note")
	if err := os.WriteFile(file, out, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// everything is all files of the PC, to see whether something changed.
func (p pc) everything(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(p.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		b.WriteString(path + "\n" + string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const sitePolicy = "number = 7\nsite = \"x\"\ninstrument_class = \"general\"\nauthorise = [\"clipboard\"]\n"

// P1, P25: an installation without a word from anybody, from properties and a
// signed policy.
func TestInstall(t *testing.T) {
	p := newPC(t)
	policy := p.signed(t, sitePolicy)
	r := &recorder{}
	notes, err := install(t.Context(), r, Options{Config: p.config, Settings: []hostconfig.Setting{
		{Name: "CLOUDURL", Value: "https://cloud.example"}, {Name: "SERIAL", Value: "AX-1"}, {Name: "PROXY"}, {Name: "POLICY", Value: policy},
	}})
	if err != nil || len(notes) != 1 {
		t.Fatal(notes, err)
	}
	if got := strings.Join(r.did, " "); got != "look protect look services start" {
		t.Errorf("it did %s", got)
	}
	c, err := hostconfig.Load(p.config)
	if err != nil || c.Cloud.URL != "https://cloud.example" || c.Instrument.Serial != "AX-1" {
		t.Errorf("%+v, %v", c, err)
	}
	text, err := os.ReadFile(p.config)
	if err != nil || !strings.Contains(string(text), "# IT's own words.") {
		t.Errorf("%q, %v", text, err)
	}
	want, _ := os.ReadFile(policy)
	if got, err := os.ReadFile(c.Policy); err != nil || string(got) != string(want) {
		t.Errorf("the policy in place: %q, %v", got, err)
	}
	// Again, with nothing new to say: nothing changes.
	before := p.everything(t)
	if _, err := install(t.Context(), &recorder{}, Options{Config: p.config, Policy: policy, NoStart: true}); err != nil || p.everything(t) != before {
		t.Errorf("a second time: %v", err)
	}
	// The files of a new PC are made.
	fresh := filepath.Join(t.TempDir(), "beckmanconnect", "host.toml")
	r = &recorder{}
	if _, err := install(t.Context(), r, Options{Config: fresh, NoStart: true}); err != nil || strings.Contains(strings.Join(r.did, " "), "start") {
		t.Errorf("%v, it did %v", err, r.did)
	}
	if text, err := os.ReadFile(fresh); err != nil || string(text) != starting {
		t.Errorf("%q, %v", text, err)
	}
}

// What is refused changed nothing (P25, scenarios 26, 28, 40, 58).
func TestInstallRefuses(t *testing.T) {
	p := newPC(t)
	verifier, err := os.ReadFile(filepath.Join(p.set, trust.DirRoots, trust.FilePolicy))
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ := strings.Cut(string(verifier), "+")
	others, _, err := note.GenerateKey(rand.Reader, name) // of the same name
	if err != nil {
		t.Fatal(err)
	}
	newer, older := p.signed(t, strings.Replace(sitePolicy, "7", "8", 1)), p.signed(t, sitePolicy)
	if _, err := install(t.Context(), &recorder{}, Options{Config: p.config, Policy: newer}); err != nil {
		t.Fatal(err)
	}
	unsigned := filepath.Join(t.TempDir(), "site.toml")
	if err := os.WriteFile(unsigned, []byte(sitePolicy), 0o644); err != nil {
		t.Fatal(err)
	}
	set := func(name, value string) []hostconfig.Setting { return []hostconfig.Setting{{Name: name, Value: value}} }
	for name, tt := range map[string]struct {
		with recorder
		o    Options
		part string
	}{
		"not https":          {recorder{}, Options{Settings: set("CLOUDURL", "http://x.example")}, "https"},
		"no property":        {recorder{}, Options{Settings: set("TRUST", "/tmp")}, "not a property"},
		"unsigned policy":    {recorder{}, Options{Policy: unsigned, Settings: set("REGION", "us")}, "not a signed note"},
		"another's policy":   {recorder{}, Options{Policy: signedBy(t, others, strings.Replace(sitePolicy, "7", "9", 1)), Settings: set("REGION", "us")}, "policy key"},
		"half understood":    {recorder{}, Options{Policy: p.signed(t, "number = 9\nfans = 1\n"), Settings: set("REGION", "us")}, "not known"},
		"older policy":       {recorder{}, Options{Policy: older}, "not newer than 8"},
		"other, same number": {recorder{}, Options{Policy: p.signed(t, "number = 8\n")}, "not newer than 8"},
		"no policy there":    {recorder{}, Options{Policy: filepath.Join(t.TempDir(), "none")}, "no such file"},
		"two policies":       {recorder{}, Options{Policy: newer, Settings: set("POLICY", older)}, "two site policies"},
		"a folder":           {recorder{}, Options{Policy: t.TempDir()}, "not a file"},
		"somebody's folder":  {recorder{refuses: errors.New("it belongs to S-1-5-21-1")}, Options{Settings: set("REGION", "us")}, "S-1-5-21-1"},
		"no administrator":   {recorder{cannot: errors.New("an administrator is needed")}, Options{Settings: set("REGION", "us")}, "administrator"},
	} {
		before := p.everything(t)
		tt.o.Config = p.config
		_, err := install(t.Context(), &tt.with, tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.part) {
			t.Errorf("%s: %v", name, err)
		}
		if p.everything(t) != before || strings.Contains(strings.Join(tt.with.did, " "), "protect") {
			t.Errorf("%s: something changed, it did %v", name, tt.with.did)
		}
	}
}

// Folders that are not the product's alone never get its rights, nor go with it.
func TestDedicated(t *testing.T) {
	at := func(root, install, data string) Layout {
		return Layout{Root: root, Config: hostconfig.Config{Install: install, Data: data}}
	}
	for name, tt := range map[string]struct {
		l    Layout
		good bool
	}{
		"as installed":       {at("/p/BeckmanConnect", "/f/BeckmanConnect", "/p/BeckmanConnect/service"), true},
		"data of its own":    {at("/etc/beckmanconnect", "/opt/beckmanconnect", "/var/lib/beckmanconnect"), true},
		"root of all":        {at("/", "/f/BeckmanConnect", "/service"), false},
		"somebody's folder":  {at("/p", "/f/BeckmanConnect", "/p/service"), false},
		"Program Files":      {at("/p/BeckmanConnect", "/f", "/p/BeckmanConnect/service"), false},
		"data is everything": {at("/p/BeckmanConnect", "/f/BeckmanConnect", "/"), false},
		"data is the root":   {at("/p/BeckmanConnect", "/f/BeckmanConnect", "/p/BeckmanConnect"), false},
		"data is elsewhere":  {at("/p/BeckmanConnect", "/f/BeckmanConnect", "/home/x"), false},
		"data is programs":   {at("/p/BeckmanConnect", "/f/BeckmanConnect", "/f/BeckmanConnect"), false},
	} {
		if err := tt.l.dedicated(); (err == nil) != tt.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
