package link_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	mathrand "math/rand/v2"
	"os"
	"strconv"
	"testing"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/service/link"
	"beckmanconnect/store"
)

// The same tests against every message service (P11, scenarios 42, 43).
func each(t *testing.T, run func(t *testing.T, s *service)) {
	for _, one := range services {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			run(t, one.start(t, false))
		})
	}
}

func openStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func enqueue(t *testing.T, s *store.Store, kind string, bodies ...string) {
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

// phases hands on what the link says of itself.
func phases(t *testing.T) (changed func(link.State), until func(link.Phase) link.State) {
	news := make(chan link.State, 10_000)
	return func(s link.State) { news <- s }, func(p link.Phase) link.State {
		t.Helper()
		for {
			select {
			case s := <-news:
				if s.Phase == p {
					return s
				}
			case <-t.Context().Done():
				t.Fatalf("phase %d never came", p)
			}
		}
	}
}

// disconnects is how often the line is cut: 500 by hand and in soak.
func disconnects(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("SOAK_DISCONNECTS"))
	if err != nil || n < 1 {
		return 25
	}
	t.Logf("%d disconnects", n)
	return n
}

// In order, each once in effect, nothing left behind, however often the line is
// cut (scenario 43).
func TestSuiteNothingIsLost(t *testing.T) {
	each(t, func(t *testing.T, s *service) {
		cuts := disconnects(t)
		const each = 10
		st := openStore(t)
		changed, until := phases(t)
		c := s.config(changed)
		c.Store = st
		l := run(t, c)
		for i := range cuts {
			until(link.Online)
			var bodies []string
			for n := range each {
				bodies = append(bodies, `{"n":`+strconv.Itoa(i*each+n)+`}`)
			}
			enqueue(t, st, cloudapi.KindSessionEvent, bodies...)
			l.Kick()
			upTo := i*each + mathrand.N(each)
			s.until("some of the messages", func() bool { return len(s.got) >= upTo })
			s.cut()
		}
		s.until("all messages", func() bool { return len(s.got) == cuts*each })
		s.mu.Lock()
		for i, e := range s.got {
			if e.Seq != uint64(i+1) || e.Epoch != st.Epoch() || string(e.Body) != `{"n":`+strconv.Itoa(i)+`}` {
				t.Fatalf("message %d: %+v", i, e)
			}
		}
		if len(s.bad) > 0 || s.other == 0 {
			t.Errorf("%q, %d statuses", s.bad, s.other)
		}
		t.Logf("%d cuts, %d messages sent again", cuts, s.again)
		s.mu.Unlock()
		for {
			if left, err := st.Outbox(t.Context(), 1); err != nil || len(left) == 0 {
				break
			}
			l.Kick() // the last acknowledgement is on its way
		}
	})
}

// What the cloud sends arrives; what is too large cuts the line, which comes
// back by itself.
func TestSuiteDeviceBound(t *testing.T) {
	each(t, func(t *testing.T, s *service) {
		changed, until := phases(t)
		c := s.config(changed)
		c.Store = openStore(t)
		got := make(chan string, 10)
		c.Message = func(_ context.Context, signed string) error {
			got <- signed
			return errors.New("refused, and the link goes on")
		}
		places := make(chan cloudapi.QueuePlace, 10)
		c.Queue = func(p cloudapi.QueuePlace) error {
			places <- p
			return errors.New("refused, and the link goes on")
		}
		run(t, c)
		until(link.Online)
		send := func(kind string, body any) {
			t.Helper()
			text, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: kind, Body: text})
			if err == nil {
				err = s.send(payload)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, text := range []string{"first", "second"} {
			send(cloudapi.KindMessage, cloudapi.VendorMessage{Note: text})
			if signed := <-got; signed != text {
				t.Fatalf("%q, want %q", signed, text)
			}
		}
		send(cloudapi.KindQueue, "K-4F7Q")
		want := cloudapi.QueuePlace{Request: "r1", Case: "K-4F7Q", Place: 2, Waiting: 3, Taken: "Anna"}
		send(cloudapi.KindQueue, want)
		if p := <-places; p != want {
			t.Fatalf("%+v, want %+v", p, want)
		}
		if err := s.send(bytes.Repeat([]byte("x"), 300<<10)); err != nil {
			t.Fatal(err)
		}
		if state := until(link.Offline); state.Code != link.CodeExcess {
			t.Errorf("%s: %s", state.Code, state.Detail)
		}
		until(link.Online)
		send(cloudapi.KindMessage, cloudapi.VendorMessage{Note: "third"})
		if signed := <-got; signed != "third" {
			t.Fatalf("%q", signed)
		}
	})
}

// A message that no message service takes does not stand in the way of those
// behind it, and its number is not passed over.
func TestSuiteTooLargeToSend(t *testing.T) {
	each(t, func(t *testing.T, s *service) {
		changed, _ := phases(t)
		c := s.config(changed)
		c.Store = openStore(t)
		enqueue(t, c.Store, cloudapi.KindSessionEvent, `"before"`, `"`+string(bytes.Repeat([]byte("x"), 300<<10))+`"`, `"behind"`)
		run(t, c)
		s.until("all three", func() bool { return len(s.got) == 3 })
		s.mu.Lock()
		defer s.mu.Unlock()
		if string(s.got[0].Body) != `"before"` || s.got[1].Body != nil || string(s.got[2].Body) != `"behind"` || s.again > 0 {
			t.Errorf("%s %s, %d again", s.got[0].Body, s.got[2].Body, s.again)
		}
	})
}

func TestSuiteRefusedSubscription(t *testing.T) {
	for _, one := range services {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			s := one.start(t, true)
			changed, until := phases(t)
			var online bool
			c := s.config(func(st link.State) {
				online = online || st.Phase == link.Online
				changed(st)
			})
			c.Store = openStore(t)
			run(t, c)
			if state := until(link.Offline); state.Code != link.CodeSubscription || online {
				t.Errorf("%s: %s, online %v", state.Code, state.Detail, online)
			}
		})
	}
}
