package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	sqlite3 "github.com/mattn/go-sqlite3"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

const (
	// settingAside holds the logs that this one follows.
	settingAside = "log.set-asides"
	// damageFile says that SQLite reported damage while the service ran. The
	// next opening looks at the whole database before it goes on.
	damageFile = "log.damaged"
	// damageLimit: SQLite said so that often although nothing is found.
	damageLimit = 3
)

// asideReason says why a log that cannot be opened is set aside; "" when it is
// not: whatever is a matter of rights, of the disk, of another process or of a
// newer version is no reason.
func asideReason(err error) string {
	switch KindOf(err) {
	case KindDamaged:
		return logproof.AsideDamaged
	case KindKeys:
		return logproof.AsideKeys
	}
	return ""
}

// setAside moves the log that cannot be opened out of the way. Nothing of the
// database is open.
func (s *Store) setAside(cause error) error {
	a := logproof.Aside{Why: asideReason(cause), Detail: oneLine(cause)}
	if a.Why == logproof.AsideKeys {
		if err := s.canMakeKeys(); err != nil {
			return err
		}
	}
	a.Describe(s.path, filepath.Join(s.opt.Dir, KeysDir, keys.CheckpointPublic))
	a.NameAt(s.opt.Dir, s.opt.Now())
	list, err := logproof.ReadPending(s.opt.Dir)
	if err != nil {
		return err
	}
	s.log.Error("the log cannot go on; it is set aside and a new one begins", "folder", a.Name, "reason", a.Why, "entries", a.Entries, "err", cause)
	aside := filepath.Join(s.opt.Dir, logproof.AsideDir)
	for _, dir := range []string{aside, filepath.Join(aside, a.Name)} {
		if err := keys.MakeDir(dir); err != nil {
			return err
		}
		if err := syncDir(filepath.Dir(dir)); err != nil {
			return err
		}
	}
	if err := s.writePending(append(list, a)); err != nil {
		return err
	}
	return s.finishAside()
}

// canMakeKeys: where the system does not let keys be made, a log that is set
// aside would leave nothing to go on with.
func (s *Store) canMakeKeys() error {
	if _, ok := s.opt.Key.(keys.File); ok {
		return nil // made on first use
	}
	if _, err := s.opt.Key.Wrap([]byte("probe"), "probe"); err != nil {
		return &Error{Kind: keyKind(err), Op: "open", Err: fmt.Errorf("no new keys can be made: %w", err)}
	}
	return nil
}

func oneLine(err error) string {
	line := strings.Join(strings.Fields(err.Error()), " ")
	return strings.ToValidUTF8(line[:min(len(line), 500)], "")
}

func (s *Store) writePending(list []logproof.Aside) error {
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return keys.WriteFile(filepath.Join(s.opt.Dir, logproof.PendingFile), text, 0o600)
}

// finishAside moves what is not moved yet of a log that is set aside. It is
// called with nothing of the database open, after a kill as well: until it is
// done nothing new was made, so whatever lies there is the old log's.
func (s *Store) finishAside() error {
	list, err := logproof.ReadPending(s.opt.Dir)
	if err != nil {
		return err
	}
	for i, a := range list {
		if a.Moved {
			continue
		}
		if err := s.moveAside(a); err != nil {
			return fmt.Errorf("set aside %s: %w", a.Name, err)
		}
		list[i].Moved = true
		if err := s.writePending(list); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) moveAside(a logproof.Aside) error {
	to := filepath.Join(s.opt.Dir, logproof.AsideDir, a.Name)
	move := func(name string) error {
		err := os.Rename(filepath.Join(s.opt.Dir, name), filepath.Join(to, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // moved before, or never there
		}
		return err
	}
	if err := keys.MakeDir(to); err != nil {
		return err
	}
	// The write-ahead log first: a database without its own is never taken for
	// whole, because nothing is opened before all is moved.
	for _, name := range []string{logproof.FileName + "-wal", logproof.FileName + "-journal", logproof.FileName, logproof.ArchiveDir, damageFile} {
		if err := move(name); err != nil {
			return err
		}
	}
	if err := os.Remove(s.path + "-shm"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if a.Why == logproof.AsideKeys {
		if err := move(KeysDir); err != nil {
			return err
		}
	} else if err := s.shareKeys(to, move); err != nil {
		return err
	}
	if err := syncDir(to); err != nil {
		return err
	}
	return syncDir(s.opt.Dir)
}

// shareKeys gives a damaged log what it needs to be read: its checkpoint key
// moves, for no other log may be signed with it; a copy of the key that
// protects the data goes along. What else lies there, the device's identity,
// stays in its place alone.
func (s *Store) shareKeys(to string, move func(string) error) error {
	dir := filepath.Join(to, KeysDir)
	if err := keys.MakeDir(dir); err != nil {
		return err
	}
	for _, name := range keys.MasterFiles() {
		b, err := os.ReadFile(filepath.Join(s.opt.Dir, KeysDir, name))
		switch {
		case err == nil:
			if err := keys.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				return err
			}
		case !errors.Is(err, fs.ErrNotExist): // DPAPI has no such file
			return err
		}
	}
	for _, name := range []string{keys.CheckpointPrivate, keys.CheckpointPublic} {
		if err := move(filepath.Join(KeysDir, name)); err != nil {
			return err
		}
	}
	if err := syncDir(dir); err != nil {
		return err
	}
	return syncDir(filepath.Join(s.opt.Dir, KeysDir))
}

// follow names the logs that a new one follows in its first entries.
func (tx *Tx) follow(started *Entry, list []logproof.Aside) {
	if len(list) == 0 {
		return
	}
	last := list[len(list)-1]
	started.Fields["follows_folder"], started.Fields["follows_reason"] = last.Name, last.Why
	if last.Origin != "" {
		started.Fields["follows_origin"] = last.Origin
	}
	if last.Root != "" {
		started.Fields["follows_entries"], started.Fields["follows_root"] = strconv.FormatInt(last.Entries, 10), last.Root
	}
}

// recordAside puts a log that was set aside on record.
func (tx *Tx) recordAside(a logproof.Aside) error {
	fields := map[string]string{"reason": a.Why, "detail": a.Detail, "lost": "settings, registration and notifications are not taken over"}
	if a.Origin != "" {
		fields["origin"] = a.Origin
	}
	if a.Root != "" {
		fields["entries"], fields["root"], fields["signature_checked"] = strconv.FormatInt(a.Entries, 10), a.Root, strconv.FormatBool(a.Checked)
	}
	_, err := tx.Append(Entry{Kind: "log.set-aside", Actor: "system", Subject: a.Name, Fields: fields})
	return err
}

func (tx *Tx) keepAsides(list []logproof.Aside) error {
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return tx.SetSetting(settingAside, string(text))
}

// SetAsides are the logs that this one follows, oldest first, with what was
// read out of them once that is known.
func (s *Store) SetAsides(ctx context.Context) ([]logproof.Aside, error) {
	text, ok, err := s.Setting(ctx, settingAside)
	if err != nil || !ok {
		return nil, err
	}
	var list []logproof.Aside
	return list, json.Unmarshal([]byte(text), &list)
}

// Salvage reads what is left of the logs that were set aside, once each, and
// puts on record how much that is. The log's own work goes on meanwhile.
func (s *Store) Salvage(ctx context.Context) error {
	list, err := s.SetAsides(ctx)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Salvaged != nil {
			continue
		}
		dir := filepath.Join(s.opt.Dir, logproof.AsideDir, a.Name)
		found, err := logproof.Salvage(ctx, filepath.Join(dir, logproof.FileName), filepath.Join(dir, KeysDir, keys.CheckpointPublic), nil)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // the whole folder may have been taken away
			return wrap("salvage", err)
		}
		if err := s.Update(ctx, func(tx *Tx) error {
			if _, err := tx.Append(Entry{Kind: "log.salvaged", Actor: "system", Subject: a.Name, Fields: map[string]string{
				"read": strconv.FormatInt(found.Read, 10), "first": strconv.FormatInt(found.First, 10), "last": strconv.FormatInt(found.Last, 10),
				"proven": strconv.FormatInt(found.Proven, 10), "by_pages": strconv.FormatBool(found.Pages),
			}}); err != nil {
				return err
			}
			return tx.salvaged(a.Name, &found)
		}); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) salvaged(name string, found *logproof.Salvaged) error {
	return tx.eachAside(func(a *logproof.Aside) {
		if a.Name == name {
			a.Salvaged = found
		}
	})
}

// eachAside changes the list of logs that were set aside.
func (tx *Tx) eachAside(change func(*logproof.Aside)) error {
	text, ok, err := tx.Setting(settingAside)
	if err != nil || !ok {
		return err
	}
	var list []logproof.Aside
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return err
	}
	for i := range list {
		change(&list[i])
	}
	return tx.keepAsides(list)
}

// donePending forgets what was under way, once the new log has it on record.
func (s *Store) donePending() error {
	err := os.Remove(filepath.Join(s.opt.Dir, logproof.PendingFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = syncDir(s.opt.Dir)
	}
	return err
}

// sqliteDamage says whether it is SQLite itself that finds the file damaged.
func sqliteDamage(err error) bool {
	var se sqlite3.Error
	return errors.As(err, &se) && (se.Code&0xff == sqlite3.ErrCorrupt || se.Code == sqlite3.ErrNotADB)
}

// reportDamage leaves word for the next opening and has the service start anew,
// once. Called under the writer's turn.
func (s *Store) reportDamage(err error) {
	if s.reported {
		return
	}
	s.reported = true
	f, e := os.OpenFile(filepath.Join(s.opt.Dir, damageFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if e == nil {
		_, e = f.WriteString(oneLine(err) + "\n")
		e = errors.Join(e, f.Sync(), f.Close())
	}
	if e != nil {
		s.log.Error("damage of the log could not be noted", "err", e)
	}
	if s.opt.OnDamaged != nil {
		s.opt.OnDamaged(err)
	}
}

// afterDamage looks at the whole database when damage was reported before.
func (s *Store) afterDamage(ctx context.Context) error {
	text, err := os.ReadFile(filepath.Join(s.opt.Dir, damageFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var found string
	if err := s.conn.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return damaged(errors.New(strings.Join(strings.Fields(found), " ")))
	}
	if n := strings.Count(string(text), "\n"); n >= damageLimit {
		return damaged(fmt.Errorf("SQLite reported damage %d times: %s", n, strings.SplitN(string(text), "\n", 2)[0]))
	}
	return nil
}
