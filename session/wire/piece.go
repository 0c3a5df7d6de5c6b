package wire

import (
	"encoding/binary"
	"errors"
	"math"
)

// FramePiece is a Piece of a file, either way. It travels on the channel's file
// lane and nowhere else, and only where both hellos name a version of it
// (session/lane); otherwise a file goes as FrameChunks.
const FramePiece byte = 6

// MaxPiece is the most file bytes in one Piece.
const MaxPiece = 512 << 10

// PieceHead is how many bytes stand before a piece's file bytes.
const PieceHead = 16 + 8

// Piece is a part of a file on its way.
type Piece struct {
	Transfer [16]byte
	At       int64 // of Data in the file; the next byte that is expected, nothing else
	Data     []byte
}

// ErrPiece is a FramePiece that is none.
var ErrPiece = errors.New("wire: not a piece of a file")

// Append writes a Piece: transfer, place (8 bytes, big endian), bytes.
func (p Piece) Append(b []byte) []byte {
	b = append(b, p.Transfer[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(p.At))
	return append(b, p.Data...)
}

// ParsePiece reads what Append wrote. Data stays in b.
func ParsePiece(b []byte) (p Piece, err error) {
	if len(b) <= PieceHead || len(b) > PieceHead+MaxPiece {
		return p, ErrPiece
	}
	at := binary.BigEndian.Uint64(b[16:])
	if at > math.MaxInt64 {
		return p, ErrPiece
	}
	copy(p.Transfer[:], b)
	p.At, p.Data = int64(at), b[PieceHead:]
	return p, nil
}
