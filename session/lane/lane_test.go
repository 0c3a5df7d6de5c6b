package lane_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/session/lane"
)

const most = 1000

func keyOf(b byte) []byte { return bytes.Repeat([]byte{b}, lane.KeySize) }

func aes(t testing.TB, key byte) lane.Cipher {
	t.Helper()
	c, err := lane.AES(keyOf(key))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// pair are the two ends of one direction.
func pair(t testing.TB) (*lane.Sealer, *lane.Opener) {
	return lane.NewSealer(aes(t, 7), lane.ToHost), lane.NewOpener(aes(t, 7), lane.ToHost, most)
}

func seal(t testing.TB, s *lane.Sealer, piece string) []byte {
	t.Helper()
	frame, err := s.Seal([]byte(piece))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(frame)
}

// vector is one of testdata/vectors.json, which the console's tests hold
// WebCrypto against.
type vector struct {
	Key       string `json:"key"`
	Direction byte   `json:"direction"`
	Pieces    []struct {
		Piece string `json:"piece"`
		Frame string `json:"frame"`
	} `json:"pieces"`
}

func TestVectors(t *testing.T) {
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(raw, &vectors); err != nil || len(vectors) < 2 {
		t.Fatal(len(vectors), err)
	}
	for _, v := range vectors {
		key, _ := hex.DecodeString(v.Key)
		c, err := lane.AES(key)
		if err != nil {
			t.Fatal(err)
		}
		s, o := lane.NewSealer(c, lane.Direction(v.Direction)), lane.NewOpener(c, lane.Direction(v.Direction), most)
		for _, p := range v.Pieces {
			piece, _ := hex.DecodeString(p.Piece)
			if frame := seal(t, s, string(piece)); hex.EncodeToString(frame) != p.Frame {
				t.Errorf("%x becomes %x, want %s", piece, frame, p.Frame)
			}
			frame, _ := hex.DecodeString(p.Frame)
			if got, err := o.Open(frame); err != nil || !bytes.Equal(got, piece) {
				t.Errorf("%s: %x, %v", p.Frame, got, err)
			}
		}
	}
}

// B1, scenario 53: nothing but the next frame, as it was sealed, is opened, and
// after anything else nothing is.
func TestWhatIsNotTheNextFrame(t *testing.T) {
	other := func(key byte, d lane.Direction) []byte {
		return seal(t, lane.NewSealer(aes(t, key), d), "first")
	}
	flip := func(at int) func(frames [][]byte) []byte {
		return func(f [][]byte) []byte {
			b := bytes.Clone(f[1])
			if at < 0 {
				at += len(b)
			}
			b[at] ^= 1
			return b
		}
	}
	number := func(n uint64) func(frames [][]byte) []byte {
		return func(f [][]byte) []byte {
			b := bytes.Clone(f[1])
			binary.BigEndian.PutUint64(b[2:], n)
			return b
		}
	}
	tests := []struct {
		name string
		give func(frames [][]byte) []byte // frames 0 to 3; 0 was opened
		want string
	}{
		{"the same again", func(f [][]byte) []byte { return f[0] }, lane.WhyRepeated},
		{"one left out", func(f [][]byte) []byte { return f[2] }, lane.WhyMissing},
		{"another numbered as the next", func(f [][]byte) []byte {
			b := bytes.Clone(f[2])
			copy(b[2:10], f[1][2:10])
			return b
		}, lane.WhyForged},
		{"an old one numbered as the next", func(f [][]byte) []byte {
			b := bytes.Clone(f[0])
			copy(b[2:10], f[1][2:10])
			return b
		}, lane.WhyForged},
		{"a number from far away", number(1 << 63), lane.WhyMissing},
		{"marker changed", flip(0), lane.WhyShort},
		{"version changed", flip(1), lane.WhyVersion},
		{"piece changed", flip(10), lane.WhyForged},
		{"tag changed", flip(-1), lane.WhyForged},
		{"a byte cut off", func(f [][]byte) []byte { return f[1][:len(f[1])-1] }, lane.WhyForged},
		{"a byte more", func(f [][]byte) []byte { return append(bytes.Clone(f[1]), 0) }, lane.WhyForged},
		{"two in one", func(f [][]byte) []byte { return append(bytes.Clone(f[1]), f[2]...) }, lane.WhyForged},
		{"a head alone", func(f [][]byte) []byte { return f[1][:10] }, lane.WhyShort},
		{"nothing", func([][]byte) []byte { return nil }, lane.WhyShort},
		{"too long", func([][]byte) []byte {
			return append([]byte{lane.Marker, lane.Version}, make([]byte, most+lane.Overhead)...)
		}, lane.WhyLong},
		{"of the other direction", func([][]byte) []byte { return other(7, lane.ToEngineer) }, lane.WhyRepeated},
		{"under another key", func([][]byte) []byte { return other(8, lane.ToHost) }, lane.WhyRepeated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, o := pair(t)
			var frames [][]byte
			for _, p := range []string{"piece 0", "piece 1", "piece 2", "piece 3"} {
				frames = append(frames, seal(t, s, p))
			}
			if _, err := o.Open(bytes.Clone(frames[0])); err != nil {
				t.Fatal(err)
			}
			_, err := o.Open(bytes.Clone(tt.give(frames)))
			var broken *lane.Broken
			if !errors.As(err, &broken) || broken.Why != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
			for i, f := range frames {
				if piece, err := o.Open(bytes.Clone(f)); err == nil {
					t.Errorf("afterwards frame %d was opened: %q", i, piece)
				}
			}
		})
	}
}

// The first frame already belongs to one key and one direction.
func TestKeyAndDirection(t *testing.T) {
	frame := seal(t, lane.NewSealer(aes(t, 7), lane.ToHost), "piece")
	for name, o := range map[string]*lane.Opener{
		"another key":         lane.NewOpener(aes(t, 8), lane.ToHost, most),
		"the other direction": lane.NewOpener(aes(t, 7), lane.ToEngineer, most),
	} {
		var broken *lane.Broken
		if _, err := o.Open(bytes.Clone(frame)); !errors.As(err, &broken) || broken.Why != lane.WhyForged {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := lane.AES(make([]byte, 16)); err == nil {
		t.Error("AES-128 was taken (P9)")
	}
}

// failing is a cipher that fails once.
type failing struct {
	lane.Cipher
	failed bool
}

func (f *failing) Seal(dst, nonce, plain, additional []byte) ([]byte, error) {
	if !f.failed {
		f.failed = true
		return nil, errors.New("no memory")
	}
	return f.Cipher.Seal(dst, nonce, plain, additional)
}

// A number that may have been used is not used again.
func TestNoNumberTwice(t *testing.T) {
	s := lane.NewSealer(&failing{Cipher: aes(t, 7)}, lane.ToHost)
	if _, err := s.Seal([]byte("a")); err == nil {
		t.Fatal("no error")
	}
	if frame, err := s.Seal([]byte("b")); err == nil {
		t.Errorf("goes on with %x", frame)
	}
}

func TestAnyPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, err := lane.AES(rapid.SliceOfN(rapid.Byte(), lane.KeySize, lane.KeySize).Draw(t, "key"))
		if err != nil {
			t.Fatal(err)
		}
		s, o := lane.NewSealer(c, lane.ToEngineer), lane.NewOpener(c, lane.ToEngineer, most)
		pieces := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 100), 1, 20).Draw(t, "pieces")
		spoilt := rapid.IntRange(0, len(pieces)).Draw(t, "spoilt") // len: none
		for i, piece := range pieces {
			frame, err := s.Seal(piece)
			if err != nil {
				t.Fatal(err)
			}
			frame = bytes.Clone(frame)
			if i == spoilt {
				frame[rapid.IntRange(0, len(frame)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
			}
			got, err := o.Open(frame)
			if i < spoilt && (err != nil || !bytes.Equal(got, piece)) {
				t.Fatalf("piece %d: %x instead of %x, %v", i, got, piece, err)
			}
			if i >= spoilt && err == nil {
				t.Fatalf("piece %d was opened, %d was changed", i, spoilt)
			}
		}
	})
}

// FuzzOpen: whatever a relay makes up, nothing of it is opened.
func FuzzOpen(f *testing.F) {
	s, _ := pair(f)
	sealed := seal(f, s, "a piece")
	f.Add(sealed)
	f.Add(sealed[:lane.Overhead])
	f.Add([]byte{lane.Marker, lane.Version})
	f.Fuzz(func(t *testing.T, frame []byte) {
		_, o := pair(t)
		piece, err := o.Open(bytes.Clone(frame))
		if err == nil && !bytes.Equal(frame, sealed) {
			t.Errorf("%x was opened: %x", frame, piece)
		}
		if err != nil && !errors.As(err, new(*lane.Broken)) {
			t.Errorf("%v", err)
		}
	})
}
