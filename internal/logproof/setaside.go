package logproof

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A log that cannot go on is moved whole into a folder of AsideDir, and a new
// one names it in its first entry. What is under way stands in PendingFile, so
// that a kill between any two steps loses nothing: while an Aside is not Moved
// nothing new is made in the place of what is moved.
const (
	AsideDir    = "set-aside"
	PendingFile = "set-aside.json"
)

// Why a log does not go on.
const (
	AsideDamaged  = "damaged"  // it cannot be read as what it was written as
	AsideKeys     = "keys"     // the keys it was written with are lost or wrong
	AsideRestored = "restored" // it is a backup: an old copy, which a witness may know to be one
)

// Aside is a log that was set aside.
type Aside struct {
	Name    string `json:"name"`              // folder below AsideDir
	Why     string `json:"why"`               // one of the above
	Detail  string `json:"detail"`            // the error, in one line
	UnixMS  int64  `json:"unixMs"`            // when
	Origin  string `json:"origin,omitempty"`  // of its log, empty: not known
	Entries int64  `json:"entries,omitempty"` // under its newest checkpoint that could be read
	Root    string `json:"root,omitempty"`    // of it, hex
	Checked bool   `json:"checked,omitempty"` // its signature was that of the log's key
	Moved   bool   `json:"moved,omitempty"`   // everything lies in the folder
	Told    bool   `json:"told,omitempty"`    // people were told by an alarm
	// What was read out of it afterwards.
	Salvaged *Salvaged `json:"salvaged,omitempty"`
}

// Describe fills in the newest checkpoint that can be read out of the database
// at path; key is the file of the public checkpoint key, which may be missing.
func (a *Aside) Describe(path, key string) {
	var verifiers note.Verifiers
	if v, err := readVerifier(key); err == nil {
		a.Origin, verifiers = v.Name(), note.VerifierList(v)
	}
	c, checked, ok := newestCheckpoint(path, verifiers)
	if !ok {
		return
	}
	a.Origin, a.Entries, a.Root, a.Checked = c.Origin, c.Size, hex.EncodeToString(c.Root[:]), checked
}

// NameAt gives the folder's name, one that is not taken below dir.
func (a *Aside) NameAt(dir string, at time.Time) {
	origin := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-", r) {
			return r
		}
		return -1
	}, a.Origin)
	if origin == "" {
		origin = "unknown"
	}
	base := at.UTC().Format("20060102T150405Z") + "-" + origin[:min(len(origin), 64)]
	a.Name, a.UnixMS = base, at.UnixMilli()
	for n := 2; ; n++ {
		if _, err := os.Lstat(filepath.Join(dir, AsideDir, a.Name)); errors.Is(err, fs.ErrNotExist) {
			return
		}
		a.Name = fmt.Sprintf("%s-%d", base, n)
	}
}

// ReadPending reads what is under way in a data folder; nothing is an empty
// list.
func ReadPending(dir string) (list []Aside, err error) {
	b, err := os.ReadFile(filepath.Join(dir, PendingFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", PendingFile, err)
	}
	for _, a := range list {
		if a.Name == "" || a.Name != filepath.Base(a.Name) || strings.HasPrefix(a.Name, ".") {
			return nil, fmt.Errorf("%s: %q is no folder's name", PendingFile, a.Name)
		}
	}
	return list, nil
}

func readVerifier(path string) (note.Verifier, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return note.NewVerifier(strings.TrimSpace(string(b)))
}

// newestCheckpoint is the largest checkpoint that can be read and, with
// verifiers, whose signature holds; one that nobody can check is the last
// resort.
func newestCheckpoint(path string, verifiers note.Verifiers) (newest Checkpoint, checked, ok bool) {
	take := func(msg []byte) {
		if verifiers != nil {
			if c, err := OpenCheckpoint(msg, verifiers); err == nil && (!checked || c.Size > newest.Size) {
				newest, checked, ok = c, true, true
				return
			}
		}
		if c, err := ReadCheckpoint(msg); err == nil && !checked && (!ok || c.Size > newest.Size) {
			newest, ok = c, true
		}
	}
	r, err := OpenReader(path)
	if err != nil {
		return newest, false, false
	}
	defer r.Close()
	for _, q := range []string{"SELECT note FROM head", "SELECT note FROM checkpoints ORDER BY size DESC LIMIT 100"} {
		c, err := r.query(q)
		if err != nil {
			continue
		}
		for c.next() {
			if b, isBlob := c.row[0].([]byte); isBlob {
				take(b)
			}
		}
		c.close()
	}
	return newest, checked, ok
}
