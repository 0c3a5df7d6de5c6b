package main

import (
	"bytes"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"pgregory.net/rapid"
)

// Whatever is written and whenever the link stalls: the other end gets all of
// it in order, and nothing of it while the link stands still.
func TestStallableProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		near, far := net.Pipe()
		link := newStallable(near)
		arrived := make(chan []byte)
		go func() {
			all, _ := io.ReadAll(far)
			arrived <- all
		}()
		var wrote []byte
		held := 0
		stalled := false
		for n := range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				link.stall()
				stalled = true
			case 1:
				if err := link.flow(); err != nil {
					t.Fatal(err)
				}
				stalled, held = false, 0
			default:
				p := bytes.Repeat([]byte{byte(n)}, rapid.IntRange(1, 50).Draw(t, "bytes"))
				if _, err := link.Write(p); err != nil {
					t.Fatal(err)
				}
				wrote = append(wrote, p...)
				if stalled {
					held += len(p)
				}
			}
			if link.onTheWay() != held {
				t.Fatalf("%d bytes are held, want %d", link.onTheWay(), held)
			}
		}
		if err := link.flow(); err != nil {
			t.Fatal(err)
		}
		link.Close()
		if got := <-arrived; !bytes.Equal(got, wrote) {
			t.Fatalf("%d bytes arrived of %d", len(got), len(wrote))
		}
	})
}

// A reader on a stalled link waits, and ends when the connection is closed.
func TestStallableReaderEnds(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	link := newStallable(near)
	link.stall()
	ended := make(chan error)
	go func() {
		_, err := link.Read(make([]byte, 1))
		ended <- err
	}()
	link.Close()
	if err := <-ended; err == nil {
		t.Error("read from a closed connection")
	}
}

// Every way gets its rounds, none more than it needs but for what ends the
// sessions, and a session never asks often enough to be throttled.
func TestNextWay(t *testing.T) {
	for _, rounds := range []int{1, 3, 20, 200} {
		took := map[way][]revoked{}
		asks, open, n := 0, false, 0
		for ; ; n++ {
			if n > 4*rounds+100 {
				t.Fatalf("%d rounds: no end", rounds)
			}
			w, more := nextWay(took, rounds, open && asks >= asksASession-1)
			if !more {
				break
			}
			if !open {
				open, asks = true, 1 // the view
			}
			if asks++; asks >= 20 {
				t.Fatalf("%d rounds: throttled", rounds)
			}
			if w.ends() {
				open = false
			}
			took[w] = append(took[w], revoked{})
		}
		for _, w := range []way{stalledCall, flowingCall, floodCall, barButton, endCall, pauseKey} {
			if got, want := len(took[w]), wanted(w, rounds); got < want || !w.ends() && got > want {
				t.Errorf("%d rounds: %s has %d, want %d", rounds, w, got, want)
			}
		}
	}
}

// The figures of a way come from its own rounds, and the least that was on the
// way is what the row claims.
func TestRevocationRows(t *testing.T) {
	var many []revoked
	for i := range 200 {
		many = append(many, revoked{last: float64(i) / 10, effect: 5, onWay: 14_000 - i})
	}
	rows := revocationRows(map[way][]revoked{stalledCall: many, barButton: {{last: 60, effect: 70, onWay: 10_500}}})
	find := func(parts ...string) row {
		t.Helper()
		i := slices.IndexFunc(rows, func(r row) bool {
			return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(r.Work, p) })
		})
		if i < 0 {
			t.Fatalf("no row with %q in %+v", parts, rows)
		}
		return rows[i]
	}
	if r := find("last applied", string(stalledCall), "99th", "200 times", "≥ 13801"); r.Ours != 19.7 || r.Ratio > r.Target {
		t.Errorf("%+v", r)
	}
	if r := find("last applied", string(barButton), "slowest", "1 times"); r.Ours != 60 || r.Ratio <= r.Target {
		t.Errorf("over the limit, and called met: %+v", r)
	}
	for _, r := range rows {
		if strings.Contains(r.Work, string(barButton)) && strings.Contains(r.Work, "99th") {
			t.Errorf("a 99th percentile of one: %+v", r)
		}
	}
}

// A stamp becomes the instant it names, to the millisecond and never earlier,
// also when its 32 bits have wrapped around.
func TestStamped(t *testing.T) {
	now := time.Now()
	const day50 = 50 * 24 * time.Hour // 2^32 ms are 49.7 days
	for name, tt := range map[string]struct {
		clock time.Duration
		age   time.Duration // what is stamped happened so long ago
		want  time.Duration // and is taken to have been so long ago
	}{
		"just now":        {clock: time.Hour, age: 0, want: 0},
		"a moment ago":    {clock: time.Hour, age: 40 * time.Millisecond, want: 39 * time.Millisecond},
		"before the wrap": {clock: 1<<32*time.Millisecond + 5*time.Millisecond, age: 20 * time.Millisecond, want: 19 * time.Millisecond},
		"after the wrap":  {clock: day50, age: 7 * time.Millisecond, want: 6 * time.Millisecond},
		"ahead of us":     {clock: time.Hour, age: -3 * time.Millisecond, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			stamp := xproto.Timestamp(uint32((tt.clock - tt.age) / time.Millisecond))
			if got := now.Sub(stamped(now, tt.clock, stamp)); got != tt.want {
				t.Errorf("%v ago, want %v", got, tt.want)
			}
		})
	}
}
