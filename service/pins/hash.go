package pins

import (
	"crypto/subtle"
	"fmt"
	"io"

	"golang.org/x/crypto/argon2"

	"beckmanconnect/service/support"
)

// Cost is what one look at a PIN costs (Argon2id, RFC 9106).
type Cost struct {
	Time      uint32 `json:"t"`   // passes
	MemoryKiB uint32 `json:"m"`   // working memory
	Threads   uint8  `json:"p"`   // lanes
	Bytes     uint32 `json:"len"` // of the hash
}

// defaultCost takes about 0.1 s of one processor of 2026. A PIN of few digits
// is no match for somebody who has the hash; that is sealed with the data key,
// and at the prompt the count of tries protects it.
var defaultCost = Cost{Time: 2, MemoryKiB: 48 << 10, Threads: 1, Bytes: 32}

// hash is a PIN as it is kept, with what it takes to compute it again.
type hash struct {
	Cost Cost   `json:"cost"`
	Salt []byte `json:"salt"`
	Sum  []byte `json:"sum"`
}

func newHash(c Cost, random io.Reader, pin support.Secret) (hash, error) {
	h := hash{Cost: c, Salt: make([]byte, 16)}
	if _, err := io.ReadFull(random, h.Salt); err != nil {
		return hash{}, fmt.Errorf("pins: make a salt: %w", err)
	}
	h.Sum = h.compute(pin)
	return h, nil
}

func (h hash) compute(pin support.Secret) []byte {
	return argon2.IDKey([]byte(pin.Reveal()), h.Salt, h.Cost.Time, h.Cost.MemoryKiB, h.Cost.Threads, h.Cost.Bytes)
}

// sound is false for a record no version wrote: it matches nothing, and costs
// nothing either.
func (h hash) sound() bool {
	c := h.Cost
	return len(h.Salt) == 16 && len(h.Sum) == int(c.Bytes) && c.Bytes >= 16 && c.Bytes <= 64 &&
		c.Time >= 1 && c.Time <= 16 && c.Threads >= 1 && c.Threads <= 8 && c.MemoryKiB <= 256<<10
}

func (h hash) matches(pin support.Secret) bool {
	return h.sound() && valid(pin.Reveal()) && subtle.ConstantTimeCompare(h.compute(pin), h.Sum) == 1
}
