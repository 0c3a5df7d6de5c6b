package drop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"
	"pgregory.net/rapid"

	"beckmanconnect/service/notify"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// rig is a drop folder with a real store behind it.
type rig struct {
	t      testing.TB
	dir    string
	store  *store.Store
	config Config
	folder *Folder
}

func newRig(t testing.TB) *rig {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r := &rig{t: t, dir: t.TempDir(), store: s}
	r.config = Config{
		Folder: r.dir, Alarms: &notify.Alarms{Store: s, Now: time.Now}, Setting: s.Setting,
		Allowed:  func() (bool, string) { return true, "" },
		Verified: func(string, string) (bool, bool) { return false, false },
		Limit:    rate.NewLimiter(rate.Inf, 0),
	}
	r.restart()
	return r
}

func (r *rig) restart() {
	r.folder = New(r.config)
	r.folder.begun = time.Now().Add(-time.Hour)
}

// drop writes a file as software should: under another name, then renamed.
func (r *rig) drop(name, text string) {
	r.t.Helper()
	temporary := filepath.Join(r.dir, name+".tmp")
	if err := os.WriteFile(temporary, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Rename(temporary, filepath.Join(r.dir, name)); err != nil {
		r.t.Fatal(err)
	}
}

// look looks often enough for what stands still to be taken.
func (r *rig) look() {
	r.t.Helper()
	for range 2 {
		if err := r.folder.look(context.Background()); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) notifications() []store.Notification {
	r.t.Helper()
	all, _, err := r.store.Notifications(context.Background(), 0, 1000, false)
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// names in the folder, without rejected.
func (r *rig) names(sub string) []string {
	entries, err := os.ReadDir(filepath.Join(r.dir, sub))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		r.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != Rejected {
			names = append(names, e.Name())
		}
	}
	return names
}

const good = `{"publisher":"lis","code":"queue-full","severity":"low","subject":"queue 1","title":"The queue is full","advice":"Call the LIS team."}`

func TestAFileIsTakenOnce(t *testing.T) {
	r := newRig(t)
	r.drop("a.json", good)
	r.drop("b.txt", good) // not ours
	r.look()
	all := r.notifications()
	if len(all) != 1 || all[0].Code != "local/lis/queue-full" || all[0].Subject != "queue 1" || all[0].Source != notify.SourceLocal || all[0].Verified || all[0].Severity != store.Low {
		t.Fatalf("%+v", all)
	}
	if names := r.names(""); !slices.Equal(names, []string{"b.txt"}) {
		t.Errorf("left: %q", names)
	}
	r.drop("a.json", good) // the same again is another one
	r.look()
	if all = r.notifications(); len(all) != 1 || all[0].Count != 2 {
		t.Errorf("%+v", all)
	}
}

// A file that is being written is left alone.
func TestAFileThatGrows(t *testing.T) {
	r := newRig(t)
	path := filepath.Join(r.dir, "a.json")
	for i := 10; i < len(good); i += 40 {
		if err := os.WriteFile(path, []byte(good[:i]), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.folder.look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.folder.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(r.notifications()); n != 0 || len(r.names(Rejected)) != 0 {
		t.Fatalf("%d were taken and %q rejected while it was written", n, r.names(Rejected))
	}
	r.look()
	if n := len(r.notifications()); n != 1 {
		t.Errorf("%d were taken", n)
	}
}

// What is bad is moved aside with the reason, and changes nothing.
func TestBadFiles(t *testing.T) { // scenarios 15, 30
	for name, row := range map[string]struct{ text, why string }{
		"not json":       {"hello", "not one JSON object"},
		"a field more":   {strings.Replace(good, `"code"`, `"path":"/etc","code"`, 1), "unknown field"},
		"two objects":    {good + good, "something follows"},
		"severity":       {strings.Replace(good, `"low"`, `"urgent"`, 1), "severity"},
		"no title":       {`{"publisher":"lis","code":"x1","severity":"low"}`, "title"},
		"publisher":      {strings.Replace(good, `"lis"`, `"../lis"`, 1), "publisher"},
		"too large":      {`{"title":"` + strings.Repeat("x", MaxSize) + `"}`, "larger than"},
		"empty":          {"", "not one JSON object"},
		"code of others": {strings.Replace(good, `"queue-full"`, `"local/other"`, 1), "code"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.drop("bad.json", row.text)
			r.look()
			if n := len(r.notifications()); n != 0 {
				t.Errorf("%d were taken", n)
			}
			names := r.names(Rejected)
			if len(names) != 2 || !strings.HasSuffix(names[0], "-bad.json") || names[1] != names[0]+reasonSuffix {
				t.Fatalf("rejected: %q", names)
			}
			why, err := os.ReadFile(filepath.Join(r.dir, Rejected, names[1]))
			if err != nil || !strings.Contains(string(why), row.why) || strings.Count(string(why), "\n") != 1 {
				t.Errorf("%q %v", why, err)
			}
			if left := r.names(""); len(left) != 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

func TestAByteOrderMarkIsNoFault(t *testing.T) {
	r := newRig(t)
	r.drop("a.json", "\xEF\xBB\xBF"+good+"\r\n")
	r.look()
	if n := len(r.notifications()); n != 1 {
		t.Errorf("%d, rejected %q", n, r.names(Rejected))
	}
}

func TestOffByPolicy(t *testing.T) { // defaults.md "publishers"
	r := newRig(t)
	r.config.Allowed = func() (bool, string) { return false, "the vendor's policy switches it off" }
	r.restart()
	r.drop("a.json", good)
	r.look()
	if len(r.notifications()) != 0 || len(r.names(Rejected)) != 2 {
		t.Errorf("taken: %d, rejected: %q", len(r.notifications()), r.names(Rejected))
	}
}

// Of too many the rest waits: nothing is lost, and nothing floods.
func TestRateLimit(t *testing.T) {
	r := newRig(t)
	r.config.Limit = rate.NewLimiter(0, 3)
	r.restart()
	for i := range 5 {
		r.drop(fmt.Sprintf("%d.json", i), strings.Replace(good, "queue 1", fmt.Sprint("queue ", i), 1))
	}
	r.look()
	if taken, left := len(r.notifications()), len(r.names("")); taken != 3 || left != 2 {
		t.Errorf("%d taken, %d left", taken, left)
	}
	r.folder.config.Limit.SetBurst(100)
	r.folder.config.Limit.SetLimit(rate.Inf)
	r.look()
	if taken, left := len(r.notifications()), len(r.names("")); taken != 5 || left != 0 {
		t.Errorf("%d taken, %d left", taken, left)
	}
}

func TestRejectedIsBounded(t *testing.T) {
	r := newRig(t)
	for i := range mostRejected + 5 {
		r.drop(fmt.Sprintf("%d.json", i), "x")
		r.look()
	}
	if n := len(r.names(Rejected)); n != 2*mostRejected {
		t.Errorf("%d are kept", n)
	}
}

// What lay there before the service was started is a backlog (B9).
func TestBacklog(t *testing.T) {
	var seen []notify.Observation
	take := taker(func(all []notify.Observation) { seen = append(seen, all...) })
	dir := t.TempDir()
	f := New(Config{Folder: dir, Alarms: take, Allowed: func() (bool, string) { return true, "" }, Verified: func(string, string) (bool, bool) { return false, false }})
	f.begun = time.Now()
	for i, when := range []time.Time{f.begun.Add(-time.Hour), f.begun.Add(time.Hour)} {
		path := filepath.Join(dir, fmt.Sprintf("%d.json", i))
		if err := os.WriteFile(path, []byte(good), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := f.look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 2 || !seen[0].Backlog || seen[1].Backlog || seen[0].Publisher != "lis" {
		t.Errorf("%+v", seen)
	}
}

type taker func([]notify.Observation)

func (f taker) Apply(_ context.Context, seen []notify.Observation, _ func(*store.Tx) error) error {
	f(seen)
	return nil
}

// killed commits, or not, and dies before the file is deleted.
type killed struct {
	notify.Taker
	commits bool
}

func (k killed) Apply(ctx context.Context, seen []notify.Observation, also func(*store.Tx) error) error {
	if k.commits {
		if err := k.Taker.Apply(ctx, seen, also); err != nil {
			return err
		}
	}
	panic("killed")
}

// Killed before or after the commit, each file counts exactly once.
func TestOnceThroughCrashes(t *testing.T) { // scenario 47
	r := newRig(t)
	alarms := r.config.Alarms
	n, dropped := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		rt.Repeat(map[string]func(*rapid.T){
			"drop": func(*rapid.T) {
				n++
				dropped++
				r.drop(fmt.Sprintf("%d.json", n%3), good) // names come again; what lies there is replaced
				r.look()
			},
			"look": func(*rapid.T) { r.look() },
			"killed": func(rt *rapid.T) {
				n++
				dropped++
				r.config.Alarms = killed{alarms, rapid.Bool().Draw(rt, "commits")}
				r.restart()
				r.drop(fmt.Sprintf("%d.json", n%3), good)
				func() {
					defer func() { _ = recover() }()
					for range 2 {
						_ = r.folder.look(context.Background())
					}
				}()
				r.config.Alarms = alarms
				r.restart()
				r.look()
			},
			"restart": func(*rapid.T) { r.restart() },
		})
		r.look()
		all := r.notifications()
		if dropped == 0 {
			return
		}
		if len(all) != 1 || int(all[0].Count) != dropped {
			rt.Fatalf("%d files, counted %+v", dropped, all)
		}
	})
}

// The part says when its folder is not there, and goes on when it is.
func TestRun(t *testing.T) {
	r := newRig(t)
	dir := filepath.Join(r.dir, "later")
	r.config.Folder, r.config.Every = dir, time.Millisecond
	alive := make(chan string, 1000)
	r.config.Alive = func(s string) {
		select {
		case alive <- s:
		default:
		}
	}
	said := make(chan string, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- New(r.config).Run(ctx, func(state, detail string) {
			if state == supervise.Degraded {
				select {
				case said <- detail:
				default:
				}
			}
		})
	}()
	if s := <-said; !strings.Contains(s, "is not there") {
		t.Error(s)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if s := <-alive; s != "local/drop" {
		t.Error(s)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("\xEF\xBB\xBF{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		pub, why := parse(text)
		if why != "" {
			return
		}
		o, err := pub.Observation()
		if err == nil && (!strings.HasPrefix(o.Code, "local/") || o.Verified || strings.ContainsAny(o.Texts[0].Title, "\n\r\x1b")) {
			t.Errorf("%+v", o)
		}
	})
}
