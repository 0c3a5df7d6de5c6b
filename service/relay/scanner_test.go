package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"

	"beckmanconnect/service/scan"
)

// scanner is a fake one that finds the word "malware".
type scanner struct {
	mu     sync.Mutex
	here   bool
	broken error
	gate   chan struct{} // while it is there, verdicts wait
}

func (s *scanner) name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.here {
		return "Fake 1/2"
	}
	return ""
}

func (s *scanner) set(f func(*scanner)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

func (s *scanner) Describe(context.Context) (string, error) {
	if name := s.name(); name != "" {
		return name, nil
	}
	return "", &scan.Error{Op: "fake", Kind: scan.ErrAbsent}
}

func (s *scanner) Scan(ctx context.Context, r io.Reader, size int64) (v scan.Verdict, err error) {
	if v.Scanner, err = s.Describe(ctx); err != nil {
		return v, err
	}
	s.mu.Lock()
	gate, broken := s.gate, s.broken
	s.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return v, ctx.Err()
		}
	}
	data, err := io.ReadAll(r)
	if err = errors.Join(err, broken); err != nil {
		return v, err
	}
	if v.Clean = !bytes.Contains(data, []byte("malware")); !v.Clean {
		v.Signature = "Fake.Malware"
	}
	return v, nil
}
