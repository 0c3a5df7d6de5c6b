package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/notify/words"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// recorder takes what is told.
type recorder struct {
	mu   sync.Mutex
	told []string
}

func (r *recorder) Apply(_ context.Context, seen []notify.Observation, _ func(*store.Tx) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range seen {
		if o.Source != notify.SourceMachine || !o.Condition || !o.Ends || !o.Verified {
			r.told = append(r.told, fmt.Sprintf("wrong: %+v", o))
		}
		if !o.Clear { // an end of what never was is no news
			r.told = append(r.told, strings.TrimSpace("raised "+o.Code+" "+o.Subject))
		} else if slices.Contains(r.told, strings.TrimSpace("raised "+o.Code+" "+o.Subject)) {
			r.told = append(r.told, strings.TrimSpace("cleared "+o.Code+" "+o.Subject))
		}
	}
	return nil
}

// pc is a PC on which all is well.
type pc struct {
	used      map[string]float64
	free      uint64
	volumes   map[string]string
	disks     []diskState
	drives    []driveState
	drivesErr error
	available float64
	load      load
	sensors   []sensor
	network   bool
	restart   bool
	services  map[string]steady.Level
	programs  map[string]bool
	newest    time.Time
	newestErr error
	now       time.Time
	fail      error
}

func well() *pc {
	now := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	return &pc{
		used: map[string]float64{}, free: 100 * gib, volumes: map[string]string{}, available: 50, network: true, now: now, newest: now.Add(-time.Hour),
		services: map[string]steady.Level{"lis": steady.Good}, programs: map[string]bool{"analyser": true},
		sensors: []sensor{{now: 50, high: 90, critical: 100}}, drives: []driveState{{name: "Disk …1234", level: steady.Good}},
	}
}

func (p *pc) system() *system {
	return &system{
		root: "/", now: func() time.Time { return p.now },
		usage:  func(_ context.Context, path string) (float64, uint64, error) { return p.used[path], p.free, p.fail },
		volume: func(path string) (string, error) { return p.volumes[path] + path, nil },
		health: func(context.Context) ([]diskState, error) { return p.disks, nil },
		smart:  func(context.Context) ([]driveState, error) { return p.drives, p.drivesErr },
		memory: func(context.Context) (float64, error) { return p.available, p.fail },
		processor: func(context.Context) (load, error) {
			p.load.total += 60
			return p.load, nil
		},
		temperatures: func(context.Context) ([]sensor, error) { return p.sensors, nil },
		network:      func() (bool, error) { return p.network, nil },
		restart:      func() (bool, error) { return p.restart, nil },
		services:     func(context.Context, []string) (map[string]steady.Level, error) { return p.services, p.fail },
		programs:     func(context.Context, []string) (map[string]bool, error) { return p.programs, nil },
		newest:       func(string) (time.Time, error) { return p.newest, p.newestErr },
		events:       func(context.Context, []string, map[string]string) reading { return reading{} },
	}
}

// P2: each fault of this PC is an alarm after it has stood for a while, and is
// over when it is.
func TestFaults(t *testing.T) {
	for name, row := range map[string]struct {
		config func(*Config)
		bad    func(*pc)
		code   string
		looks  int // until it is an alarm
	}{
		"the instrument's folder": {
			func(c *Config) {
				c.Folder = &Folder{Path: "/data", Code: "disk-nearly-full", Severity: store.High, Raise: 90, Clear: 85}
			},
			func(p *pc) { p.used["/data"] = 91 }, "disk-nearly-full /data", 1,
		},
		"the system's volume": {nil, func(p *pc) { p.used["/"], p.free = 96, 3*gib }, "disk-space-low /", 1},
		"the product's volume": {
			func(c *Config) { c.Data = "/srv" }, func(p *pc) { p.used["/srv"], p.free = 91, 3*gib }, "disk-space-low /srv", 1,
		},
		"a failing disk": {nil, func(p *pc) { p.disks[0].failing = true }, "disk-errors sda", 1},
		"a disk that expects to fail": {
			nil, func(p *pc) { p.drives[0].level = steady.Bad }, "disk-failing Disk …1234", 1,
		},
		"memory":      {nil, func(p *pc) { p.available = 4 }, "memory-low", 5},
		"processor":   {nil, func(p *pc) { p.load.busy += 57 }, "processor-busy", 15},
		"temperature": {nil, func(p *pc) { p.sensors[0].now = 95 }, "pc-too-hot", 3},
		"no limit but the critical": {
			nil, func(p *pc) { p.sensors[0] = sensor{now: 91, critical: 100} }, "pc-too-hot", 3,
		},
		"clock":   {func(c *Config) { c.ClockOffset = clockOf }, func(*pc) { offset = -3 * time.Minute }, "clock-wrong", 2},
		"network": {nil, func(p *pc) { p.network = false }, "network-down", 3},
		"restart": {nil, func(p *pc) { p.restart = true }, "restart-pending", 2},
		"service": {
			func(c *Config) { c.Services = []string{"lis"} }, func(p *pc) { p.services["lis"] = steady.Bad }, "service-stopped lis", 3,
		},
		"program": {
			func(c *Config) { c.Processes = []string{"analyser"} }, func(p *pc) { p.programs["analyser"] = false }, "program-not-running analyser", 3,
		},
		"certificate": {
			func(c *Config) {
				c.Certificates = []Certificate{{"LIS", func() (time.Time, bool, error) { return ends, true, nil }}}
			},
			func(p *pc) { ends = p.now.Add(20 * 24 * time.Hour) }, "certificate-ends LIS", 1,
		},
		"backup": {
			func(c *Config) { c.Backups, c.BackupWithin = "/backup", 26*time.Hour }, func(p *pc) { p.newest = p.now.Add(-27 * time.Hour) }, "backup-late", 2,
		},
		"no backup at all": {
			func(c *Config) { c.Backups, c.BackupWithin = "/backup", 26*time.Hour }, func(p *pc) { p.newestErr = fs.ErrNotExist }, "backup-late", 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			offset, ends = 0, well().now.Add(365*24*time.Hour)
			to, pc := &recorder{}, well()
			pc.disks = []diskState{{name: "sda"}}
			config := Config{Alarms: to, system: pc.system()}
			if row.config != nil {
				row.config(&config)
			}
			s := New(config)
			at := pc.now
			round := func() {
				s.round(t.Context(), at, func(string, string) {})
				at = at.Add(seldom) // what is looked at seldom, too
			}
			for range 3 {
				round()
			}
			if len(to.told) != 0 {
				t.Fatalf("all was well: %q", to.told)
			}
			for i := range row.looks {
				if len(to.told) != 0 {
					t.Fatalf("told after %d looks, not %d", i, row.looks)
				}
				row.bad(pc)
				round()
			}
			want := []string{"raised " + row.code}
			if !slices.Equal(to.told, want) {
				t.Fatalf("%q, want %q", to.told, want)
			}
			if name == "network" && !s.NetworkDown() {
				t.Error("the network is not said to be down")
			}
			*pc = *well()
			pc.disks = []diskState{{name: "sda"}}
			offset, ends = 0, pc.now.Add(365*24*time.Hour)
			for range 6 {
				round()
			}
			if want = append(want, "cleared "+row.code); !slices.Equal(to.told, want) {
				t.Errorf("%q, want %q", to.told, want)
			}
		})
	}
}

var (
	offset time.Duration
	ends   time.Time
)

func clockOf() (time.Duration, bool) { return offset, true }

// A volume is told once, however many of the folders lie on it.
func TestAVolumeIsToldOnce(t *testing.T) {
	to, pc := &recorder{}, well()
	pc.used, pc.free = map[string]float64{"/": 97, "/data": 97, "/srv": 97}, gib
	system := pc.system()
	system.volume = func(string) (string, error) { return "one", nil }
	s := New(Config{Alarms: to, system: system, Data: "/srv", Folder: &Folder{Path: "/data", Code: "disk-nearly-full", Raise: 90, Clear: 85}})
	for range 3 {
		s.round(t.Context(), pc.now, func(string, string) {})
	}
	if !slices.Equal(to.told, []string{"raised disk-nearly-full /data"}) {
		t.Errorf("%q", to.told)
	}
}

func TestRoom(t *testing.T) {
	for _, row := range []struct {
		used float64
		free uint64
		want steady.Level
	}{
		{96, 2 * gib, steady.Bad}, {96, 400 * gib, steady.Good}, {91, 9 * gib, steady.Bad}, {91, 11 * gib, steady.Between}, {91, 40 * gib, steady.Good},
		{84, gib, steady.Good}, {88, gib, steady.Between}, {97, 55 * gib, steady.Between}, {100, 0, steady.Bad},
	} {
		if got := room(row.used, row.free); got != row.want {
			t.Errorf("%.0f %% used, %d GiB free: %d, want %d", row.used, row.free/gib, got, row.want)
		}
	}
}

// What cannot be looked at is said to be unknown, ends nothing and raises
// nothing; the rest goes on.
func TestUnknownIsSaid(t *testing.T) {
	to, pc := &recorder{}, well()
	pc.available = 2
	s := New(Config{Alarms: to, system: pc.system(), Services: []string{"lis"}})
	var state, detail string
	round := func() { s.round(t.Context(), pc.now, func(a, b string) { state, detail = a, b }) }
	for range 5 {
		round()
	}
	pc.fail, pc.available = errors.New("not for this account"), 50
	for range 20 {
		round()
	}
	if !slices.Equal(to.told, []string{"raised memory-low"}) {
		t.Errorf("%q", to.told)
	}
	if state != supervise.OK || !strings.Contains(detail, "memory (not for this account)") || !strings.Contains(detail, "clock (the cloud has not") {
		t.Errorf("%s %q", state, detail)
	}
}

// A look that never comes back keeps nothing else waiting, and is not begun
// again.
func TestALookThatHangs(t *testing.T) {
	to, pc := &recorder{}, well()
	pc.restart = true
	begun := make(chan struct{}, 10)
	release := make(chan struct{})
	system := pc.system()
	system.newest = func(string) (time.Time, error) {
		begun <- struct{}{}
		<-release
		return pc.now, nil
	}
	s := New(Config{Alarms: to, system: system, Backups: "/dead/share", BackupWithin: time.Hour})
	for _, c := range s.checks {
		if c.name != "backup" {
			continue
		}
		c.wait = time.Nanosecond
	}
	s.round(t.Context(), pc.now, func(string, string) {})
	<-begun
	for range 2 {
		s.round(t.Context(), pc.now, func(string, string) {})
	}
	if len(begun) != 0 {
		t.Error("begun again")
	}
	if !slices.Equal(to.told, []string{"raised restart-pending"}) {
		t.Errorf("%q", to.told)
	}
	close(release)
}

// What was open before a restart and is not watched any more ends.
func TestWhatIsNoLongerWatchedEnds(t *testing.T) {
	to, pc := &recorder{told: []string{"raised service-stopped old"}}, well()
	s := New(Config{Alarms: to, system: pc.system(), Open: func(context.Context, string) ([]steady.Key, error) {
		return []steady.Key{{Code: "service-stopped", Subject: "old"}, {Code: "memory-low"}}, nil
	}})
	s.round(t.Context(), pc.now, func(string, string) {})
	if !slices.Contains(to.told, "cleared service-stopped old") || slices.Contains(to.told, "cleared memory-low") {
		t.Errorf("%q", to.told)
	}
}

// What a disk said of itself stands while nobody can be asked, over a restart
// too; its own good word ends it, and so does another disk in its place.
func TestWhatADiskSaidStands(t *testing.T) { // P2
	raised, cleared := "raised disk-failing Disk …1234", "cleared disk-failing Disk …1234"
	for name, row := range map[string]struct {
		drives []driveState
		err    error
		detail string
		looks  int
		ends   bool
	}{
		"nobody to ask": {nil, errors.New("UDisks2 does not run"), "SMART (UDisks2 does not run)", 3, false},
		"not read yet":  {[]driveState{{"Disk …1234", steady.Unknown, "not read yet"}}, nil, "SMART (Disk …1234: not read yet)", 3, false},
		"still fails":   {[]driveState{{"Disk …1234", steady.Bad, ""}}, nil, "", 3, false},
		"good once":     {[]driveState{{"Disk …1234", steady.Good, ""}}, nil, "", 1, false},
		"good":          {[]driveState{{"Disk …1234", steady.Good, ""}}, nil, "", 2, true},
		"replaced":      {[]driveState{{"Disk …9876", steady.Good, ""}}, nil, "", 1, true},
		"taken out":     {nil, nil, "no disk here says how it is", 1, true},
	} {
		to, pc := &recorder{told: []string{raised}}, well()
		pc.drives, pc.drivesErr = row.drives, row.err
		s := New(Config{Alarms: to, system: pc.system(), Open: func(context.Context, string) ([]steady.Key, error) {
			return []steady.Key{{Code: codeFailing, Subject: "Disk …1234"}}, nil
		}})
		detail := ""
		for i := range row.looks {
			s.round(t.Context(), pc.now.Add(time.Duration(i)*seldom), func(_, d string) { detail = d })
		}
		if slices.Contains(to.told, cleared) != row.ends || !strings.Contains(detail, row.detail) || strings.Contains(detail, "SMART") != (row.detail != "") {
			t.Errorf("%s: %q, %s", name, to.told, detail)
		}
	}
}

func TestDriveNames(t *testing.T) {
	for _, row := range []struct{ model, serial, want string }{
		{"Samsung SSD 870 EVO 1TB", "S5Y1NG0N123456A", "Samsung SSD 870 EVO 1TB …456A"},
		{"  QEMU\nHARDDISK ", "42", "QEMU HARDDISK 42"}, {"", "S5Y1NG0N", "…NG0N"}, {"Disk", "  ", "Disk"}, {"", "", ""},
		{"a\u202eb\x1b[2J", "", "ab[2J"}, {strings.Repeat("x", 200), "1234567", strings.Repeat("x", 59) + "… …4567"},
	} {
		if got := driveName(row.model, row.serial); got != row.want {
			t.Errorf("%q %q: %q, want %q", row.model, row.serial, got, row.want)
		}
	}
}

// Every code has texts.
func TestEveryCodeHasTexts(t *testing.T) {
	pc := well()
	pc.disks = []diskState{{name: "sda"}}
	s := New(Config{
		system: pc.system(), Services: []string{"lis"}, Processes: []string{"analyser"}, Backups: "/b", Data: "/srv",
		Certificates: []Certificate{{"x", func() (time.Time, bool, error) { return pc.now, true, nil }}},
	})
	codes, err := words.Codes()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.checks {
		found, _ := c.look(t.Context()) // the clock is not known
		if len(found) == 0 {
			t.Errorf("%s looks at nothing", c.name)
		}
		for _, f := range found {
			if !slices.Contains(s.board.Codes, f.Code) {
				t.Errorf("%s is not among the codes", f.Code)
			}
			if !slices.Contains(codes, f.Code) || len(f.Texts) != len(words.Languages()) || f.Severity == 0 {
				t.Errorf("%s: %s has %d texts", c.name, f.Code, len(f.Texts))
			}
		}
	}
}

// Real looks at the machine the test runs on: nothing fails that should not,
// and what is not known is said.
func TestThisPC(t *testing.T) { // P2
	to := &recorder{}
	backups := t.TempDir()
	if err := os.WriteFile(filepath.Join(backups, "today.bak"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := New(Config{Alarms: to, Data: t.TempDir(), Backups: backups, BackupWithin: time.Hour, Processes: []string{"no-such-program"}})
	detail := "never said"
	s.round(t.Context(), time.Now(), func(state, d string) {
		if state != supervise.OK {
			t.Errorf("%s %s", state, d)
		}
		detail = d
	})
	for _, must := range []string{"disk space", "memory", "processor", "backup", "programs"} {
		if strings.Contains(detail, must+" (") {
			t.Errorf("cannot be known here: %s", detail)
		}
	}
	t.Log(detail)
}

func TestNewestBackup(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-48 * time.Hour)
	for _, name := range []string{"a", "b"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := newest(dir); err != nil || !got.Equal(old.Truncate(time.Microsecond)) && got.Sub(old).Abs() > time.Second {
		t.Errorf("%s %v", got, err)
	}
	if err := os.Mkdir(filepath.Join(dir, "c"), 0o700); err != nil { // a backup may be a folder
		t.Fatal(err)
	}
	if got, err := newest(dir); err != nil || time.Since(got) > time.Hour {
		t.Errorf("%s %v", got, err)
	}
	if _, err := newest(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
