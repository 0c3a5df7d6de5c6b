package protocol

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestNegotiate(t *testing.T) {
	for _, tt := range []struct {
		callerMin, callerMax, serverMin, serverMax, want uint32
		err                                              error
	}{
		{1, 1, 1, 1, 1, nil},
		{1, 3, 2, 5, 3, nil}, // the previous window program, the new service
		{2, 5, 1, 3, 3, nil}, // and the other way round, in mid-upgrade
		{1, 1, 2, 3, 0, Incompatible{Old: Caller}},
		{4, 5, 2, 3, 0, Incompatible{Old: Server}},
		{0, 1, 1, 1, 0, ErrRange},
		{3, 2, 1, 9, 0, ErrRange},
	} {
		got, err := Negotiate(tt.callerMin, tt.callerMax, tt.serverMin, tt.serverMax)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%+v: %d, %v", tt, got, err)
		}
	}
}

func TestNegotiatedIsSpokenByBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Uint32Range(0, 9)
		a, b := number.Draw(t, "callerMin"), number.Draw(t, "callerMax")
		c := rapid.Uint32Range(1, 9).Draw(t, "serverMin")
		d := rapid.Uint32Range(c, 9).Draw(t, "serverMax")
		got, err := Negotiate(a, b, c, d)
		if err == nil && (got < a || got > b || got < c || got > d) {
			t.Fatalf("agreed on %d", got)
		}
		if err != nil && a > 0 && a <= b && max(a, c) <= min(b, d) {
			t.Fatalf("no agreement: %v", err)
		}
	})
}

func TestOpening(t *testing.T) {
	for _, c := range []Class{Calls, Picture} {
		var b bytes.Buffer
		if err := WriteOpening(&b, c); err != nil || b.Len() != OpeningSize {
			t.Fatalf("%d bytes, %v", b.Len(), err)
		}
		if got, err := ReadOpening(&b); got != c || err != nil {
			t.Errorf("class %d came back as %d, %v", c, got, err)
		}
	}
}

// scenarios 3 and 5: nothing but an opening opens, and not a byte more than it
// is read.
func FuzzOpening(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	f.Add([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	f.Add([]byte("beckmanconnect\x01\x00rest"))
	f.Add([]byte("beckmanconnect\x02\x00"))
	f.Add([]byte("beckmanconnect\x01\x09"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		c, err := ReadOpening(r)
		if read := len(b) - r.Len(); read > OpeningSize {
			t.Fatalf("%d bytes were read", read)
		}
		if err == nil {
			var again bytes.Buffer
			if err := WriteOpening(&again, c); err != nil || !bytes.HasPrefix(b, again.Bytes()) {
				t.Fatalf("%q opened", b)
			}
		}
	})
}
