package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/mattn/go-sqlite3" // the copy of the log is opened as what it is
)

// compare counts the pixels in which the engineer's picture differs from the
// technician's screen. Our own windows must be black there instead, and the
// clock of the panel is left out, since it moves between the two pictures.
func (t *teller) compare(ctx context.Context) (int, error) {
	file := t.path("screen.png")
	defer os.Remove(file)
	if err := t.desktop.Shot(ctx, file); err != nil {
		return 0, err
	}
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	screen, err := png.Decode(f)
	if err != nil {
		return 0, err
	}
	seen, err := t.browser.Pixels("#screen")
	if err != nil {
		return 0, err
	}
	if seen.Bounds().Size() != screen.Bounds().Size() {
		return 0, fmt.Errorf("the engineer's picture is %v, the screen %v", seen.Bounds().Size(), screen.Bounds().Size())
	}
	windows, err := t.desktop.Windows(ctx)
	if err != nil {
		return 0, err
	}
	var ours, masked []image.Rectangle
	for _, w := range windows {
		if !w.Shown {
			continue
		}
		r := image.Rect(w.X, w.Y, w.X+w.W, w.Y+w.H)
		if strings.HasPrefix(strings.ToLower(w.Class), "beckmanconnect") {
			ours = append(ours, r)
			masked = append(masked, r.Inset(-40)) // its frame and shadow belong to it
		}
	}
	if len(ours) == 0 {
		return 0, errors.New("the session bar is not on the technician's screen")
	}
	panel := image.Rect(0, screen.Bounds().Dy()-40, screen.Bounds().Dx(), screen.Bounds().Dy())
	masked = append(masked, panel)
	different := 0
	for y := range screen.Bounds().Dy() {
		for x := range screen.Bounds().Dx() {
			p := image.Pt(x, y)
			if within, skip := in(p, ours), in(p, masked); !within && skip {
				continue
			} else if within {
				if r, g, b, _ := seen.At(x, y).RGBA(); r|g|b != 0 {
					different++
				}
				continue
			}
			r, g, b, _ := seen.At(x, y).RGBA()
			r2, g2, b2, _ := screen.At(x, y).RGBA()
			if r>>8 != r2>>8 || g>>8 != g2>>8 || b>>8 != b2>>8 {
				different++
			}
		}
	}
	return different, nil
}

func in(p image.Point, rectangles []image.Rectangle) bool {
	for _, r := range rectangles {
		if p.In(r) {
			return true
		}
	}
	return false
}

// arrivedAny tells whether any part of the offered file is on the PC.
func arrivedAny(dir string) (found bool, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.Contains(entry.Name(), "calibration") {
			found = true
		}
		return nil
	})
	return found, err
}

// secretsKept searches for the code in every file that the house has written,
// the browser's profile among them, and in the arguments of every process
// (P23, scenario 25).
func (t *teller) secretsKept(code string) error {
	bare := strings.ReplaceAll(code, " ", "")
	needles := [][]byte{[]byte(code), []byte(bare), []byte(strings.ToLower(bare)), []byte(bare[:4] + "-" + bare[4:])}
	search := func(where string) error {
		content, err := os.ReadFile(where)
		if err != nil {
			return nil // a socket, or gone in between
		}
		for _, n := range needles {
			if bytes.Contains(content, n) {
				return fmt.Errorf("the code stands in %s", where)
			}
		}
		return nil
	}
	err := filepath.WalkDir(t.o.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		return search(path)
	})
	if err != nil {
		return err
	}
	for _, what := range []string{"cmdline", "environ"} {
		files, err := filepath.Glob("/proc/[0-9]*/" + what)
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := search(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// tamper changes one byte of one entry in a copy of the log's database and
// returns what the verification says of it.
func (t *teller) tamper(ctx context.Context) (string, error) {
	copied := t.path("tampered")
	if err := os.RemoveAll(copied); err != nil {
		return "", err
	}
	if err := os.CopyFS(copied, os.DirFS(t.pc.Data())); err != nil {
		return "", err
	}
	database := filepath.Join(copied, "log.db")
	if err := settle(ctx, database); err != nil {
		return "", err
	}
	text, err := os.ReadFile(database)
	if err != nil {
		return "", err
	}
	at := strings.LastIndex(string(text), "notification.acknowledged")
	if at < 0 {
		return "", errors.New("the entry to tamper with was not found in the copy")
	}
	text[at+len("notification.")] = 'A'
	if err := os.WriteFile(database, text, 0o600); err != nil {
		return "", err
	}
	out, err := t.pc.Ctl(ctx, "log", "verify", "--db", t.pc.Native(database), "--key", t.pc.Native(filepath.Join(copied, "keys", "checkpoint.pub")))
	if err == nil {
		return "", errors.New("a changed byte was not found")
	}
	return out, nil
}

// settle moves what stands in the copy's write-ahead log into its database, so
// that the byte that is changed is one of an entry.
func settle(ctx context.Context, database string) error {
	db, err := sql.Open("sqlite3", database)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(err, db.Close())
}
