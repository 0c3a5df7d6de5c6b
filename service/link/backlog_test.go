package link

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/store"
)

// openAt opens a store whose messages were made at the time that now gives.
func openAt(t testing.TB, now func() time.Time) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Dir: t.TempDir(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func enqueueKind(t testing.TB, s *store.Store, kind string, bodies ...string) {
	t.Helper()
	err := s.Update(context.Background(), func(tx *store.Tx) error {
		for _, b := range bodies {
			if _, err := tx.Enqueue(kind, []byte(b)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func waiting(t testing.TB, s *store.Store) (list []store.Outgoing) {
	t.Helper()
	list, err := s.Outbox(context.Background(), 200)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// After a long time away a digest is made, once, and goes ahead of what it sums
// up; the messages follow in their order, each once in effect.
func TestDigestGoesFirst(t *testing.T) {
	for _, row := range []struct {
		name     string
		messages int
		age      time.Duration
		want     bool
	}{
		{"a backlog", 11, 6 * time.Minute, true}, {"few messages", 10, time.Hour, false}, {"a short time away", 100, 4 * time.Minute, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			b, st := newBroker(t), newStates()
			b.anyOrder = true
			s := openAt(t, func() time.Time { return time.Now().Add(-row.age) })
			for i := range row.messages {
				enqueueKind(t, s, cloudapi.KindNotification, `{"id":`+strconv.Itoa(i+1)+`}`)
			}
			c := config(s, b.url, b.roots, st)
			made := 0
			c.Digest = func(context.Context) error {
				made++
				return s.Update(t.Context(), func(tx *store.Tx) error {
					_, err := tx.EnqueueAhead(cloudapi.KindDigest, []byte(`{"waiting":11}`))
					return err
				})
			}
			run(t, c)
			st.until(t, Online)
			want := row.messages
			if row.want {
				want++
			}
			b.until("all messages", func() bool { return len(b.got) == want })
			b.mu.Lock()
			defer b.mu.Unlock()
			if (made == 1) != row.want || (b.got[0].Kind == cloudapi.KindDigest) != row.want {
				t.Errorf("made %d, first %+v", made, b.got[0])
			}
			rest := b.got[want-row.messages:]
			if !slices.IsSortedFunc(rest, func(a, b cloudapi.Envelope) int { return int(a.Seq) - int(b.Seq) }) {
				t.Error("the messages are out of order")
			}
		})
	}
}

// A digest that cannot be made holds nothing up.
func TestNoDigest(t *testing.T) {
	b, st := newBroker(t), newStates()
	s := openAt(t, func() time.Time { return time.Now().Add(-time.Hour) })
	enqueue(t, s, 20)
	c := config(s, b.url, b.roots, st)
	c.Digest = func(context.Context) error { return errors.New("not today") }
	run(t, c)
	b.until("all messages", func() bool { return len(b.got) == 20 })
}

// Months offline: of each notification the newest state waits, in its place;
// session events and everything else all stay.
func TestTidy(t *testing.T) {
	s := openStore(t)
	c := config(s, "https://127.0.0.1:1", nil, newStates())
	c.Crowded = 50
	l := New(c)
	enqueueKind(t, s, cloudapi.KindNotification, `{"id":1,"count":1}`, `{"id":1,"count":2}`, `{"id":2}`)
	l.tidy(t.Context())
	if n := len(waiting(t, s)); n != 3 {
		t.Fatalf("%d wait; there is room", n)
	}
	for i := range 20 {
		enqueueKind(t, s, cloudapi.KindSessionEvent, `{"id":1,"n":`+strconv.Itoa(i)+`}`)
		enqueueKind(t, s, cloudapi.KindNotification, `{"id":1,"count":`+strconv.Itoa(i+3)+`}`, `{"id":3,"count":`+strconv.Itoa(i)+`}`, `nonsense`)
	}
	l.tidy(t.Context())
	var got []string
	events, nonsense := 0, 0
	for _, m := range waiting(t, s) {
		switch {
		case m.Kind == cloudapi.KindSessionEvent:
			if string(m.Body) != `{"id":1,"n":`+strconv.Itoa(events)+`}` {
				t.Errorf("event %d: %s", events, m.Body)
			}
			events++
		case string(m.Body) == "nonsense":
			nonsense++
		default:
			got = append(got, string(m.Body))
		}
	}
	if want := []string{`{"id":2}`, `{"id":1,"count":22}`, `{"id":3,"count":19}`}; events != 20 || nonsense != 20 || !slices.Equal(got, want) {
		t.Errorf("%d events, %d others, %q", events, nonsense, got)
	}
	if facts := l.State().Facts; !slices.Contains(facts, Fact{FactOutbox, strconv.Itoa(43)}) {
		t.Errorf("%v", facts)
	}
}

// Whatever waits, tidying keeps the newest state of each notification, every
// other message, and the order.
func TestTidyKeepsWhatCounts(t *testing.T) {
	s := openStore(t)
	c := config(s, "https://127.0.0.1:1", nil, newStates())
	c.Crowded = 1
	l := New(c)
	rapid.Check(t, func(r *rapid.T) {
		kinds := []string{cloudapi.KindNotification, cloudapi.KindSessionEvent, cloudapi.KindRequest}
		for range rapid.IntRange(1, 30).Draw(r, "n") {
			enqueueKind(t, s, rapid.SampledFrom(kinds).Draw(r, "kind"), `{"id":`+strconv.Itoa(rapid.IntRange(0, 3).Draw(r, "id"))+`}`)
		}
		before := waiting(t, s)
		l.tidy(context.Background())
		after := waiting(t, s)
		var want []uint64
		newest := map[string]uint64{}
		for _, m := range before {
			if m.Kind == cloudapi.KindNotification {
				newest[string(m.Body)] = m.Seq
			}
		}
		for _, m := range before {
			if m.Kind != cloudapi.KindNotification || notificationKey(m.Body) == "" || newest[string(m.Body)] == m.Seq {
				want = append(want, m.Seq)
			}
		}
		var got []uint64
		for _, m := range after {
			got = append(got, m.Seq)
		}
		if !slices.Equal(got, want) {
			r.Fatalf("%v, want %v", got, want)
		}
		if err := s.Sent(context.Background(), after[len(after)-1].Seq); err != nil {
			r.Fatal(err)
		}
	})
}

// 10,000 devices lose the same cloud at the same moment, which stays away for
// ten minutes: what knocks at its door is spread out, from the first second
// and when it comes back (scenario 56).
func TestStormIsSpreadOut(t *testing.T) {
	const devices = 10_000
	random := rand.New(rand.NewPCG(1, 2))
	perSecond := make([]int, 15*60)
	for range devices {
		b := backoff{first: time.Second, most: 2 * time.Minute}
		for at := b.next(random.Float64()); at < time.Duration(len(perSecond))*time.Second; at += b.next(random.Float64()) {
			perSecond[int(at/time.Second)]++
		}
	}
	for second, most := range map[int]int{0: 2000, 60: 400, 600: 300} {
		if got := slices.Max(perSecond[second:]); got > most {
			t.Errorf("from second %d on up to %d in a second, more than %d", second, got, most)
		}
	}
	// Once all have backed off it is an even rain: nobody comes in step.
	late := perSecond[600:]
	if low, high := slices.Min(late), slices.Max(late); high > 3*low {
		t.Errorf("between %d and %d in a second", low, high)
	}
	t.Logf("most in a second: %d at first, %d after ten minutes", slices.Max(perSecond), slices.Max(late))
}

func TestBackoffBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := backoff{
			first: time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "first")),
			most:  time.Duration(rapid.Int64Range(int64(time.Minute), int64(time.Hour)).Draw(t, "most")),
		}
		for range 50 {
			if d := b.next(rapid.Float64Range(0, 0.9999).Draw(t, "chance")); d < b.first/2 || d > b.most+b.first/2 {
				t.Fatalf("%s of %s to %s", d, b.first, b.most)
			}
		}
		b.reset()
		if d := b.next(0.9999); d > spread*b.first+b.first/2 {
			t.Fatalf("%s after a reset", d)
		}
	})
}

// The clock's offset is known from signed time only, and an old one that is
// played again says nothing (scenario 42).
func TestClockOffset(t *testing.T) {
	b, s, st := newBroker(t), openStore(t), newStates()
	signer, verifiers := vendor(t)
	c := config(s, b.url, b.roots, st)
	c.Vendor = verifiers
	var mu sync.Mutex
	now := time.Unix(2_000_000_000, 0)
	c.Now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // ends a wait for what does not come
	defer cancel()
	marks := make(chan struct{})
	c.Message = func(context.Context, string) error { marks <- struct{}{}; return nil }
	l := run(t, c)
	st.until(t, Online)
	send := func(kind string, message any) {
		t.Helper()
		body, err := json.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: kind, Body: body})
		if err == nil {
			err = b.server.Publish(cloudapi.DeviceBoundTopic(device), payload, false, 1)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	tell := func(seconds string) {
		t.Helper()
		send(cloudapi.KindTime, cloudapi.SignedTime{Note: signedTime(t, signer, "beckmanconnect time\n"+seconds+"\n")})
	}
	offset := func(want string) {
		t.Helper()
		for !slices.Contains(l.State().Facts, Fact{FactClockOffset, want}) {
			select {
			case <-ctx.Done():
				t.Fatalf("%v", l.State().Facts)
			case <-time.After(time.Millisecond): // a message under way
			}
		}
	}
	tell("2000003600")
	offset("3600000")
	if at := l.Time(); at.Unix() != 2_000_003_600 {
		t.Errorf("%s", at)
	}
	tell("1900000000")
	tell("2000007200")
	offset("7200000")
	// Ten minutes later: the newest comes again, one a little newer that is not
	// worth keeping, and both again after as long. Only the new one says anything.
	later := func() {
		mu.Lock()
		now = now.Add(10 * time.Minute)
		mu.Unlock()
	}
	taken := func() { // everything before it is, messages come in order
		t.Helper()
		send(cloudapi.KindMessage, cloudapi.VendorMessage{})
		select {
		case <-marks:
		case <-ctx.Done():
			t.Fatal("no mark")
		}
	}
	later()
	tell("2000007200")
	taken()
	offset("7200000")
	tell("2000007230")
	offset("6630000")
	later()
	tell("2000007230")
	tell("2000007200")
	taken()
	if facts := l.State().Facts; !slices.Contains(facts, Fact{FactClockOffset, "6630000"}) {
		t.Errorf("what was played again counts: %v", facts)
	}
}
