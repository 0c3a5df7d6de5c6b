package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/release"
	"beckmanconnect/service/upgrade/archive"
)

//go:embed deb
var debFiles embed.FS

// packDeb writes a Debian package without Debian's tools: the release archive
// once, the launcher under each program's name, units, desktop entries and
// the configuration.
func packDeb(args []string) error {
	set := flag.NewFlagSet("deb", flag.ExitOnError)
	from := set.String("archive", "", "release archive `file`")
	launcher := set.String("launcher", "", "launcher `program`")
	icon := set.String("icon", "", "PNG `file` of 512 x 512")
	license := set.String("license", "", "license `file`")
	roots := set.String("roots", "", "`folder` of public trust roots; none: the package holds none")
	url := set.String("url", "", "`address` of the cloud; none: IT sets it")
	out := set.String("out", "", "package `file` to write")
	_ = set.Parse(args) // ends the program
	for name, value := range map[string]string{"archive": *from, "launcher": *launcher, "icon": *icon, "license": *license, "out": *out} {
		if value == "" {
			return fmt.Errorf("--%s is needed", name)
		}
	}
	version, platform, err := release.Named(*from)
	if err != nil {
		return err
	}
	if platform != "linux-amd64" {
		return fmt.Errorf("%s is not for Linux", *from)
	}
	p := &debian{archive: filepath.Base(*from), version: version, url: *url}
	p.file("usr/lib/beckmanconnect/"+p.archive, *from, 0o644)
	p.unpacker(*from)
	for _, name := range archive.Names(platform) {
		p.file("opt/beckmanconnect/bin/"+name, *launcher, 0o755)
	}
	p.link("usr/bin/beckmanctl", "/opt/beckmanconnect/bin/beckmanctl")
	p.own("usr/lib/systemd/system/beckmanconnect-service.service", "beckmanconnect-service.service")
	p.own("usr/lib/systemd/system/beckmanconnect-upgrade.service", "beckmanconnect-upgrade.service")
	p.own("etc/xdg/autostart/beckmanconnect-tray.desktop", "tray.desktop")
	p.own("usr/share/applications/beckmanconnect.desktop", "window.desktop")
	p.own("etc/beckmanconnect/host.toml", "host.toml")
	p.file("usr/share/icons/hicolor/512x512/apps/beckmanconnect.png", *icon, 0o644)
	p.file("usr/share/doc/beckmanconnect/copyright", *license, 0o644)
	p.trust(*roots)
	if p.err != nil {
		return p.err
	}
	return write(*out, p.write)
}

// debian collects a package. The first error stays.
type debian struct {
	archive, version, url string
	entries               []tarEntry
	err                   error
}

func (p *debian) file(name, from string, mode int64) {
	data, err := os.ReadFile(from)
	if err != nil {
		p.err = errors.Join(p.err, err)
		return
	}
	p.entries = append(p.entries, tarEntry{name: name, data: data, mode: mode})
}

// unpacker adds the program that unpacks the archive, beside it: dpkg's scripts
// have gzip, and not the archive's compression.
func (p *debian) unpacker(from string) {
	data, err := programOf(from, "beckmanconnect-upgrade")
	if err == nil {
		data, err = gzipped(data)
	}
	p.err = errors.Join(p.err, err)
	p.entries = append(p.entries, tarEntry{name: "usr/lib/beckmanconnect/beckmanconnect-upgrade.gz", data: data, mode: 0o644})
}

// programOf takes one program out of a release archive.
func programOf(path, name string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unpacked, err := release.Decompress(f)
	if err != nil {
		return nil, err
	}
	defer unpacked.Close()
	for r := tar.NewReader(unpacked); ; {
		head, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("%s in %s: %w", name, path, err)
		}
		if head.Name == name {
			return io.ReadAll(r)
		}
	}
}

func gzipped(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression) // no name, no time: the same bytes each time
	if err != nil {
		return nil, err
	}
	_, err = w.Write(data)
	err = errors.Join(err, w.Close())
	return b.Bytes(), err
}

func (p *debian) link(name, to string) {
	p.entries = append(p.entries, tarEntry{name: name, link: to, mode: 0o777})
}

// own adds one of the files beside this program.
func (p *debian) own(name, from string) {
	p.entries = append(p.entries, tarEntry{name: name, data: p.text(from), mode: 0o644})
}

func (p *debian) text(name string) []byte {
	data, err := debFiles.ReadFile("deb/" + name)
	if err != nil {
		p.err = errors.Join(p.err, err)
	}
	text := strings.NewReplacer("@ARCHIVE@", p.archive, "@URL@", p.url).Replace(string(data))
	if name == "host.toml" {
		if _, err := hostconfig.Parse("/etc/beckmanconnect/host.toml", text); err != nil {
			p.err = errors.Join(p.err, err)
		}
	}
	return []byte(text)
}

// trust adds the roots of a folder. They are no conffiles: nobody is asked to
// keep changed ones.
func (p *debian) trust(dir string) {
	if dir == "" {
		return
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		p.err = errors.Join(p.err, err)
		return
	}
	for _, f := range files {
		if f.Type().IsRegular() {
			p.file("etc/beckmanconnect/trust/"+f.Name(), filepath.Join(dir, f.Name()), 0o644)
		}
	}
}

func (p *debian) control() []tarEntry {
	size := 0
	var sums strings.Builder
	slices.SortFunc(p.entries, func(a, b tarEntry) int { return strings.Compare(a.name, b.name) })
	for _, e := range p.entries {
		size += (len(e.data) + 1023) / 1024
		if e.link == "" {
			fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(e.data), e.name) // what dpkg --verify reads; signatures are elsewhere
		}
	}
	control := fmt.Sprintf(`Package: beckmanconnect
Version: %s
Architecture: amd64
Maintainer: BeckmanConnect Remote Support <support@example.invalid>
Installed-Size: %d
Depends: passwd, gzip, libc6 (>= 2.34), libgl1, libx11-6, libxcursor1, libxi6, libxrandr2, libxinerama1, libgtk-3-0t64 | libgtk-3-0, libayatana-appindicator3-1
Recommends: clamav-daemon
Section: misc
Priority: optional
Description: BeckmanConnect Remote Support
 Notifications of an instrument and remote support that the technician allows
 step by step.
`, p.version, size)
	entries := []tarEntry{
		{name: "control", data: []byte(control), mode: 0o644},
		{name: "md5sums", data: []byte(sums.String()), mode: 0o644},
		{name: "conffiles", data: []byte("/etc/beckmanconnect/host.toml\n/etc/xdg/autostart/beckmanconnect-tray.desktop\n"), mode: 0o644},
	}
	for _, name := range []string{"postinst", "prerm", "postrm"} {
		entries = append(entries, tarEntry{name: name, data: p.text(name), mode: 0o755})
	}
	return entries
}

// write writes the three parts of a .deb, in ar's form.
func (p *debian) write(w *bufio.Writer) error {
	control, err := tarball(p.control())
	if err != nil {
		return err
	}
	data, err := tarball(p.entries)
	if err = errors.Join(p.err, err); err != nil {
		return err
	}
	return writeAr(w, []arMember{{"debian-binary", []byte("2.0\n")}, {"control.tar.gz", control}, {"data.tar.gz", data}})
}
