package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/shirou/gopsutil/v4/disk"

	"beckmanconnect/internal/rights"
	"beckmanconnect/internal/trust"
)

func (d *doctor) checkTrust(context.Context) []finding {
	roots, err := trust.Load(d.config.Trust)
	if err != nil {
		return []finding{failed("trust roots", codeTrust, err.Error())}
	}
	d.roots = roots
	detail := fmt.Sprintf("%s: set %q, publisher %q", d.config.Trust, roots.Name, roots.Publisher.Name)
	if roots.Development {
		return []finding{noted("trust roots", codeTrustDevelopment, detail+", a development set")}
	}
	return []finding{fine("trust roots", detail)}
}

// checkRights: what the service believes and runs must be writable by
// administrators and the system alone, and its data readable by nobody else
// (scenarios 31, 57).
func (d *doctor) checkRights(context.Context) []finding {
	all := []finding{
		d.onlyOurs("rights configuration", d.config.File),
		d.onlyOurs("rights trust roots", d.trustFiles()...),
	}
	if _, err := os.Lstat(d.config.Policy); err == nil {
		all = append(all, d.onlyOurs("rights site policy", d.config.Policy))
	}
	if _, err := os.Lstat(d.config.Install); err == nil {
		all = append(all, d.onlyOurs("rights programs", d.config.Install, filepath.Join(d.config.Install, "versions"), filepath.Join(d.config.Install, "bin")))
	} else {
		all = append(all, skipped("rights programs", d.config.Install+" is not there"))
	}
	return append(all, d.dataRights())
}

func (d *doctor) trustFiles() []string {
	files := []string{d.config.Trust}
	entries, err := os.ReadDir(d.config.Trust)
	if err != nil {
		return files // the folder itself says why
	}
	for _, e := range entries {
		files = append(files, filepath.Join(d.config.Trust, e.Name()))
	}
	return files
}

// onlyOurs looks at the first path's folder, too: who may rename what lies in it
// may put another in its place.
func (d *doctor) onlyOurs(check string, paths ...string) finding {
	there := paths[:1]
	for _, p := range paths[1:] {
		if _, err := os.Lstat(p); !errors.Is(err, fs.ErrNotExist) {
			there = append(there, p)
		}
	}
	err := rights.Folder(filepath.Dir(paths[0]))
	if err == nil {
		err = rights.Ours(there...)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return noted(check, codeRightsUnknown, err.Error())
	case err != nil:
		return failed(check, codeRights, err.Error())
	}
	return fine(check, paths[0]+": administrators and the system alone may write")
}

// dataRights: on Windows the bits of a mode say nothing; there the
// installation's own check looks at the access list.
func (d *doctor) dataRights() finding {
	const check = "rights data"
	if runtime.GOOS == "windows" {
		return skipped(check, "the access list is looked at by the check of the installation")
	}
	info, err := os.Lstat(d.config.Data)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return noted(check, codeRightsUnknown, err.Error())
	case err != nil:
		return skipped(check, err.Error()) // the check of the disk says it
	case info.Mode()&fs.ModeSymlink != 0:
		return failed(check, codeRights, d.config.Data+" is a link")
	case info.Mode().Perm()&0o077 != 0:
		return failed(check, codeRights, fmt.Sprintf("%s is open to other accounts (mode %04o)", d.config.Data, info.Mode().Perm()))
	}
	return fine(check, d.config.Data+": the service's account alone")
}

// checkDisk: space, and whether the log's folder takes a file.
func (d *doctor) checkDisk(ctx context.Context) []finding {
	var all []finding
	usage, err := disk.UsageWithContext(ctx, d.config.Data)
	switch {
	case errors.Is(err, fs.ErrPermission):
		all = append(all, noted("disk", codeRightsUnknown, err.Error()))
	case err != nil:
		return []finding{failed("disk", codeDataFolder, fmt.Sprintf("%s: %v", d.config.Data, err)), skipped("log's folder", "it is not there")}
	case usage.Free < d.minFree:
		all = append(all, failed("disk", codeDiskSpace, fmt.Sprintf("%s: %d MB free, less than %d MB", d.config.Data, usage.Free>>20, d.minFree>>20)))
	default:
		all = append(all, fine("disk", fmt.Sprintf("%s: %d MB free", d.config.Data, usage.Free>>20)))
	}
	return append(all, d.takesFile())
}

// takesFile tries it, because a read-only volume and a full quota look well
// from outside.
func (d *doctor) takesFile() finding {
	const check = "log's folder"
	f, err := os.CreateTemp(d.config.Data, "doctor-*.tmp")
	if err == nil {
		_, err = f.Write(make([]byte, 4096))
		err = errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return noted(check, codeRightsUnknown, "this account may not write there; whether the service can is told by the check of the log")
	case err != nil:
		return failed(check, codeDataReadOnly, err.Error())
	}
	return fine(check, "a file was written and removed")
}

// checkSetup is what the installation's own check says: services, accounts,
// recovery, access lists, and what starts the tray.
func (d *doctor) checkSetup(ctx context.Context) []finding {
	const check = "installation"
	switch {
	case d.setup == nil:
		return nil
	case d.programs.dir == "":
		return []finding{skipped(check, "no installed version was found; see programs")}
	}
	wrong, unknown, err := d.setup(ctx, d.config.File)
	switch {
	case err != nil:
		return []finding{failed(check, codeServiceSetup, err.Error())}
	case len(wrong) > 0:
		return []finding{failed(check, codeServiceSetup, strings.Join(wrong, "; "))}
	case len(unknown) > 0:
		return []finding{noted(check, codeRightsUnknown, strings.Join(unknown, "; "))}
	}
	return []finding{fine(check, "services, accounts, recovery, access lists and the tray's start are as they should be")}
}
