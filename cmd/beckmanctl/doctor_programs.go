package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/version"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/versions"
)

// programsFound is what is installed here.
type programsFound struct {
	dir      string // of the current version; empty: none is installed
	digest   string // of its release
	manifest archive.Manifest
	whole    bool // every byte is what the publisher signed
}

// checkPrograms holds the installed version against the publisher's signature
// and each program against its digest, and asks that all are of one version.
func (d *doctor) checkPrograms(context.Context) []finding {
	const check = "programs"
	install := versions.Install{Dir: d.config.Install}
	digest, err := install.Current()
	switch {
	case errors.Is(err, fs.ErrPermission):
		return []finding{noted(check, codeRightsUnknown, err.Error()), skipped("versions", "not read")}
	case err != nil:
		return []finding{failed(check, codeProgramsChanged, err.Error()), skipped("versions", "see programs")}
	case digest == "":
		return []finding{noted(check, codeNotInstalled, d.config.Install+" holds no installed version"), skipped("versions", "none is installed")}
	case d.roots == nil:
		return []finding{skipped(check, "without trust roots there is nothing to check them with"), skipped("versions", "not read")}
	}
	dir := install.Version(digest)
	if err := archive.Check(dir, digest, codesign.New(d.roots, nil).Manifest); err != nil {
		code := codeProgramsChanged
		if errors.Is(err, archive.ErrUnsigned) {
			code = codeProgramsSignature
		}
		return []finding{failed(check, code, err.Error()), skipped("versions", "see programs")}
	}
	m, err := archive.Read(dir)
	if err != nil {
		return []finding{failed(check, codeProgramsChanged, err.Error()), skipped("versions", "see programs")}
	}
	d.programs = programsFound{dir: dir, digest: digest, manifest: m, whole: true}
	return []finding{
		fine(check, fmt.Sprintf("%d programs of release %s…, signed by %q", len(m.Programs), digest[:16], d.roots.Publisher.Name)),
		d.judgeVersions(m.Version),
	}
}

// judgeVersions: this program is one of them.
func (d *doctor) judgeVersions(installed string) finding {
	const check = "versions"
	if mine := version.Version(); mine != installed {
		return failed(check, codeVersions, fmt.Sprintf("version %s is installed, and this program is %s", installed, mine))
	}
	return fine(check, "all of "+installed)
}
