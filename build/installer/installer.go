// Package installer makes the two Windows packages, an MSI and a setup program,
// and the administrator's policy files. Both packages hold the same files and
// do the same: lay them, adopt the release archive, set up the services; what
// may be said at installation is hostconfig's table of properties, and nothing
// here repeats it.
//
// Callers are build/pack and its tests; nothing of this runs on a PC.
package installer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beckmanconnect/internal/release"
	"beckmanconnect/service/upgrade/archive"
)

// Names and places on a PC that both packages use.
const (
	Folder   = "BeckmanConnect"          // below Program Files and ProgramData
	Key      = `SOFTWARE\BeckmanConnect` // of the registry, below HKEY_LOCAL_MACHINE
	Answers  = Key + `\Setup`            // what was said at installation; "install --answers" reads it
	Company  = "BeckmanConnect"
	MinBuild = 17763 // Windows 10 1809, Server 2019: the oldest that gets security updates somewhere
	// Supported is MinBuild as people say it.
	Supported = "64-bit Windows 10 version 1809, Windows 11 or Windows Server 2019, or later"

	unpackerName = "beckmanconnect-upgrade.exe"
	adoptName    = "adopt.toml"
	linkName     = "BeckmanConnect Remote Support.lnk"
	licenceName  = "LICENSE.txt"
	noticesName  = "THIRD-PARTY-NOTICES.txt"
)

// Place is a folder of the PC that a package lays files into.
type Place string

// The places, by the identifiers that the templates use.
const (
	Bin       Place = "BIN"       // Program Files\BeckmanConnect\bin
	Package   Place = "PACKAGE"   // Program Files\BeckmanConnect\package
	Roots     Place = "ROOTS"     // Program Files\BeckmanConnect\package\trust
	Trust     Place = "TRUST"     // ProgramData\BeckmanConnect\trust
	StartMenu Place = "STARTMENU" // of all accounts
)

// Source is what packages are made of, on the machine that makes them.
type Source struct {
	Version  string // "1.2.3"
	Archive  string // release archive for windows-amd64
	Unpacker string // beckmanconnect-upgrade.exe, signed where the package is to be
	Bin      string // folder of the launchers, by the programs' names
	Roots    string // folder of public trust roots
	Licence  string // text files
	Notices  string
	Icon     string // ICO
	URL      string // address of the cloud where nobody says another; may be empty
	Fast     bool   // a larger setup program in a tenth of the time, for development
	Work     string // an empty folder for what is written on the way
}

// Item is one file of the packages.
type Item struct {
	Place     Place
	Name      string // on the PC
	From      string // file on this machine
	Versioned bool   // it has a version resource of the package's version
}

// Items are all files, in a fixed order. It writes those that are made here into
// Work.
func (s Source) Items() ([]Item, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	link, adopt := filepath.Join(s.Work, linkName), filepath.Join(s.Work, adoptName)
	if err := errors.Join(os.WriteFile(link, Shortcut(), 0o644), os.WriteFile(adopt, []byte(adoptConfig), 0o644)); err != nil {
		return nil, fmt.Errorf("installer: %w", err)
	}
	items := []Item{
		{Package, filepath.Base(s.Archive), s.Archive, false},
		{Package, unpackerName, s.Unpacker, true},
		{Package, adoptName, adopt, false},
		{Package, licenceName, s.Licence, false},
		{Package, noticesName, s.Notices, false},
		{StartMenu, linkName, link, false},
	}
	for _, name := range archive.Names("windows-amd64") {
		items = append(items, Item{Bin, name, filepath.Join(s.Bin, name), true})
	}
	roots, err := os.ReadDir(s.Roots)
	if err != nil {
		return nil, fmt.Errorf("installer: trust roots: %w", err)
	}
	for _, f := range roots {
		if !f.Type().IsRegular() {
			return nil, fmt.Errorf("installer: trust roots: %s is not a file", f.Name())
		}
		from := filepath.Join(s.Roots, f.Name())
		items = append(items, Item{Roots, f.Name(), from, false}, Item{Trust, f.Name(), from, false})
	}
	for _, item := range items {
		if info, err := os.Stat(item.From); err != nil || !info.Mode().IsRegular() {
			return nil, fmt.Errorf("installer: %s is no file (%w)", item.From, err)
		}
	}
	slices.SortFunc(items, func(a, b Item) int {
		return strings.Compare(string(a.Place)+"/"+a.Name, string(b.Place)+"/"+b.Name)
	})
	for i := range items {
		if items[i].From, err = s.copied(items[i]); err != nil {
			return nil, fmt.Errorf("installer: %w", err)
		}
	}
	return items, nil
}

// copied is a copy in Work with a time that is always the same, because the
// packages keep the files' times.
func (s Source) copied(item Item) (string, error) {
	dir := filepath.Join(s.Work, "files", string(item.Place))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	data, err := os.ReadFile(item.From)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, item.Name)
	return path, errors.Join(os.WriteFile(path, data, 0o644), os.Chtimes(path, made, made))
}

// made is the time of everything that is packed.
var made = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func (s Source) check() error {
	version, platform, err := release.Named(s.Archive)
	if err != nil {
		return fmt.Errorf("installer: %w", err)
	}
	if platform != "windows-amd64" || version != s.Version {
		return fmt.Errorf("installer: %s is not of version %s for Windows", s.Archive, s.Version)
	}
	if strings.ContainsAny(s.URL, "\"'<>&[]$\\ \r\n") {
		return fmt.Errorf("installer: address %q holds what no address does", s.URL)
	}
	return nil
}

// adoptConfig is all that adopting needs to know. Its paths are relative to its
// own folder, which only administrators write to; the PC's configuration does
// not exist yet when a package is installed first.
const adoptConfig = `# Read by the package alone, when it brings its version in behind the launchers.
# The configuration of this PC is host.toml.
install = '..'
trust = 'trust'
`
