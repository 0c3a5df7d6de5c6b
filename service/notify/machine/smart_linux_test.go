package machine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"pgregory.net/rapid"

	"beckmanconnect/service/notify/steady"
)

// udisksDouble is UDisks2, as far as it is asked and as its interface documents
// it.
type udisksDouble struct {
	mu      sync.Mutex
	objects udisksObjects
	entered chan struct{} // nil: it answers
	release chan struct{}
}

func (u *udisksDouble) GetManagedObjects() (udisksObjects, *dbus.Error) {
	if u.entered != nil {
		u.entered <- struct{}{}
		<-u.release
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.objects, nil
}

func (u *udisksDouble) set(objects udisksObjects) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.objects = objects
}

// on has what is exported answer for UDisks2 on a bus.
func on(t *testing.T, address string, exported any) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.Export(exported, udisksRoot, "org.freedesktop.DBus.ObjectManager"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName(udisks, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return conn
}

type props = map[string]dbus.Variant

func of(pairs ...any) props {
	p := props{}
	for i := 0; i < len(pairs); i += 2 {
		p[pairs[i].(string)] = dbus.MakeVariant(pairs[i+1])
	}
	return p
}

const drives = udisksRoot + "/drives/"

func ago(d time.Duration) uint64 { return uint64(time.Now().Add(-d).Unix()) }

// aPCsDisks is what UDisks2 tells of a PC with some.
func aPCsDisks() udisksObjects {
	ata := func(supported, enabled bool, updated uint64, failing bool) props {
		return of("SmartSupported", supported, "SmartEnabled", enabled, "SmartUpdated", updated, "SmartFailing", failing, "SmartTemperature", 310.5)
	}
	nvme := func(updated uint64, warnings ...string) props {
		return of("State", "live", "SmartUpdated", updated, "SmartCriticalWarning", append([]string{}, warnings...))
	}
	drive := func(model, serial string) props {
		return of("Model", model, "Serial", serial, "Vendor", "", "MediaRemovable", false, "Size", uint64(1<<40))
	}
	return udisksObjects{
		udisksRoot + "/Manager":     {udisks + ".Manager": of("Version", "2.10.1")},
		drives + "good":             {udisksDrive: drive("WDC WD40EFRX", "WD-WCC4E0001"), udisksATA: ata(true, true, ago(time.Minute), false)},
		drives + "failing":          {udisksDrive: drive("ST2000DM001", "Z1E50002"), udisksATA: ata(true, true, ago(9*24*time.Hour), true)},
		drives + "old":              {udisksDrive: drive("HGST", "0003"), udisksATA: ata(true, true, ago(9*24*time.Hour), false)},
		drives + "never":            {udisksDrive: drive("Disk A", "0004"), udisksATA: ata(true, true, 0, true)},
		drives + "off":              {udisksDrive: drive("Disk B", "0005"), udisksATA: ata(true, false, ago(0), true)},
		drives + "unsupported":      {udisksDrive: drive("QEMU HARDDISK", "QM00006"), udisksATA: ata(false, false, 0, false)},
		drives + "nvme":             {udisksDrive: drive("Samsung SSD 980", "S64DNX0R0007"), udisksNVMe: nvme(ago(time.Minute))},
		drives + "worn":             {udisksDrive: drive("Samsung SSD 980", "S64DNX0R0008"), udisksNVMe: nvme(ago(time.Minute), "spare", "degraded")},
		drives + "unread":           {udisksDrive: drive("NVMe", "0009"), udisksNVMe: nvme(0, "spare")},
		drives + "card":             {udisksDrive: drive("", "")},
		drives + "dvd":              {udisksDrive: of("Model", "DVD", "MediaRemovable", true), udisksATA: ata(true, true, ago(0), true)},
		udisksRoot + "/block/mmc":   {udisksBlock: of("Device", []byte("/dev/mmcblk0\x00"), "Drive", dbus.ObjectPath(drives+"card"))},
		udisksRoot + "/block/mmcp1": {udisksBlock: of("Device", []byte("/dev/mmcblk0p1\x00"), "Drive", dbus.ObjectPath(drives+"card")), udisksPart: of("Number", uint32(1))},
	}
}

// What disks say of themselves, over a real message bus, from somebody who
// answers as UDisks2 documents it.
func TestSMARTOverTheBus(t *testing.T) { // P2
	address := privateBus(t)
	if _, err := smart(t.Context()); !errors.Is(err, errNoUDisks) {
		t.Errorf("without UDisks2: %v", err)
	}
	double := &udisksDouble{objects: aPCsDisks()}
	on(t, address, double)
	got, err := smart(t.Context())
	want := []driveState{
		{"Disk A 0004", steady.Unknown, "not read yet"},
		{"Disk B 0005", steady.Unknown, "switched off"},
		{"HGST 0003", steady.Unknown, "not read for days"},
		{"NVMe 0009", steady.Unknown, "not read yet"},
		{"QEMU HARDDISK …0006", steady.Unknown, "it says nothing"},
		{"ST2000DM001 …0002", steady.Bad, ""},
		{"Samsung SSD 980 …0007", steady.Good, ""},
		{"Samsung SSD 980 …0008", steady.Bad, ""},
		{"WDC WD40EFRX …0001", steady.Good, ""},
		{"mmcblk0", steady.Unknown, "it says nothing"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\n%+v, want\n%+v", err, got, want)
	}
	double.set(udisksObjects{})
	if got, err = smart(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("no drives: %+v %v", got, err)
	}
	if others := clients(t, address); len(others) != 1 {
		t.Errorf("connections are left behind: %v", others)
	}
}

// clients are who is connected to a bus, besides the one that asks.
func clients(t *testing.T, address string) (names []string) {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var all []string
	if err := conn.BusObject().Call("org.freedesktop.DBus.ListNames", 0).Store(&all); err != nil {
		t.Fatal(err)
	}
	for _, n := range all {
		if strings.HasPrefix(n, ":") && n != conn.Names()[0] {
			names = append(names, n)
		}
	}
	return names
}

// Asking starts nothing: a bus that would start UDisks2 for anybody who asks is
// not made to.
func TestSMARTStartsNothing(t *testing.T) {
	dir := t.TempDir()
	mark := filepath.Join(dir, "started")
	put(t, filepath.Join(dir, "services", udisks+".service"), "[D-BUS Service]\nName="+udisks+"\nExec=/bin/sh -c \"touch "+mark+"; exit 1\"\n")
	put(t, filepath.Join(dir, "bus.conf"), `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=`+dir+`</listen><servicedir>`+filepath.Join(dir, "services")+`</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`)
	address := privateBus(t, "--config-file="+filepath.Join(dir, "bus.conf"))
	if _, err := smart(t.Context()); !errors.Is(err, errNoUDisks) {
		t.Error(err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("it was started")
	}
	conn, err := dbus.Connect(address) // somebody who does not ask for that has it started
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Object(udisks, udisksRoot).Call(managed, 0).Err; err == nil {
		t.Error("who answered?")
	}
	if _, err := os.Stat(mark); err != nil {
		t.Errorf("this bus starts nothing anyway: %v", err)
	}
}

// One that never answers is left in time, with nothing left behind.
func TestSMARTHangs(t *testing.T) {
	address := privateBus(t)
	double := &udisksDouble{entered: make(chan struct{}), release: make(chan struct{})}
	on(t, address, double)
	t.Cleanup(func() { close(double.release) })
	left := func(ask func(context.Context)) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if got, err := smart(ctx); err == nil || got != nil {
				t.Errorf("%+v %v", got, err)
			}
		}()
		ask(ctx)
		cancel()
		<-done
	}
	left(func(context.Context) { <-double.entered })
	if others := clients(t, address); len(others) != 1 {
		t.Errorf("connections are left behind: %v", others)
	}
	// A bus that takes the connection and never speaks, and one that speaks
	// another language.
	for name, says := range map[string]string{"mute": "", "nonsense": "HTTP/1.1 200 OK\r\n\r\n", "rejects": "REJECTED\r\n", "half": "REJECTED EXTERNAL\r\nOK 1234\r\nAGREE_UNIX_FD\r\nl\x02"} {
		path := filepath.Join(t.TempDir(), "bus")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+path)
		left(func(context.Context) {
			conn, err := l.Accept()
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			t.Cleanup(func() { conn.Close() })
			_, _ = conn.Write([]byte(says))
			_, _ = conn.Read(make([]byte, 64))
		})
		l.Close()
	}
	await(t, "goroutines are left behind", func() bool {
		buffer := make([]byte, 1<<20)
		stacks := string(buffer[:runtime.Stack(buffer, true)])
		return !strings.Contains(stacks, "machine.smart") && !strings.Contains(stacks, "machine.askUDisks")
	})
}

// await looks until ok, for as long as the test may run.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		select {
		case <-t.Context().Done():
			t.Fatal(what)
		default:
			runtime.Gosched()
		}
	}
}

// garbage answers with what nobody asked for.
type garbage struct{ answer any }

func (g garbage) GetManagedObjects() (dbus.Variant, *dbus.Error) {
	return dbus.MakeVariant(g.answer), nil
}

type refusal struct{}

func (refusal) GetManagedObjects() (udisksObjects, *dbus.Error) {
	return nil, dbus.NewError("org.freedesktop.DBus.Error.AccessDenied", []any{"no"})
}

// An answer of another kind is an error, and no word about any disk.
func TestSMARTGarbage(t *testing.T) {
	for name, exported := range map[string]any{"text": garbage{"x"}, "bytes": garbage{[]byte{1, 2}}, "a map": garbage{map[string]string{"a": "b"}}, "refused": refusal{}} {
		address := privateBus(t)
		on(t, address, exported)
		if got, err := smart(t.Context()); err == nil || got != nil || errors.Is(err, errNoUDisks) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

// Asked by several at once while disks change, each answer is whole.
func TestSMARTRace(t *testing.T) {
	address := privateBus(t)
	double := &udisksDouble{objects: aPCsDisks()}
	on(t, address, double)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 10 {
				if got, err := smart(t.Context()); err != nil || len(got) != 10 && len(got) != 0 {
					t.Errorf("%+v %v", got, err)
				}
			}
		})
	}
	for i := range 40 {
		if i%2 == 0 {
			double.set(udisksObjects{})
		} else {
			double.set(aPCsDisks())
		}
	}
	double.set(aPCsDisks())
	all.Wait()
}

// Whatever types the properties have: no failing disk without its word for it,
// none good without one either, and every disk named.
func TestJudgement(t *testing.T) {
	now := time.Now()
	anything := rapid.SampledFrom([]any{true, false, uint64(0), uint64(now.Unix()), int32(-1), "x", []string{}, []string{"spare"}, []byte("/dev/sda\x00"), 1.5, dbus.ObjectPath("/x")})
	rapid.Check(t, func(t *rapid.T) {
		objects := udisksObjects{}
		for i := range rapid.IntRange(0, 3).Draw(t, "drives") {
			interfaces := map[string]map[string]dbus.Variant{}
			for _, iface := range []string{udisksDrive, udisksATA, udisksNVMe, udisksBlock} {
				if rapid.Bool().Draw(t, iface) {
					p := props{}
					for _, name := range []string{"Model", "Serial", "MediaRemovable", "SmartSupported", "SmartEnabled", "SmartUpdated", "SmartFailing", "SmartCriticalWarning", "Device", "Drive"} {
						if rapid.Bool().Draw(t, name) {
							p[name] = dbus.MakeVariant(anything.Draw(t, name))
						}
					}
					interfaces[iface] = p
				}
			}
			objects[dbus.ObjectPath(fmt.Sprint(drives, i))] = interfaces
		}
		for _, d := range drivesIn(objects, now) {
			if d.name == "" || (d.level == steady.Unknown) != (d.why != "") {
				t.Fatalf("%+v", d)
			}
			said := func(is func(map[string]map[string]dbus.Variant) bool) bool {
				for _, interfaces := range objects {
					if is(interfaces) {
						return true
					}
				}
				return false
			}
			if d.level == steady.Bad && !said(func(i map[string]map[string]dbus.Variant) bool {
				return property[bool](i[udisksATA], "SmartFailing") || len(property[[]string](i[udisksNVMe], "SmartCriticalWarning")) > 0
			}) {
				t.Fatalf("nobody says that %+v fails", d)
			}
			if d.level == steady.Good && !said(func(i map[string]map[string]dbus.Variant) bool {
				return property[uint64](i[udisksATA], "SmartUpdated") > 0 || property[uint64](i[udisksNVMe], "SmartUpdated") > 0
			}) {
				t.Fatalf("nobody says that %+v is good", d)
			}
		}
	})
}
