// Package install puts the product in place on a PC, takes it away again, and
// looks whether it still stands as it was put: configuration from properties,
// the signed site policy, rights, services and what starts the tray. Packages
// bring the files, and then call "beckmanconnect-service install".
//
// What is asked for is judged before anything is changed: a bad value, a policy
// that is not signed, a folder that somebody else made beforehand end the
// installation with everything as it was (P25, scenarios 40, 58).
package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/service/upgrade/versions"
)

// Options is what whoever installs says.
type Options struct {
	Config   string               // path of host.toml; empty: the package's place
	Settings []hostconfig.Setting // properties; POLICY among them is the same as Policy
	Policy   string               // file of a signed site policy; empty: the one in place stays
	NoStart  bool                 // services are made and not started
}

// Removal is what whoever removes the product says.
type Removal struct {
	Config string
	Data   bool // the log, the keys and the configuration go too
}

// Layout is where things lie, taken from the configuration.
type Layout struct {
	Config hostconfig.Config
	Root   string // folder of the configuration
}

// Bin is the folder of the launchers.
func (l Layout) Bin() string { return versions.Install{Dir: l.Config.Install}.Bin() }

// dedicated is an error unless the folders whose rights are set, and which go
// when the product is removed, are the product's alone: a configuration that
// names C:\ must not cost a PC its rights.
func (l Layout) dedicated() error {
	for _, dir := range []string{l.Root, l.Config.Install} {
		if !strings.EqualFold(filepath.Base(dir), "beckmanconnect") {
			return fmt.Errorf("%s is not a folder of the product's own; it must be called BeckmanConnect", dir)
		}
	}
	for _, dir := range []string{l.Root, l.Config.Install} {
		if rel, err := filepath.Rel(l.Config.Data, dir); err == nil && !strings.HasPrefix(rel, "..") {
			return fmt.Errorf("%s, the folder of the log, holds %s", l.Config.Data, dir)
		}
	}
	if base := filepath.Base(l.Config.Data); !strings.EqualFold(filepath.Dir(l.Config.Data), l.Root) && !strings.EqualFold(base, "beckmanconnect") {
		return fmt.Errorf("%s, the folder of the log, lies neither in %s nor is it called BeckmanConnect", l.Config.Data, l.Root)
	}
	return nil
}

// starting is what a new configuration begins with.
const starting = `# BeckmanConnect Remote Support on this PC. What is left out has its default;
# the IT guide describes every setting.
`

// plan is an installation that was judged and not begun.
type plan struct {
	layout     Layout
	text       string // of the configuration
	changed    bool   // against what stands there
	policy     []byte // to be put in place; nil: none
	policyPath string
}

// Install puts the product in place. What it returns beside the error are notes
// for IT: parts that this system does not know.
func Install(ctx context.Context, o Options) (notes []string, err error) {
	return install(ctx, system{}, o)
}

// platform is what differs from system to system.
type platform interface {
	// mayInstall is an error unless this account may.
	mayInstall() error
	// untouched is an error when somebody else made a folder that the product is
	// about to use. It changes nothing.
	untouched(l Layout) error
	// protect makes the folders and gives them their rights.
	protect(l Layout) error
	// services makes the services, and what starts the tray.
	services(ctx context.Context, l Layout) (notes []string, err error)
	// start starts the services.
	start(ctx context.Context) error
}

func install(ctx context.Context, p platform, o Options) ([]string, error) {
	if err := p.mayInstall(); err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	what, err := prepare(p, o)
	if err != nil {
		return nil, fmt.Errorf("install: %w; nothing was changed", err)
	}
	if err := p.protect(what.layout); err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	// Once more, now that nobody else can write there.
	if err := p.untouched(what.layout); err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	if err := what.write(); err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	notes, err := p.services(ctx, what.layout)
	if err == nil && !o.NoStart {
		err = p.start(ctx)
	}
	if err != nil {
		return notes, fmt.Errorf("install: %w", err)
	}
	return notes, nil
}

// prepare judges everything that was asked for, and changes nothing.
func prepare(p platform, o Options) (plan, error) {
	path := o.Config
	if path == "" {
		path = hostconfig.DefaultPath()
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return plan{}, err
	}
	text, err := os.ReadFile(path)
	there := err == nil
	switch {
	case errors.Is(err, fs.ErrNotExist):
		text = []byte(starting)
	case err != nil:
		return plan{}, err
	}
	next, err := hostconfig.Set(path, string(text), o.Settings)
	if err != nil {
		return plan{}, err
	}
	config, err := hostconfig.Parse(path, next)
	if err != nil {
		return plan{}, err
	}
	layout := Layout{Config: config, Root: filepath.Dir(path)}
	if err := layout.dedicated(); err != nil {
		return plan{}, err
	}
	what := plan{layout: layout, text: next, changed: !there || next != string(text), policyPath: config.Policy}
	// Before the trust roots there are believed.
	if err := p.untouched(what.layout); err != nil {
		return plan{}, err
	}
	policies, err := policyFile(o)
	if err == nil && policies != "" {
		what.policy, err = judgePolicy(policies, config)
	}
	return what, err
}

// policyFile is the policy's, said one way or the other.
func policyFile(o Options) (string, error) {
	file := o.Policy
	for _, s := range o.Settings {
		if s.Name != "POLICY" || s.Value == "" {
			continue
		}
		if file != "" && file != s.Value {
			return "", errors.New("two site policies are named")
		}
		file = s.Value
	}
	return file, nil
}

// write puts configuration and policy in place, each in one step.
func (p plan) write() error {
	if p.changed {
		if err := versions.WriteFile(p.layout.Config.File, []byte(p.text), 0o644); err != nil {
			return fmt.Errorf("write the configuration: %w", err)
		}
	}
	if p.policy != nil {
		if err := versions.WriteFile(p.policyPath, p.policy, 0o644); err != nil {
			return fmt.Errorf("put the site policy in place: %w", err)
		}
	}
	return nil
}

// Finding is one thing that is not as it should be.
type Finding struct {
	What string // "service BeckmanConnect", or a path
	Says string
	Do   string
}

// String is one line for people.
func (f Finding) String() string {
	if f.Do == "" {
		return f.What + ": " + f.Says
	}
	return f.What + ": " + f.Says + "; " + f.Do
}

// Report is what Check found.
type Report struct {
	Findings []Finding
	Unknown  []string // what this system does not tell, or does not let this account see
}

func (r *Report) add(what, do string, says ...string) {
	for _, s := range says {
		r.Findings = append(r.Findings, Finding{What: what, Says: s, Do: do})
	}
}

// LayoutOf reads the configuration, and is an error where it does not hold.
func LayoutOf(path string) (Layout, error) {
	config, err := hostconfig.Load(path)
	if err != nil {
		return Layout{}, err
	}
	return Layout{Config: config, Root: filepath.Dir(config.File)}, nil
}
