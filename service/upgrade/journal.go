package upgrade

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"

	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/versions"
)

// Kinds of entries, as the contract names them.
const (
	kindSwitched       = "switched"
	kindHealthy        = "healthy"
	kindUnhealthy      = "unhealthy"
	kindRolledBack     = "rolled-back"
	kindFailed         = "failed"
	kindRefused        = "refused"
	kindServiceStopped = "service-stopped"
	kindServiceStarted = "service-started"
)

// The journal's bounds. What is beyond them, the oldest, is dropped.
const (
	maxEntries   = 500
	maxEntryText = 400     // of one field, bytes
	maxJournal   = 1 << 20 // of the file: more was not written by us
)

// entry is one line of the journal.
type entry struct {
	Sequence uint64            `json:"seq"`
	TimeMs   int64             `json:"ms"`
	Kind     string            `json:"kind,omitempty"` // "": only the sequence counts
	Fields   map[string]string `json:"fields,omitempty"`
}

// journal is what happened, kept until the log of the service has taken it
// over: the service is away just when there is most to tell. Each entry is a
// line of JSON and on disk when add returns. It is safe for concurrent use.
type journal struct {
	path string
	log  *slog.Logger
	now  func() time.Time

	mu      sync.Mutex
	entries []entry
	last    uint64 // sequence of the newest entry there ever was
	torn    bool   // the file does not end with what entries says
}

// openJournal reads the journal in dir. A last line that was torn by a power
// loss is left out; so is what somebody else made of the file.
func openJournal(dir string, now func() time.Time, log *slog.Logger) *journal {
	j := &journal{path: filepath.Join(dir, "journal"), log: log, now: now}
	info, err := os.Lstat(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return j
	}
	var text []byte
	switch {
	case err != nil:
	case !info.Mode().IsRegular() || info.Size() > maxJournal:
		err = errors.New("it is not the file that was written here")
	default:
		text, err = os.ReadFile(j.path)
	}
	if err != nil {
		log.Error("the upgrade journal is lost", "error", err)
		j.torn = true
		return j
	}
	j.entries, j.last, j.torn = readJournal(text)
	return j
}

// readJournal returns the entries of a journal's text and the newest sequence.
// torn: there is something that is no entry.
func readJournal(text []byte) (entries []entry, last uint64, torn bool) {
	torn = len(text) > 0 && !bytes.HasSuffix(text, []byte("\n"))
	if torn {
		text = text[:bytes.LastIndexByte(text, '\n')+1]
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxJournal+1)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Sequence == 0 || e.Kind != "" && e.Sequence <= last {
			torn = true
			continue
		}
		last = max(last, e.Sequence)
		if e.Kind != "" {
			entries = append(entries, e)
		}
	}
	if over := len(entries) - maxEntries; over > 0 {
		entries, torn = entries[over:], true
	}
	return entries, last, torn
}

// add writes an entry down. That it cannot is logged and stops nothing: an
// upgrade or the way back matters more than its record.
func (j *journal) add(kind string, fields map[string]string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := entry{Sequence: j.last + 1, TimeMs: j.now().UnixMilli(), Kind: kind, Fields: map[string]string{}}
	for name, value := range fields {
		if value != "" {
			e.Fields[name] = plain(value)
		}
	}
	j.entries, j.last = append(j.entries, e), e.Sequence
	rewrite := j.torn
	if over := len(j.entries) - maxEntries; over > 0 {
		// Half of it at once: one rewrite for many entries.
		j.entries, rewrite = append([]entry(nil), j.entries[over+maxEntries/2:]...), true
	}
	var err error
	if rewrite {
		err = j.rewrite()
	} else {
		err = j.appendLine(e)
	}
	if err != nil {
		j.torn = true // the next one writes all of it again
		j.log.Error("the upgrade journal could not be written", "kind", kind, "error", err)
	}
}

func (j *journal) appendLine(e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = os.Lstat(j.path)
	fresh := errors.Is(err, fs.ErrNotExist)
	f, err := os.OpenFile(j.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|noFollow, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if fresh {
		return versions.SyncDir(filepath.Dir(j.path))
	}
	return nil
}

// rewrite replaces the file. Its first line keeps the sequence when all
// entries are gone.
func (j *journal) rewrite() error {
	var text bytes.Buffer
	to := json.NewEncoder(&text)
	if len(j.entries) == 0 {
		if err := to.Encode(entry{Sequence: j.last}); err != nil {
			return err
		}
	}
	for _, e := range j.entries {
		if err := to.Encode(e); err != nil {
			return err
		}
	}
	if err := versions.WriteFile(j.path, text.Bytes(), 0o600); err != nil {
		return err
	}
	j.torn = false
	return nil
}

// oldest are the first entries, at most limit.
func (j *journal) oldest(limit int) []*upgradepb.JournalEntry {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []*upgradepb.JournalEntry
	for _, e := range j.entries[:min(limit, len(j.entries))] {
		out = append(out, &upgradepb.JournalEntry{Sequence: e.Sequence, TimeMs: e.TimeMs, Kind: e.Kind, Fields: e.Fields})
	}
	return out
}

// taken forgets the entries up to a sequence.
func (j *journal) taken(sequence uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	keep := 0
	for keep < len(j.entries) && j.entries[keep].Sequence <= sequence {
		keep++
	}
	if keep == 0 {
		return nil
	}
	before := j.entries
	j.entries = append([]entry(nil), before[keep:]...)
	if err := j.rewrite(); err != nil {
		j.entries = before
		return fmt.Errorf("upgrade: journal: %w", err)
	}
	return nil
}

// has tells whether an entry of this kind about this release is not taken yet.
func (j *journal) has(kind, digest string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.entries {
		if e.Kind == kind && e.Fields["digest"] == digest {
			return true
		}
	}
	return false
}

// plain makes a field one short line without control characters.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	if len(s) > maxEntryText {
		s = strings.ToValidUTF8(s[:maxEntryText], "") + "…"
	}
	return s
}
