package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"beckmanconnect/service/profile"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

const (
	settingTail = "notify.tail"
	// A log without anything to tell is remembered only now and then: reading
	// the same lines again after a crash has no effect.
	saveEvery = 30 * time.Second
	saveBytes = 4 << 20
	// lookEvery finds what the system's notice misses: shares, replaced folders.
	lookEvery = time.Second
	retry     = 2 * time.Second
	// asleepFor without a look means that the PC slept: what is read then is as
	// old as what was written while the service was down.
	asleepFor = time.Minute
)

// LogSource follows a log of the instrument's software.
type LogSource struct {
	Path    string
	Name    string // of the profile's logs; empty: a profile without any
	Profile *profile.Profile
	Alarms  *Alarms
	// OnRun is told of the instrument's run, at the start and when it changes;
	// nil: this log does not say.
	OnRun func(Run)
	// Further: it is not the first log that is followed; each has a place of its
	// own.
	Further bool
	Alive   Alive // told as SourceLog, of a further one with "/" and its file name; nil: nobody
	Log     *slog.Logger
}

// place is what is remembered of a log, in the same transaction as what its
// lines raised.
type place struct {
	Path     string   `json:"path"`
	Position Position `json:"position"`
	Run      Run      `json:"run"`
	// Lines is what the reader of lines knows of those before: rates go on
	// over a restart.
	Lines profile.State `json:"lines,omitzero"`
	// Profile is the digest of the one that Run and Lines come of; another one
	// knows nothing of either.
	Profile string `json:"profile,omitempty"`
}

// lineReader says what lines mean; the profile's is one.
type lineReader interface {
	Read(line string) (found []profile.Found, run Run)
	ReadRest(early, line string) (found []profile.Found, run Run)
	State() profile.State
	Restore(profile.State)
}

type logReader struct {
	LogSource
	report supervise.Report
	tail   *Tail
	lines  lineReader
	run    Run
	saved  time.Time
	offset int64     // at the last save
	behind bool      // what is read now was written while nobody listened
	looked time.Time // by the wall clock, which goes on while the PC sleeps
	apply  func(context.Context, []Observation, func(*store.Tx) error) error
}

// key is where the place of this log is kept.
func (s LogSource) key() string {
	if !s.Further {
		return settingTail
	}
	sum := sha256.Sum256([]byte(s.Path))
	return settingTail + "/" + hex.EncodeToString(sum[:8])
}

// Label names the source, for its status and its signs of life.
func (s LogSource) Label() string {
	if !s.Further {
		return SourceLog
	}
	return SourceLog + "/" + filepath.Base(s.Path)
}

// Run follows the log until ctx ends.
func (s LogSource) Run(ctx context.Context, report supervise.Report) error {
	if s.OnRun == nil {
		s.OnRun = func(Run) {}
	}
	if s.Alive == nil {
		s.Alive = func(string) {}
	}
	r := &logReader{LogSource: s, report: report, run: RunUnknown}
	if err := r.restore(ctx); err != nil {
		return err
	}
	s.OnRun(r.run)
	notice, stop := watchFolder(filepath.Dir(s.Path), s.Log)
	defer stop()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		more, err := r.step(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			report(supervise.Degraded, "the instrument's log is not there (yet)")
		case err != nil:
			report(supervise.Degraded, err.Error())
			if !sleep(ctx, retry) {
				return ctx.Err()
			}
			continue
		default:
			s.Alive(s.Label())
			report(supervise.OK, "")
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-notice:
		case <-tick.C:
		}
	}
}

func (r *logReader) restore(ctx context.Context) error {
	r.apply = r.Alarms.Apply
	if r.lines == nil {
		r.lines = profile.NewReader(r.Profile, r.Name, r.Alarms.Now)
	}
	text, ok, err := r.Alarms.Store.Setting(ctx, r.key())
	if err != nil {
		return fmt.Errorf("notify: where the log was read to: %w", err)
	}
	var p place
	if !ok || json.Unmarshal([]byte(text), &p) != nil || p.Path != r.Path {
		r.tail = NewTail(r.Path, nil)
		return nil
	}
	r.tail, r.offset, r.behind = NewTail(r.Path, &p.Position), p.Position.Offset, true
	if p.Profile == r.digest() {
		r.lines.Restore(p.Lines)
		r.run = p.Run
	}
	return nil
}

// step looks once and commits what it brought. After a failure the next look
// begins at the same byte.
func (r *logReader) step(ctx context.Context) (more bool, err error) {
	first := !r.tail.begun
	now := time.Now().Round(0)
	if !r.looked.IsZero() && now.Sub(r.looked) > asleepFor {
		r.behind = true
	}
	r.looked = now
	step, err := r.tail.Next()
	if err != nil && len(step.Lines) == 0 {
		r.behind = r.behind && !errors.Is(err, fs.ErrNotExist)
		return false, err
	}
	run := r.run
	if step.Gap {
		run = RunUnknown // whatever was in the lines that are gone
		r.Log.Warn("the log was replaced and some lines may be lost", "log", r.Path)
	}
	before := r.lines.State()
	seen, changed := r.read(step)
	if changed != "" {
		run = changed
	}
	if len(seen) > 0 || run != r.run || first || r.overdue(step.After) {
		if err := r.apply(ctx, seen, func(tx *store.Tx) error { return r.remember(tx, step.After, run) }); err != nil {
			r.lines.Restore(before) // the same lines come again
			return false, err
		}
		r.saved, r.offset = time.Now(), step.After.Offset
	}
	r.tail.Commit(step.After)
	r.behind = r.behind && step.More
	if run != r.run {
		r.run = run
		r.OnRun(run)
	}
	return step.More, err
}

// read gives what the lines of a step say.
func (r *logReader) read(step Step) (seen []Observation, run Run) {
	for i, line := range step.Lines {
		var found []profile.Found
		var changed Run
		if i == 0 && step.Early != "" {
			found, changed = r.lines.ReadRest(step.Early, line)
		} else {
			found, changed = r.lines.Read(line)
		}
		for _, o := range observations(found, r.sample()) {
			o.Backlog = r.behind
			seen = append(seen, o)
		}
		if changed != "" {
			run = changed
		}
	}
	return seen, run
}

func (r *logReader) sample() bool { return r.Profile != nil && r.Profile.Sample }

func (r *logReader) digest() string {
	if r.Profile == nil {
		return ""
	}
	return r.Profile.Digest
}

func (r *logReader) overdue(p Position) bool {
	moved := p.Offset - r.offset
	return moved < 0 || moved > saveBytes || (moved != 0 && time.Since(r.saved) > saveEvery)
}

func (r *logReader) remember(tx *store.Tx, p Position, run Run) error {
	text, err := json.Marshal(place{r.Path, p, run, r.lines.State(), r.digest()})
	if err != nil {
		return err
	}
	return tx.SetSetting(r.key(), string(text))
}

// watchFolder has the system tell when something in the log's folder changes.
// Where it cannot, the regular look is all there is.
func watchFolder(dir string, log *slog.Logger) (notice <-chan struct{}, stop func()) {
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		if err = watcher.Add(dir); err != nil {
			watcher.Close()
		}
	}
	if err != nil {
		log.Debug("changes of the log are not told by the system", "folder", dir, "error", err)
		return nil, func() {}
	}
	told := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case _, ok := <-watcher.Events:
				if !ok {
					return
				}
			case _, ok := <-watcher.Errors: // too many at once: look anyway
				if !ok {
					return
				}
			}
			select {
			case told <- struct{}{}:
			default:
			}
		}
	}()
	return told, func() {
		watcher.Close()
		<-done
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
