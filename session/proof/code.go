package proof

import (
	"errors"
	"strings"

	"beckmanconnect/session/cpace"
)

// ErrWrong says that the other end does not know the code, or is not at the
// other end of this channel: nothing tells one from the other.
var ErrWrong = errors.New("proof: the other end does not know the code")

// NormalizeCode makes what people type and what was shown to them one text:
// upper case, without the spaces and dashes between groups. Longer text than
// any code is cut, so that nobody buys work with it.
func NormalizeCode(typed string) string {
	if len(typed) > 64 {
		typed = typed[:64]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '\t':
			return -1
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, typed)
}

// Trial is the engineer's side of one try of the code. Each step serves once.
type Trial struct {
	begun   *cpace.Initiator
	pending *cpace.Pending
}

// Begin starts the engineer's try-th try on this channel, counted from 1, and
// gives the share to send.
func (b *Binding) Begin(code string, try uint32) (*Trial, []byte, error) {
	i, share, err := cpace.Initiate(b.params(code, try))
	if err != nil {
		return nil, nil, err
	}
	return &Trial{begun: i}, share, nil
}

// Answer takes the host's share and gives the confirmation to send. An error
// means that the other end does not do its part: never go on.
func (t *Trial) Answer(share []byte) ([]byte, error) {
	pending, confirmation, err := t.begun.Answer(share)
	if err != nil {
		return nil, err
	}
	t.pending = pending
	return confirmation, nil
}

// Confirm holds the host's confirmation against what it must be, and gives the
// key for coming back. Without it the host knows nothing: never go on.
func (t *Trial) Confirm(confirmation []byte) (Key, error) {
	if t.pending == nil {
		return Key{}, ErrWrong
	}
	k, err := t.pending.Confirm(confirmation)
	if err != nil {
		return Key{}, ErrWrong
	}
	return newKey(k)
}

// Verdict is the host's side of one try. It serves once.
type Verdict struct{ r *cpace.Responder }

// Answer takes the engineer's share of the try-th try on this channel and gives
// the host's. All the work the code goes into is done here.
func (b *Binding) Answer(code string, try uint32, share []byte) (*Verdict, []byte, error) {
	r, own, err := cpace.Respond(b.params(code, try), share)
	if err != nil {
		return nil, nil, err
	}
	return &Verdict{r}, own, nil
}

// Confirm says whether the engineer knows the code. Only then it gives the
// host's own confirmation and the key for coming back.
func (v *Verdict) Confirm(confirmation []byte) (own []byte, key Key, err error) {
	k, own, err := v.r.Confirm(confirmation)
	if err != nil {
		return nil, Key{}, ErrWrong
	}
	if key, err = newKey(k); err != nil {
		return nil, Key{}, err
	}
	return own, key, nil
}
