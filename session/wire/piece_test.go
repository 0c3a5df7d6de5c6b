package wire_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/session/wire"
)

func TestPiece(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := wire.Piece{At: rapid.Int64Min(0).Draw(t, "at"), Data: rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "data")}
		copy(p.Transfer[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "transfer"))
		got, err := wire.ParsePiece(p.Append(nil))
		if err != nil || got.Transfer != p.Transfer || got.At != p.At || !bytes.Equal(got.Data, p.Data) {
			t.Fatalf("%+v instead of %+v, %v", got, p, err)
		}
	})
}

func TestNoPiece(t *testing.T) {
	far := binary.BigEndian.AppendUint64(make([]byte, 16), math.MaxInt64+1)
	for name, b := range map[string][]byte{
		"nothing":               nil,
		"no bytes of a file":    make([]byte, wire.PieceHead),
		"too many":              make([]byte, wire.PieceHead+wire.MaxPiece+1),
		"a place no file has":   append(far, 'x'),
		"cut off in the middle": make([]byte, 20),
	} {
		if p, err := wire.ParsePiece(b); err == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func FuzzParsePiece(f *testing.F) {
	f.Add(wire.Piece{At: 5, Data: []byte("x")}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := wire.ParsePiece(b); err == nil && !bytes.Equal(p.Append(nil), b) {
			t.Errorf("%x is read as %+v", b, p)
		}
	})
}
