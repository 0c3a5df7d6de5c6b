package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/internal/datasheet"
	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/materials"
	"beckmanconnect/internal/mds2"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/proofpack"
	"beckmanconnect/internal/version"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/upgrade/versions"
)

// packOptions are what goes with --pack.
type packOptions struct {
	dir, lang string
	force     bool
}

// check says before anything is examined what would keep the pack from being
// written.
func (o *packOptions) check() error {
	if o.lang == "" {
		o.lang = text.SystemLanguage()
	} else if !slices.ContainsFunc(text.Languages(), func(l text.Language) bool { return l.Tag == o.lang }) {
		return program.Usagef("doctor: --lang %q is not one of the languages there are", o.lang)
	}
	return proofpack.Check(o.dir, proofpack.Options{Force: o.force})
}

// writePack writes what was found, and what does not depend on this PC.
func (d *doctor) writePack(ctx context.Context, o packOptions, findings []finding) error {
	p, err := d.pack(findings)
	if err != nil {
		return err
	}
	return p.Write(ctx, o.dir, proofpack.Options{Lang: o.lang, Force: o.force})
}

// pack takes field by field what may leave the PC: of the service's status
// nothing but what is named here, so that no name and no secret comes along.
func (d *doctor) pack(findings []finding) (*proofpack.Pack, error) {
	p := &proofpack.Pack{
		Product: version.Name(), Version: version.Version(), Platform: runtime.GOOS + "-" + runtime.GOARCH, Region: d.config.Region,
		Class: d.policy.GetClass(), Policy: d.policy.GetSource(), Vendor: d.policy.GetVendor(), Made: d.now().UTC().Truncate(time.Second),
		Network: append(endpoints.Allowed(d.config.Region, d.config, endpoints.Policy{}), siteRows(d.status)...), Data: datasheet.Messages(), MDS2: mds2.Statement(),
		Defaults: d.defaults(), Log: d.logFound(),
	}
	for _, f := range findings {
		p.Findings = append(p.Findings, proofpack.Finding{Check: f.Check, State: f.State, Code: f.Code, Detail: withoutHome(f.Detail)})
	}
	if d.programs.whole {
		m := d.programs.manifest
		p.Programs = proofpack.Programs{Version: m.Version, Release: d.programs.digest, Publisher: d.roots.Publisher.Name, Signed: true}
		for _, name := range slices.Sorted(maps.Keys(m.Programs)) {
			p.Programs.Files = append(p.Programs.Files, proofpack.Program{Name: name, SHA256: m.Programs[name]})
		}
	}
	var err error
	p.SBOM, p.SBOMFrom, err = d.bill()
	return p, err
}

// withoutHome: where somebody's own folder stands in a path, it names them.
func withoutHome(text string) string {
	home, err := os.UserHomeDir()
	if err != nil || len(home) < 4 {
		return text
	}
	return strings.ReplaceAll(text, home, "~")
}

func (d *doctor) defaults() (rows []proofpack.Default) {
	for _, r := range policy.Defaults() {
		row := proofpack.Default{
			Capability: string(r.Capability), General: r.General.Installed.String(), GeneralMost: r.General.Most.String(),
			Patient: r.PatientData.Installed.String(), PatientMost: r.PatientData.Most.String(), Prompt: r.Prompt,
		}
		for _, here := range d.policy.GetRows() {
			if here.GetCapability() == row.Capability {
				row.InForce, row.InForceReason = here.GetEffective(), here.GetWhy()
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (d *doctor) logFound() (l proofpack.Log) {
	if d.log == nil {
		return l
	}
	s := d.log.GetState()
	l = proofpack.Log{
		Known: true, Origin: d.log.GetOrigin(), Verifier: d.log.GetVerifier(), Entries: s.GetEntries(), RootHash: s.GetRootHash(),
		Checkpoint: when(s.GetCheckpointUnix()),
	}
	for _, w := range d.log.GetWitnesses() {
		l.Witnesses = append(l.Witnesses, proofpack.Witness{Name: w.GetName(), State: w.GetState(), Entries: w.GetEntries(), At: when(w.GetUnix())})
	}
	return l
}

func when(unix int64) time.Time {
	if unix <= 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}

// maxBill bounds a bill of materials that came with a release.
const maxBill = 16 << 20

// bill is the one that came with the release where it lies with the packages,
// or what the installed programs say of themselves; on a developer's PC this
// program alone.
func (d *doctor) bill() (text []byte, from string, err error) {
	install := versions.Install{Dir: d.config.Install}
	for _, dir := range []string{filepath.Join(install.Dir, "package"), install.Dir} {
		found, err := filepath.Glob(filepath.Join(dir, "*"+d.programs.manifest.Version+"*.cdx.json"))
		if err != nil || len(found) == 0 || d.programs.manifest.Version == "" {
			continue
		}
		if text, err := readAtMost(found[0], maxBill+1); err == nil && len(text) <= maxBill {
			return text, "release", nil
		}
	}
	var programs []string
	for name := range d.programs.manifest.Programs {
		programs = append(programs, filepath.Join(d.programs.dir, name))
	}
	made, err := materials.Of(version.Version(), programs, nil)
	if len(programs) == 0 || err != nil { // none is installed, or they are none of Go's
		self, err := os.Executable()
		if err != nil {
			return nil, "", fmt.Errorf("doctor: bill of materials: %w", err)
		}
		if made, err = materials.Of(version.Version(), []string{self}, nil); err != nil {
			return nil, "", errors.Join(errors.New("doctor: bill of materials"), err)
		}
	}
	text, err = made.JSON()
	return text, "programs", err
}
