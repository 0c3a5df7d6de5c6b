package lane

import (
	"encoding/binary"
	"math"
)

const (
	// Version of the frames. Each end says in its hello which ones it speaks.
	Version = 1
	// Marker is a frame's first byte, by which it is told from a TLS record.
	Marker byte = 0xB5
	// Overhead is how many bytes a frame has beside its piece.
	Overhead = headSize + tagSize

	headSize   = 1 + 1 + 8
	tagSize    = 16
	nonceSize  = 12
	lastNumber = math.MaxUint32 // far below what one key may seal
)

// Direction is where a frame goes.
type Direction byte

// The directions.
const (
	ToHost     Direction = 1
	ToEngineer Direction = 2
)

func (d Direction) String() string {
	if d == ToHost {
		return "to host"
	}
	return "to engineer"
}

// Broken says why a frame was not taken. The channel it came over is over.
type Broken struct {
	// Why is one of the words below; it goes to the log.
	Why string
}

// Why a lane broke.
const (
	WhyClosed   = "before-proof" // no code was proved over this channel yet
	WhyInside   = "inside-frame" // in the middle of a frame of the TLS
	WhyShort    = "short"
	WhyLong     = "long"
	WhyVersion  = "version"
	WhyRepeated = "repeated"
	WhyMissing  = "missing" // one or more before it
	WhyForged   = "forged"  // changed, or sealed under another key or for the other direction
	WhySpent    = "spent"   // the key has sealed all it may
)

func (b *Broken) Error() string { return "lane: broken: " + b.Why }

// way is the state both ends of one direction keep.
type way struct {
	cipher    Cipher
	direction Direction
	next      uint64
}

// additional is what is authenticated beside the piece; nonce is never twice the
// same under one key.
func (w *way) additional(number uint64) (additional [1 + 1 + 8]byte, nonce [nonceSize]byte) {
	additional[0], additional[1] = Version, byte(w.direction)
	binary.BigEndian.PutUint64(additional[2:], number)
	binary.BigEndian.PutUint64(nonce[4:], number)
	return additional, nonce
}

// Sealer makes the frames of one direction. One goroutine at a time.
type Sealer struct {
	way
	out []byte
}

// NewSealer begins a direction.
func NewSealer(c Cipher, d Direction) *Sealer { return &Sealer{way: way{cipher: c, direction: d}} }

// Seal makes the next frame, which is the caller's until the next Seal. After an
// error there is no next frame: a number is never used twice.
func (s *Sealer) Seal(piece []byte) (frame []byte, err error) {
	if s.next > lastNumber {
		return nil, &Broken{WhySpent}
	}
	number := s.next
	s.next++
	additional, nonce := s.additional(number)
	s.out = append(s.out[:0], Marker, Version)
	s.out = binary.BigEndian.AppendUint64(s.out, number)
	frame, err = s.cipher.Seal(s.out, nonce[:], piece, additional[:])
	if err != nil {
		s.next = math.MaxUint64
		return nil, err
	}
	s.out = frame
	return frame, nil
}

// Opener takes the frames of one direction. One goroutine at a time.
type Opener struct {
	way
	most int
}

// NewOpener begins a direction, of pieces of at most so many bytes.
func NewOpener(c Cipher, d Direction, most int) *Opener {
	return &Opener{way: way{cipher: c, direction: d}, most: most}
}

// Open gives the piece of a frame, in the frame's own memory. An error, always
// a *Broken, is for good.
func (o *Opener) Open(frame []byte) (piece []byte, err error) {
	if o.next > lastNumber {
		return nil, &Broken{WhySpent}
	}
	piece, why := o.open(frame)
	if why != "" {
		o.next = math.MaxUint64
		return nil, &Broken{why}
	}
	o.next++
	return piece, nil
}

func (o *Opener) open(frame []byte) (piece []byte, why string) {
	switch {
	case len(frame) < Overhead || frame[0] != Marker:
		return nil, WhyShort
	case frame[1] != Version:
		return nil, WhyVersion
	case len(frame) > Overhead+o.most:
		return nil, WhyLong
	}
	number := binary.BigEndian.Uint64(frame[2:])
	switch {
	case number < o.next:
		return nil, WhyRepeated
	case number > o.next:
		return nil, WhyMissing
	}
	additional, nonce := o.additional(number)
	piece, err := o.cipher.Open(frame[headSize:headSize], nonce[:], frame[headSize:], additional[:])
	if err != nil {
		return nil, WhyForged
	}
	return piece, ""
}
