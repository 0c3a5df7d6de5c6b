// Package cpace is CPace, the balanced password-authenticated key exchange of
// draft-irtf-cfrg-cpace (version 21), in the cipher suite
// CPACE-RISTR255-SHA512: two ends that know the same code get the same key, and
// each learns that the other knows it too. It is the initiator-responder setting
// with the draft's explicit key confirmation:
//
//	initiator                               responder
//	Initiate         ──── Ya (32 bytes) ──▶ Respond
//	Initiator.Answer ◀─── Yb (32 bytes) ───
//	                 ──── Ta (64 bytes) ──▶ Responder.Confirm
//	Pending.Confirm  ◀─── Tb (64 bytes) ───
//
// What it promises: who listens, or takes the place of one end, can hold one
// guess of the code against one exchange, and nothing of it can be searched
// afterwards, whatever the code's length. Each value serves once, so no end
// answers two guesses in one exchange. Only who has seen the other's
// confirmation gets a Key, and the responder's own confirmation leaves it only
// after the initiator's was right. A right and a wrong code cost the same work
// up to that comparison.
//
// What it does not do: count tries, bound time, and bind to anything by itself.
// The caller gives a session identifier (SID) that no other exchange has and
// channel information (CI) that names both ends; see session/proof.
package cpace

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gtank/ristretto255"
)

// Sizes of what travels, in bytes.
const (
	ShareSize = 32
	TagSize   = sha512.Size
)

const (
	dsi    = "CPaceRistretto255"
	dsiISK = dsi + "_ISK"
	dsiMAC = "CPaceMac"

	// blockSize is SHA-512's input block, s_in_bytes of the draft.
	blockSize = 128
	// groupBits is the size of the group's order, less its last bit: the draft's
	// group_size_bits, to which scalars are sampled.
	groupBits = 252
)

// The associated data of the two shares. They differ, so the confirmation of
// one end is never that of the other, whatever it is made to compute.
const (
	adInitiator = "initiator"
	adResponder = "responder"
)

var (
	// ErrShare is a share that is no group element, the neutral one, or our own.
	ErrShare = errors.New("cpace: the other end's share is not acceptable")
	// ErrConfirm is a confirmation that does not fit: another code, another
	// channel, or another exchange.
	ErrConfirm = errors.New("cpace: the other end does not know the code")
	// ErrUsed is a second use of what serves once.
	ErrUsed = errors.New("cpace: this exchange was used already")
)

// Params are what both ends must agree on.
type Params struct {
	Code string // the password (PRS), made uniform by the caller
	SID  []byte // of this exchange and of no other
	CI   []byte // names the two ends and what lies between them
}

// Initiator is the end that speaks first, having sent its share.
type Initiator struct {
	sid    []byte
	scalar *ristretto255.Scalar
	share  []byte
}

// Initiate begins an exchange and gives the share to send.
func Initiate(p Params) (*Initiator, []byte, error) {
	y, err := sampleScalar()
	if err != nil {
		return nil, nil, err
	}
	share := scalarMult(y, generator(p))
	return &Initiator{sid: p.SID, scalar: y, share: share}, share, nil
}

// Answer takes the responder's share and gives our confirmation to send. It
// serves once: a second share would be a second guess.
func (i *Initiator) Answer(peer []byte) (*Pending, []byte, error) {
	y := i.scalar
	if y == nil {
		return nil, nil, ErrUsed
	}
	i.scalar = nil
	isk, err := agree(i.sid, y, peer, i.share, true, adInitiator, adResponder)
	if err != nil {
		return nil, nil, err
	}
	own := tag(i.sid, isk, i.share, adInitiator)
	return &Pending{isk: isk, want: tag(i.sid, isk, peer, adResponder)}, own, nil
}

// Pending is an initiator that waits for the responder's confirmation.
type Pending struct{ isk, want []byte }

// Confirm holds the responder's confirmation against what it must be. It
// serves once.
func (p *Pending) Confirm(peer []byte) (*Key, error) {
	isk, want := p.isk, p.want
	p.isk, p.want = nil, nil
	return confirm(isk, want, peer)
}

// Responder is the end that answered a share.
type Responder struct{ isk, want, own []byte }

// Respond takes the initiator's share and gives ours to send. All work that the
// code goes into is done here, for a right code as for a wrong one.
func Respond(p Params, peer []byte) (*Responder, []byte, error) {
	y, err := sampleScalar()
	if err != nil {
		return nil, nil, err
	}
	share := scalarMult(y, generator(p))
	isk, err := agree(p.SID, y, peer, share, false, adInitiator, adResponder)
	if err != nil {
		return nil, nil, err
	}
	return &Responder{
		isk: isk, want: tag(p.SID, isk, peer, adInitiator), own: tag(p.SID, isk, share, adResponder),
	}, share, nil
}

// Confirm holds the initiator's confirmation against what it must be, and gives
// our own only when it fits. It serves once.
func (r *Responder) Confirm(peer []byte) (*Key, []byte, error) {
	isk, want, own := r.isk, r.want, r.own
	r.isk, r.want, r.own = nil, nil, nil
	key, err := confirm(isk, want, peer)
	if err != nil {
		return nil, nil, err
	}
	return key, own, nil
}

func confirm(isk, want, peer []byte) (*Key, error) {
	switch {
	case isk == nil:
		return nil, ErrUsed
	case !hmac.Equal(want, peer):
		return nil, ErrConfirm
	}
	return &Key{isk}, nil
}

// Key is what both ends have in common after both confirmed. The draft's ISK
// itself stays inside.
type Key struct{ isk []byte }

// Derive gives n bytes for one purpose, by HKDF with SHA-512.
func (k *Key) Derive(label string, n int) ([]byte, error) {
	out, err := hkdf.Key(sha512.New, k.isk, nil, label, n)
	if err != nil {
		return nil, fmt.Errorf("cpace: derive %q: %w", label, err)
	}
	return out, nil
}

// String keeps the key out of whatever prints it.
func (k *Key) String() string { return "***" }

// GoString does the same for %#v.
func (k *Key) GoString() string { return "***" }

// generatorString is the draft's generator_string: the code and the zeros behind
// it fill the first block of the hash, whatever the code's length.
func generatorString(p Params) []byte {
	code := []byte(p.Code)
	zeros := max(0, blockSize-1-len(LV(code))-len(LV([]byte(dsi))))
	return LV([]byte(dsi), code, make([]byte, zeros), p.CI, p.SID)
}

// generator is calculate_generator: the code as a point.
func generator(p Params) *ristretto255.Element {
	hash := sha512.Sum512(generatorString(p))
	g, err := ristretto255.NewIdentityElement().SetUniformBytes(hash[:])
	if err != nil {
		panic(err) // 64 bytes always fit
	}
	return g
}

// sampleScalar is the draft's recommendation: as many random bits as the group
// has, which is always below its order.
func sampleScalar() (*ristretto255.Scalar, error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, fmt.Errorf("cpace: no randomness: %w", err)
	}
	b[31] &= 1<<(groupBits%8) - 1
	return scalar(b[:])
}

func scalar(b []byte) (*ristretto255.Scalar, error) {
	y, err := ristretto255.NewScalar().SetCanonicalBytes(b)
	if err != nil {
		return nil, fmt.Errorf("cpace: scalar: %w", err)
	}
	return y, nil
}

func scalarMult(y *ristretto255.Scalar, g *ristretto255.Element) []byte {
	return ristretto255.NewIdentityElement().ScalarMult(y, g).Bytes()
}

// scalarMultVerify is scalar_mult_vfy with the abort that has to follow it: a
// point that does not decode and a neutral result are errors.
func scalarMultVerify(y *ristretto255.Scalar, share []byte) ([]byte, error) {
	x, err := ristretto255.NewIdentityElement().SetCanonicalBytes(share)
	if err != nil {
		return nil, ErrShare
	}
	k := ristretto255.NewIdentityElement().ScalarMult(y, x)
	if k.Equal(ristretto255.NewIdentityElement()) == 1 {
		return nil, ErrShare
	}
	return k.Bytes(), nil
}

// agree gives the draft's ISK. An end that gets its own share back talks to a
// mirror.
func agree(sid []byte, y *ristretto255.Scalar, peer, own []byte, first bool, adA, adB string) ([]byte, error) {
	if hmac.Equal(peer, own) {
		return nil, ErrShare
	}
	k, err := scalarMultVerify(y, peer)
	if err != nil {
		return nil, err
	}
	shareA, shareB := own, peer
	if !first {
		shareA, shareB = peer, own
	}
	h := sha512.New()
	h.Write(LV([]byte(dsiISK), sid, k))
	h.Write(LV(shareA, []byte(adA), shareB, []byte(adB))) // transcript_ir
	return h.Sum(nil), nil
}

// tag is the draft's confirmation of the message that an end has sent.
func tag(sid, isk, share []byte, ad string) []byte {
	h := sha512.New()
	h.Write([]byte(dsiMAC))
	h.Write(sid)
	h.Write(isk)
	mac := hmac.New(sha512.New, h.Sum(nil))
	mac.Write(LV(share, []byte(ad)))
	return mac.Sum(nil)
}

// LV is the draft's lv_cat: each part behind its length in LEB128, so that no
// two lists of parts give the same bytes.
func LV(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = binary.AppendUvarint(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}
