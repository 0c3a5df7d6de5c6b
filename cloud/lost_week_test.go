package cloud_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/kms"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/netdial/netdialtest"
	pclink "beckmanconnect/service/link"
	"beckmanconnect/service/link/dialect"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/witness"
	"beckmanconnect/store"
)

// pc is an instrument PC with the service's own log, alarms and link, on a
// clock that the test sets.
type pc struct {
	t      *testing.T
	id     string
	store  *store.Store
	alarms *notify.Alarms
	link   *pclink.Link

	mu     sync.Mutex
	now    time.Time
	online bool
}

func (p *pc) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *pc) later(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

// install makes the PC of a device and connects it, until the test ends.
func install(t *testing.T, d *device, begun time.Time) *pc {
	t.Helper()
	p := &pc{t: t, id: d.id, now: begun}
	var err error
	if p.store, err = store.Open(t.Context(), store.Options{Dir: t.TempDir(), Now: p.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.store.Close() })
	p.alarms = &notify.Alarms{Store: p.store, Now: p.clock}
	witnessed := witness.NewCloud(witness.CloudConfig{Store: p.store, Verifier: d.roots.Witness})
	p.link = pclink.New(pclink.Config{
		Dialect: dialect.Plain{URL: d.BaseURL()}, Store: p.store, Client: netdialtest.Client(d.BaseURL()), Identity: func() (string, bool) { return d.id, true },
		TLS: func() *tls.Config { return d.tlsConfig(d.cert) }, Vendor: d.roots.Vendor, Status: func() cloudapi.Status { return cloudapi.Status{Version: "1"} },
		Checkpoint: witnessed.Checkpoint, Witnessed: witnessed.Take, Entries: func() int64 { return p.store.LogState().Entries }, Witness: time.Millisecond,
		Digest: func(ctx context.Context) error { return notify.Digest(ctx, p.store, p.clock()) },
		Changed: func(s pclink.State) {
			p.mu.Lock()
			p.online = s.Phase == pclink.Online
			p.mu.Unlock()
		},
		Now: p.clock, First: 5 * time.Millisecond, Most: 50 * time.Millisecond,
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = p.link.Run(ctx) }() // ends with its context
	t.Cleanup(func() { stop(); <-done })
	return p
}

// happens has the instrument raise alarms, repeat some and end others, and a
// support session say something, an hour each.
func (p *pc) happens(from, hours int) {
	p.t.Helper()
	for hour := from; hour < from+hours; hour++ {
		seen := func(code string, clear bool) notify.Observation {
			return notify.Observation{
				Code: code, Severity: store.Medium, Source: notify.SourceLog, Verified: true, Ends: true, Clear: clear,
				Texts: []store.Text{{Language: "en", Title: "Alarm " + code, Advice: "Look."}},
			}
		}
		list := []notify.Observation{seen(fmt.Sprint("C-", hour), false), seen("C-again", false)}
		if hour%3 == 2 {
			list = append(list, seen(fmt.Sprint("C-", hour-2), true))
		}
		err := p.alarms.Apply(p.t.Context(), list, func(tx *store.Tx) error {
			body, err := json.Marshal(cloudapi.SessionEvent{Request: "r1", Session: "s1", Kind: "asked", Fields: map[string]string{"hour": fmt.Sprint(hour)}})
			if err == nil {
				_, err = tx.Enqueue(cloudapi.KindSessionEvent, body)
			}
			return err
		})
		if err != nil {
			p.t.Fatal(err)
		}
		p.later(time.Hour)
	}
}

// until waits for what the link does by itself.
func (p *pc) until(what string, ok func() bool) {
	p.t.Helper()
	for !ok() {
		p.link.Kick()
		select {
		case <-p.t.Context().Done():
			p.t.Fatalf("%s never came", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// delivered: nothing waits, and all of the log was witnessed.
func (p *pc) delivered() bool {
	n, err := p.store.Waiting(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return n == 0 && p.store.WitnessedBy(witness.NameCloud).Size == p.store.LogState().Entries
}

// A device's cloud is lost for a week and comes back from a backup that is
// older than what the device was told was kept. Afterwards the cloud has every
// notification in its latest state, every line of the session log, each once,
// and has witnessed the whole log; nobody is told of a loss (scenario 43).
func TestADeviceLosesNothingInALostWeek(t *testing.T) {
	recovery, err := kms.Make(filepath.Join(t.TempDir(), "recovery.key"))
	if err != nil {
		t.Fatal(err)
	}
	first := start(t)
	d := first.register(t)
	p := install(t, d, time.Now().Add(-10*24*time.Hour))
	p.happens(0, 20)
	p.until("the first day", p.delivered)
	var backup bytes.Buffer
	if _, err := first.DB().Backup(t.Context(), &backup, recovery.Public()); err != nil {
		t.Fatal(err)
	}
	p.happens(20, 30) // is acknowledged, and in no backup
	p.until("the second day", p.delivered)
	witnessedBefore := p.store.WitnessedBy(witness.NameCloud).Size
	first.stop()
	p.until("the end of the first cloud", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return !p.online })
	p.happens(50, 7*24)

	var where data.Config
	second := start(t, func(c *cloud.Config) {
		c.Listen = first.Addr()
		where = data.Config{Dir: c.Data, URL: c.Database, Node: c.Node, Keys: data.Keys{Data: c.Keys.Data, Confidential: c.Keys.Confidential}}
		if _, err := data.Restore(t.Context(), where, bytes.NewReader(backup.Bytes()), recovery); err != nil {
			t.Fatal(err)
		}
	})
	p.until("all of it", p.delivered)
	check := func(when string) {
		t.Helper()
		got, err := second.DB().Notifications(t.Context(), d.id, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		has := map[uint64]cloudapi.Notification{}
		for _, n := range got {
			if _, twice := has[n.ID]; twice || n.Source == "cloud" {
				t.Errorf("%s: %+v is there twice, or a loss was told", when, n)
			}
			has[n.ID] = n.Notification
		}
		all := 0
		for before, more := uint64(0), true; more; {
			var page []store.Notification
			if page, more, err = p.store.Notifications(t.Context(), before, 200, false); err != nil {
				t.Fatal(err)
			}
			for _, n := range page {
				all++
				before = n.ID
				if h, ok := has[n.ID]; !ok || h.Code != n.Code || (h.State == "cleared") != (n.State == store.Cleared) || h.Count != int(n.Count) {
					t.Errorf("%s: the cloud has %+v of %s, state %v, %d times", when, h, n.Code, n.State, n.Count)
				}
			}
		}
		if all != len(has) || all < 200 {
			t.Errorf("%s: the cloud has %d notifications, the device %d", when, len(has), all)
		}
		events, err := second.DB().SessionEvents(t.Context(), "r1")
		if err != nil {
			t.Fatal(err)
		}
		hours := map[string]int{}
		for _, e := range events {
			hours[e.Fields["hour"]]++
		}
		if len(hours) != 218 || len(events) != 218 {
			t.Errorf("%s: %d lines of %d hours in the session log, want 218", when, len(events), len(hours))
		}
		record, err := second.DB().Device(t.Context(), d.id)
		if err != nil || record.LogTrouble != "" || record.LogEntries != p.store.LogState().Entries || record.LogEntries <= witnessedBefore {
			t.Errorf("%s: %d of %d entries are witnessed, %q, %v", when, record.LogEntries, p.store.LogState().Entries, record.LogTrouble, err)
		}
		if trouble := p.store.WitnessTrouble(); trouble.Code != "" {
			t.Errorf("%s: %+v", when, trouble)
		}
	}
	check("back")
	asked := strings.Count(second.logs.String(), "a device is asked for messages again")
	if asked != 1 {
		t.Errorf("it was asked %d times", asked)
	}
}
