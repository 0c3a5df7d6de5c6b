package link

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"sync"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/service/link/dialect"
	"beckmanconnect/store"
)

func openStore(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// states collects what the link says of itself.
type states struct {
	mu   sync.Mutex
	all  []State
	news chan State
}

func newStates() *states { return &states{news: make(chan State, 10_000)} }

func (s *states) add(next State) {
	s.mu.Lock()
	s.all = append(s.all, next)
	s.mu.Unlock()
	s.news <- next
}

func (s *states) until(t testing.TB, phase Phase) State {
	t.Helper()
	for {
		select {
		case next := <-s.news:
			if next.Phase == phase {
				return next
			}
		case <-t.Context().Done():
			t.Fatalf("phase %d never came", phase)
		}
	}
}

func config(s *store.Store, address string, roots *x509.CertPool, st *states) Config {
	return Config{
		Dialect: dialect.Plain{URL: address}, Client: netdialtest.Client(address), Store: s, Identity: func() (string, bool) { return device, true },
		TLS:    func() *tls.Config { return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12} },
		Status: func() cloudapi.Status { return cloudapi.Status{Version: "1"} }, Changed: st.add,
		First: time.Millisecond, Most: 10 * time.Millisecond,
	}
}

func run(t testing.TB, c Config) *Link {
	t.Helper()
	l := New(c)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return l
}

func enqueue(t testing.TB, s *store.Store, n int) {
	t.Helper()
	err := s.Update(context.Background(), func(tx *store.Tx) error {
		for range n {
			if _, err := tx.Enqueue(cloudapi.KindNotification, []byte(`{"id":1}`)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
