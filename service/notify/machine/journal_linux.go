package machine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// journal is systemd's, read by its own reader: the format of its files has no
// well-kept reader in Go alone. The reader is started once a round and only for
// what is configured, by its full path, without an environment, and is neither
// waited for nor listened to for ever.
type journal struct {
	program string
	options []string // before all others
	folders []string // where systemd-journald keeps journals, one folder in each for a PC
	wait    time.Duration
	most    int64 // bytes that are read of it in one round
}

const (
	placeJournal = "journal"       // cursor of the last entry that was dealt with; empty: there was none
	placeNames   = "journal.names" // of whom that is

	journalWait = 5 * time.Second
	// mostOutput is what one round may have to pass over: entries of which
	// somebody made a single line of megabytes.
	mostOutput = 64 << 20
	// longestEntry is far above any that says no more than what is asked of it.
	longestEntry = 64 << 10
)

var (
	errNoJournalctl  = errors.New("there is no journalctl here")
	errNoJournal     = errors.New("there is no journal here")
	errJournalRights = errors.New("the service's account may not read the journal; it has to be in the group systemd-journal")
	errJournalLost   = errors.New("the journal no longer holds the entry it was read to; what was logged since and is gone is not known")
	errJournalLong   = errors.New("an entry of the journal is too long to be read")
	errJournalMuch   = errors.New("the journal says too much at once")
)

func readEvents() eventReader {
	return journal{
		program: "/usr/bin/journalctl", folders: []string{"/run/log/journal", "/var/log/journal"}, wait: journalWait, most: mostOutput,
	}.read
}

// read is an eventReader. It begins at the entry of the place and not behind
// it: that entry shows that the journal still reaches back so far, and where it
// does not, journalctl of systemd 252 would skip another one.
func (j journal) read(ctx context.Context, names []string, places map[string]string) reading {
	if err := j.readable(); err != nil {
		return reading{err: err}
	}
	r := reading{places: map[string]string{placeNames: fingerprint(names)}}
	place, known := places[placeJournal]
	since, ok := cursorTime(place)
	// Without its names a place is nobody's: who was added since has a history.
	// One of a time to come was made by a clock that was wrong.
	known = known && places[placeNames] == r.places[placeNames] && (place == "" || ok && since.Before(time.Now().Add(time.Hour)))
	var from []string
	switch {
	case !known:
		place, from = "", []string{"--lines=1"}
	case place != "":
		from = []string{"--cursor=" + place}
	}
	last, first, lost := place, true, place != ""
	long, err := j.run(ctx, append(from, matches(names)...), func(line []byte) bool {
		e, ok := parseEntry(line)
		if !ok {
			r.note = errNotUnderstood
			return true
		}
		if first {
			first, lost = false, lost && e.cursor != place
			if known && e.cursor == place {
				return true
			}
		}
		if lost && !e.time.After(since) {
			return true // the nearest to a place that is gone may be older
		}
		last = e.cursor
		if event, ok := e.event(names); ok && known {
			r.found = append(r.found, event)
		}
		r.more = len(r.found) == mostEvents
		return known && !r.more
	})
	if err == nil && long > 0 {
		err = errJournalLong
	}
	r.places[placeJournal] = last
	switch {
	case err != nil && last == place && (err != errJournalLong || !known):
		return reading{err: err}
	case err != nil:
		r.note = err
	case lost && r.note == nil:
		r.note = errJournalLost
	}
	return r
}

// readable says in words why the journal cannot be read, where that is so. Asked
// without the right to, journalctl may answer that there is nothing.
func (j journal) readable() error {
	if _, err := os.Stat(j.program); err != nil {
		return errNoJournalctl
	}
	why := errNoJournal
	for _, folder := range j.folders {
		pcs, err := os.ReadDir(folder)
		errs := []error{err}
		for _, pc := range pcs {
			f, err := os.Open(filepath.Join(folder, pc.Name(), "system.journal"))
			if err == nil {
				return f.Close()
			}
			errs = append(errs, err)
		}
		if errors.Is(errors.Join(errs...), fs.ErrPermission) {
			why = errJournalRights
		}
	}
	return why
}

// fingerprint of names, in whatever order they stand.
func fingerprint(names []string) string {
	sum := sha256.Sum256([]byte(strings.Join(slices.Sorted(slices.Values(names)), "\x00")))
	return hex.EncodeToString(sum[:8])
}
