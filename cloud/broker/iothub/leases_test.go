package iothub_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/build/brokers/brokerstest"
	"beckmanconnect/cloud/broker/iothub"
	"beckmanconnect/cloud/data"
)

// shelf is a Store whose leases the test deals out, and a Handler beside it. It
// notes in one order what it is asked and told.
type shelf struct {
	mu     sync.Mutex
	leases map[string]data.HubLease
	fails  map[string]int // how often to refuse what is asked or told
	lost   map[string]int // how often a place is refused because the lease is another's
	said   []string
	stored map[string]int64 // the last message of a partition that was taken
	early  []string         // places that were kept before their messages were
}

func newShelf() *shelf {
	s := &shelf{leases: map[string]data.HubLease{}, fails: map[string]int{}, lost: map[string]int{}, stored: map[string]int64{"0": -1, "1": -1}}
	for _, p := range []string{"0", "1"} {
		s.leases[p] = data.HubLease{Partition: p, Epoch: 1, Place: -1}
	}
	return s
}

func (s *shelf) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// note refuses, or notes.
func (s *shelf) note(what string) error {
	if s.fails[what] > 0 {
		s.fails[what]--
		return fmt.Errorf("%s: not now", what)
	}
	s.said = append(s.said, what)
	return nil
}

func (s *shelf) LeasePartitions(_ context.Context, _ string, partitions []string, _ time.Duration) ([]data.HubLease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []data.HubLease
	for _, p := range partitions {
		if l, ok := s.leases[p]; ok {
			list = append(list, l)
		}
	}
	return list, nil
}

func (s *shelf) KeepPlace(_ context.Context, _ string, l data.HubLease) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.Place > s.stored[l.Partition] {
		s.early = append(s.early, fmt.Sprintf("%d of %s", l.Place, l.Partition))
	}
	mine, ok := s.leases[l.Partition]
	if s.lost[l.Partition] > 0 || !ok || mine.Epoch != l.Epoch {
		s.lost[l.Partition]--
		return fmt.Errorf("place: %w", data.ErrLeaseLost)
	}
	if err := s.note(fmt.Sprintf("place of %s", l.Partition)); err != nil {
		return err
	}
	mine.Place = l.Place
	s.leases[l.Partition] = mine
	return nil
}

func (s *shelf) LeavePartitions(context.Context, string) error { return nil }

func (s *shelf) Reads(_ context.Context, partition string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.note("reads " + partition)
}

func (s *shelf) Left(partition string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.note("left " + partition)
}

// Message takes the number of a message as its body.
func (s *shelf) Message(_ context.Context, m iothub.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.note(m.Partition + ": " + string(m.Payload)); err != nil {
		return err
	}
	s.stored[m.Partition]++
	return nil
}

func (s *shelf) Connection(context.Context, iothub.Connection) error { return nil }
func (s *shelf) Delivered(_ context.Context, _, _ string) error      { return nil }
func (s *shelf) heard(what ...string) func() bool {
	return func() bool {
		for _, w := range what {
			if !slices.Contains(s.said, w) {
				return false
			}
		}
		return true
	}
}

func (s *shelf) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for {
		s.mu.Lock()
		done, said := ok(), fmt.Sprintf("%q", s.said)
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("%s never came: %s", what, said)
		case <-time.After(2 * time.Millisecond): // another program
		}
	}
}

// messages are what was taken of a partition.
func (s *shelf) messages(partition string) (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, what := range s.said {
		if m, ok := strings.CutPrefix(what, partition+": "); ok {
			list = append(list, m)
		}
	}
	return list
}

func (s *shelf) open(t *testing.T, log *slog.Logger) *brokerstest.Hub {
	t.Helper()
	e := brokerstest.IoTHub(t)
	h, err := iothub.Open(iothub.Config{
		Settings: e.Settings, TLS: e.TLS(), Store: s, Handler: s, Log: log, Now: time.Now, Retry: 5 * time.Millisecond, Lease: 200 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.early) > 0 {
			t.Errorf("places were kept before what was read had its effect: %q", s.early)
		}
	})
	return e
}

// A partition is taken up before its first message is, and what could not be
// stored is neither passed over nor kept as read. What the endpoint sends once
// more has no second effect.
func TestNothingIsReadPast(t *testing.T) { // scenario 43
	s := newShelf()
	s.fails = map[string]int{"reads 0": 2, "0: b": 3, "place of 0": 2}
	e := s.open(t, slog.New(slog.DiscardHandler))
	for _, body := range []string{"a", "b", "c"} {
		e.Send("0", "bc-1", body)
	}
	s.until(t, "the place behind all", func() bool { return s.leases["0"].Place == 2 })
	e.Rewind("0")
	e.Send("0", "bc-1", "d")
	s.until(t, "the place behind the last", func() bool { return s.leases["0"].Place == 3 })
	if got := s.messages("0"); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Errorf("taken: %q", got)
	}
	s.set(func() {
		if i, j := slices.Index(s.said, "reads 0"), slices.Index(s.said, "0: a"); i < 0 || i > j {
			t.Errorf("a message came before its partition was taken up: %q", s.said)
		}
	})
}

// A partition whose lease is another node's is read no more, and that is told;
// one that came back meanwhile is read anew, by the epoch of the new lease and
// from its place.
func TestOnlyLeasesAreRead(t *testing.T) { // B13
	s := newShelf()
	e := s.open(t, slog.New(slog.DiscardHandler))
	e.Send("0", "bc-1", "a")
	e.Send("1", "bc-2", "a")
	s.until(t, "both", s.heard("0: a", "1: a"))
	s.until(t, "their places", func() bool { return s.leases["0"].Place == 0 && s.leases["1"].Place == 0 })
	was := s.leases["0"]
	s.set(func() { delete(s.leases, "0") })
	s.until(t, "that it is left", s.heard("left 0"))
	e.Send("0", "bc-1", "b")
	e.Send("1", "bc-2", "b")
	s.until(t, "the other's", s.heard("1: b"))
	if got := s.messages("0"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("read without a lease: %q", got)
	}

	for len(e.Opened) > 0 {
		<-e.Opened
	}
	was.Epoch, was.Place = 5, 0
	s.set(func() { s.leases["0"] = was })
	s.until(t, "what waited", s.heard("0: b"))
	if r := <-e.Opened; r.Partition != "0" || r.Epoch != 5 || r.Filter != "amqp.annotation.x-opt-sequence-number > '0'" {
		t.Errorf("read anew as %+v", r)
	}

	// Lost and taken again between two looks.
	s.until(t, "its place", func() bool { return s.leases["0"].Place == 1 })
	s.set(func() {
		l := s.leases["0"]
		l.Epoch = 7
		s.leases["0"], s.said = l, nil
	})
	s.until(t, "that it is taken up anew", s.heard("left 0", "reads 0"))
	if r := <-e.Opened; r.Partition != "0" || r.Epoch != 7 {
		t.Errorf("read anew as %+v", r)
	}
	s.set(func() {
		if slices.Index(s.said, "left 0") > slices.Index(s.said, "reads 0") {
			t.Errorf("%q", s.said)
		}
	})
}

// Who is told that the lease is lost reads no further on that link; when it is
// this node's after all, the partition is opened anew, behind the place that
// was kept.
func TestLostLeaseEndsTheLink(t *testing.T) {
	s := newShelf()
	s.lost["0"] = 1
	e := s.open(t, slog.New(slog.DiscardHandler))
	e.Send("0", "bc-1", "a")
	opened := 0
	for opened < 2 {
		if r := <-e.Opened; r.Partition == "0" {
			if opened++; r.Filter != "amqp.annotation.x-opt-offset > '-1'" {
				t.Errorf("opened behind a place that was not kept: %+v", r)
			}
		}
	}
	e.Send("0", "bc-1", "b")
	s.until(t, "the place behind both", func() bool { return s.leases["0"].Place == 1 })
	if got := s.messages("0"); !slices.Equal(got, []string{"a", "a", "b"}) {
		t.Errorf("taken: %q", got)
	}
}

// More than a device may send is passed over, and said; what is behind it is
// read.
func TestTooLargeIsPassedOver(t *testing.T) {
	s, said := newShelf(), &written{}
	s.stored["0"]++ // of one that is passed over
	e := s.open(t, slog.New(slog.NewTextHandler(said, nil)))
	largest := strings.Repeat("x", 256<<10)
	e.Send("0", "bc-1", largest)
	e.Send("0", "bc-1", strings.Repeat("y", 600<<10))
	e.Send("0", "bc-2", "z")
	s.until(t, "the last", s.heard("0: z"))
	if got := s.messages("0"); !slices.Equal(got, []string{largest, "z"}) {
		t.Errorf("%d messages were taken", len(got))
	}
	if !said.has("it is passed over") {
		t.Error("nothing is said")
	}
}

type written struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *written) has(text string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Contains(w.text.String(), text)
}
