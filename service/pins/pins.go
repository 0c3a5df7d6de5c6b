package pins

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"beckmanconnect/service/support"
	"beckmanconnect/store"
)

// LockAfter is how many wrong tries in a row lock a PIN.
const LockAfter = 5

// maxPeople bounds what a program in the technician's log-on can fill up.
const maxPeople = 100

const setting = "support.pins"

// recordWithin bounds how long a step waits for the disk.
const recordWithin = 5 * time.Second

// Config is what a Book needs. Store must be set.
type Config struct {
	Store *store.Store
	// Mono counts up from some moment in this process and cannot be set; nil
	// is the system's.
	Mono func() time.Duration
	// Random makes salts; nil is crypto/rand.
	Random io.Reader
	// Changed is told when somebody has a PIN now, or has none any more. It
	// must neither block nor call the Book.
	Changed func()
	// Cost of new hashes; zero is the default of about 0.1 s.
	Cost Cost
}

// Book is the PINs of one PC. Its methods may be called from any goroutine.
type Book struct {
	cfg Config

	// turn is held while a PIN is looked at: one at a time, so that nobody
	// buys memory and processors with guesses.
	turn sync.Mutex
	look func(hash, support.Secret) bool // hash.matches

	write  sync.Mutex // changes of what follows, with the disk
	people atomic.Pointer[map[string]person]
	waits  map[string]time.Duration // on Config.Mono; no PIN is looked at before
}

// person is one PIN as it is on disk.
type person struct {
	Hash  hash `json:"hash"`
	Wrong int  `json:"wrong"` // tries since the last right one
}

func (p person) locked() bool { return p.Wrong >= LockAfter }

// Open reads the PINs. Waits that wrong ones cost start again, since nobody
// knows how long the service was off.
func Open(ctx context.Context, cfg Config) (*Book, error) {
	if cfg.Store == nil {
		return nil, errors.New("pins: open: a store is needed")
	}
	if cfg.Mono == nil {
		start := time.Now()
		cfg.Mono = func() time.Duration { return time.Since(start) }
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	if cfg.Cost == (Cost{}) {
		cfg.Cost = defaultCost
	}
	people := map[string]person{}
	text, found, err := cfg.Store.Setting(ctx, setting)
	if err != nil {
		return nil, fmt.Errorf("pins: open: %w", err)
	}
	if found {
		if err := json.Unmarshal([]byte(text), &people); err != nil {
			return nil, fmt.Errorf("pins: open: %w", err)
		}
	}
	b := &Book{cfg: cfg, waits: map[string]time.Duration{}, look: hash.matches}
	for who, p := range people {
		b.waits[who] = cfg.Mono() + waitAfter(p.Wrong)
	}
	b.people.Store(&people)
	return b, nil
}

// Any says whether somebody has a PIN that can be used. It answers from memory.
func (b *Book) Any() bool {
	for _, p := range *b.people.Load() {
		if !p.locked() {
			return true
		}
	}
	return false
}

// Initials are whose PIN is set, sorted. It answers from memory.
func (b *Book) Initials() []string { return slices.Sorted(maps.Keys(*b.people.Load())) }

// Try is somebody's attempt to prove who they are.
type Try struct {
	Initials string
	PIN      support.Secret
	Account  string // of the log-on it came from, for the log
}

// Verify looks at one PIN and gives the initials it proved. The refusals are
// "pin-missing", "pin-wait" and "pin-locked", which cost nothing, and
// "pin-wrong", which was counted.
func (b *Book) Verify(t Try) (proved string, err error) {
	b.turn.Lock()
	defer b.turn.Unlock()
	return b.verify(t)
}

// verify is Verify for whoever holds the turn.
func (b *Book) verify(t Try) (string, error) {
	who := support.Initials(t.Initials)
	p, known := (*b.people.Load())[who]
	switch {
	case !known:
		return "", refuse("pin-missing", "these initials have no PIN")
	case p.locked():
		return "", refuse("pin-locked", "this PIN is locked until IT removes it")
	}
	if left := b.left(who); left > 0 {
		return "", refuse("pin-wait", "too early after a wrong PIN; wait "+left.Round(time.Second).String())
	}
	var counted person
	err := b.change(who, func(p *person) error {
		p.Wrong++
		counted = *p
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("pins: count a try: %w", err)
	}
	if b.look(p.Hash, t.PIN) {
		if err := b.change(who, func(p *person) error { p.Wrong = 0; return nil }); err != nil {
			return "", fmt.Errorf("pins: end a row of wrong PINs: %w", err)
		}
		return who, nil
	}
	row := map[string]string{"row": strconv.Itoa(counted.Wrong)}
	names := map[string]string{"initials": who, "technician": t.Account}
	entries := []store.Entry{{Kind: "pin.wrong", Actor: "technician", Fields: row, Personal: names}}
	code := "pin-wrong"
	if counted.locked() {
		entries = append(entries, store.Entry{Kind: "pin.locked", Actor: "service", Fields: row, Personal: names})
		code = "pin-locked"
	}
	if err := b.change(who, nil, entries...); err != nil {
		return "", fmt.Errorf("pins: log a wrong PIN: %w", err)
	}
	return "", refuse(code, "the PIN is wrong")
}

// left is how long no PIN of somebody's is looked at.
func (b *Book) left(who string) time.Duration {
	b.write.Lock()
	defer b.write.Unlock()
	return b.waits[who] - b.cfg.Mono()
}

// errGone: the PIN a step was about is not there any more.
var errGone = refuse("pin-missing", "these initials have no PIN any more")

// change alters one person's PIN on disk and then in memory, with the entries
// that belong to it. A nil alter only writes the entries.
func (b *Book) change(who string, alter func(*person) error, entries ...store.Entry) error {
	return b.update(func(people map[string]person) error {
		p, ok := people[who]
		if !ok {
			return errGone
		}
		if alter == nil {
			return nil
		}
		if err := alter(&p); err != nil {
			return err
		}
		people[who] = p
		return nil
	}, who, entries...)
}

// update is one step: what it leaves of the book is on disk when it returns nil.
func (b *Book) update(alter func(map[string]person) error, who string, entries ...store.Entry) error {
	b.write.Lock()
	defer b.write.Unlock()
	people := maps.Clone(*b.people.Load())
	if err := alter(people); err != nil {
		return err
	}
	text, err := json.Marshal(people)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), recordWithin)
	defer cancel()
	err = b.cfg.Store.Update(ctx, func(tx *store.Tx) error {
		for _, e := range entries {
			if _, err := tx.Append(e); err != nil {
				return err
			}
		}
		return tx.SetSetting(setting, string(text))
	})
	if err != nil {
		return err
	}
	_, had := (*b.people.Load())[who]
	p, has := people[who]
	b.people.Store(&people)
	b.waits[who] = b.cfg.Mono() + waitAfter(p.Wrong)
	if had != has {
		b.cfg.Changed()
	}
	return nil
}

// waitAfter is what the n-th wrong PIN in a row costs: 1 s, 2 s, 4 s, 8 s.
func waitAfter(row int) time.Duration {
	if row <= 0 {
		return 0
	}
	return time.Second << min(row-1, LockAfter)
}

func refuse(code, message string) error { return &support.Refusal{Code: code, Message: message} }
