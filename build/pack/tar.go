package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// epoch is the time of everything that is packed: the time of packing would
// make two runs differ.
var epoch = time.Unix(0, 0).UTC()

type tarEntry struct {
	name string
	data []byte
	link string // target of a symbolic link
	mode int64
}

// tarball packs entries, sorted, with the folders on the way to them.
func tarball(entries []tarEntry) ([]byte, error) {
	var b bytes.Buffer
	zip, err := gzip.NewWriterLevel(&b, gzip.BestSpeed) // what is large is compressed already
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(zip)
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b tarEntry) int { return strings.Compare(a.name, b.name) })
	made := map[string]bool{".": true}
	header := func(h tar.Header) error {
		h.Format, h.ModTime, h.Uname, h.Gname = tar.FormatGNU, epoch, "root", "root"
		return w.WriteHeader(&h)
	}
	err = header(tar.Header{Typeflag: tar.TypeDir, Name: "./", Mode: 0o755})
	for _, e := range entries {
		for _, dir := range parents(e.name) {
			if !made[dir] {
				made[dir] = true
				err = errors.Join(err, header(tar.Header{Typeflag: tar.TypeDir, Name: "./" + dir + "/", Mode: 0o755}))
			}
		}
		h := tar.Header{Typeflag: tar.TypeReg, Name: "./" + e.name, Mode: e.mode, Size: int64(len(e.data))}
		if e.link != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, e.link
		}
		err = errors.Join(err, header(h))
		_, writeErr := w.Write(e.data)
		err = errors.Join(err, writeErr)
	}
	err = errors.Join(err, w.Close(), zip.Close())
	return b.Bytes(), err
}

// parents are the folders on the way to a file, the outermost first.
func parents(name string) []string {
	var all []string
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		all = append([]string{dir}, all...)
	}
	return all
}

type arMember struct {
	name string
	data []byte
}

// writeAr writes the archive form of .deb files.
func writeAr(w io.Writer, members []arMember) error {
	_, err := io.WriteString(w, "!<arch>\n")
	for _, m := range members {
		_, headErr := fmt.Fprintf(w, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", m.name, epoch.Unix(), 0, 0, 0o100644, len(m.data))
		_, dataErr := w.Write(m.data)
		err = errors.Join(err, headErr, dataErr)
		if len(m.data)%2 == 1 {
			_, padErr := io.WriteString(w, "\n")
			err = errors.Join(err, padErr)
		}
	}
	return err
}
