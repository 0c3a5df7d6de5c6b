package pins

import (
	"strings"

	"beckmanconnect/service/support"
	"beckmanconnect/store"
)

// The lengths of a PIN, in digits.
const (
	MinDigits = 4
	MaxDigits = 12
)

func valid(pin string) bool {
	if len(pin) < MinDigits || len(pin) > MaxDigits {
		return false
	}
	return !strings.ContainsFunc(pin, func(r rune) bool { return r < '0' || r > '9' })
}

// weak is true for what is guessed first: digits in equal steps (1111, 1234,
// 9876, 2468), a part that repeats (1212, 123123), the middle of a keypad.
func weak(pin string) bool {
	if pin == "2580" || pin == "0852" {
		return true
	}
	step := func(i int) byte { return (pin[i] - pin[i-1] + 10) % 10 }
	same := true
	for i := 2; i < len(pin); i++ {
		same = same && step(i) == step(1)
	}
	if same {
		return true
	}
	for n := 1; n <= len(pin)/2; n++ {
		if len(pin)%n == 0 && strings.Repeat(pin[:n], len(pin)/n) == pin {
			return true
		}
	}
	return false
}

// Change is a PIN somebody wants to have.
type Change struct {
	Initials string
	PIN      support.Secret
	Old      support.Secret // needed where these initials have one; counted like any try
	Account  string         // of the log-on, for the log
}

// Prepared is a PIN that was checked and hashed, and is not set yet.
type Prepared struct {
	book     *Book
	who      string
	account  string
	hash     hash
	replaced *hash // nil: there was none
}

// Prepare does the slow part of setting a PIN: everything but the one write.
// Besides Verify's, the refusals are "initials-invalid", "pin-invalid",
// "pin-weak", "pin-old-needed" and "pin-full".
func (b *Book) Prepare(c Change) (*Prepared, error) {
	who := support.Initials(c.Initials)
	switch {
	case who == "":
		return nil, refuse("initials-invalid", "initials are 1 to 8 letters or digits")
	case !valid(c.PIN.Reveal()):
		return nil, refuse("pin-invalid", "a PIN is 4 to 12 digits")
	case weak(c.PIN.Reveal()):
		return nil, refuse("pin-weak", "this PIN is among the first anybody would try")
	}
	b.turn.Lock()
	defer b.turn.Unlock()
	p := &Prepared{book: b, who: who, account: c.Account}
	if old, known := (*b.people.Load())[who]; known {
		if c.Old.Reveal() == "" {
			return nil, refuse("pin-old-needed", "these initials have a PIN: the old one is needed")
		}
		if _, err := b.verify(Try{Initials: who, PIN: c.Old, Account: c.Account}); err != nil {
			return nil, err
		}
		p.replaced = &old.Hash
	}
	var err error
	p.hash, err = newHash(b.cfg.Cost, b.cfg.Random, c.PIN)
	return p, err
}

// Commit sets the PIN: the log knows when it counts. It is quick. "pin-changed"
// says that somebody else was quicker.
func (p *Prepared) Commit() error {
	return p.book.update(func(people map[string]person) error {
		now, known := people[p.who]
		switch {
		case known != (p.replaced != nil), known && string(now.Hash.Salt) != string(p.replaced.Salt):
			return refuse("pin-changed", "this PIN was set or removed meanwhile")
		case !known && len(people) >= maxPeople:
			return refuse("pin-full", "there are too many PINs; IT can remove some")
		}
		people[p.who] = person{Hash: p.hash}
		return nil
	}, p.who, store.Entry{
		Kind: "pin.set", Actor: "technician", Fields: map[string]string{"changed": yesNo(p.replaced != nil)},
		Personal: map[string]string{"initials": p.who, "technician": p.account},
	})
}

// Remove is IT's act when a PIN was forgotten or locked.
func (b *Book) Remove(initials, by string) error {
	who := support.Initials(initials)
	return b.update(func(people map[string]person) error {
		if _, known := people[who]; !known {
			return refuse("pin-missing", "these initials have no PIN")
		}
		delete(people, who)
		return nil
	}, who, store.Entry{Kind: "pin.removed", Actor: "it", Personal: map[string]string{"initials": who, "by": by}})
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
