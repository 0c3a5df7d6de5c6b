package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Each person in the log has a key (P15): what is sealed under it is destroyed
// with it. A person is all the words that name somebody together in one entry:
// the same log-on with other initials is another one, because people share
// log-ons. Whoever asks for one of the words finds all who go by it.

// indexPurpose names the key of the blind index among the keysets.
const indexPurpose = "persons"

const personKeySize = 32

// noPerson stands where a field is nobody's.
const noPerson = 0

// people is what is kept of persons in memory. The writer's turn guards all of
// it but keys, which readers use.
type people struct {
	index []byte                      // key of the blind index
	same  map[[sha256.Size]byte]int64 // by all words
	raw   map[string]int64            // by all words as they were written, some hundreds

	mu   sync.RWMutex
	keys map[int64]cipher.AEAD
}

const maxRawKnown = 1024

// newPersons are those that a transaction made; they count once it is committed.
type newPersons struct {
	same map[[sha256.Size]byte]int64
	raw  map[string]int64
}

// loadPersons makes the key of the blind index where there is none yet, and
// reads all persons' keys.
func (s *Store) loadPersons(ctx context.Context) error {
	var wrapped []byte
	err := s.conn.QueryRowContext(ctx, "SELECT wrapped FROM keysets WHERE purpose = ?", indexPurpose).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		wrapped, err = s.makeIndexKey(ctx)
	}
	if err != nil {
		return err
	}
	if s.people.index, err = s.opt.Key.Unwrap(wrapped, "keyset "+indexPurpose); err != nil {
		return err
	}
	return s.readPersons(ctx)
}

func (s *Store) makeIndexKey(ctx context.Context) ([]byte, error) {
	key := make([]byte, personKeySize)
	rand.Read(key)
	defer clear(key)
	wrapped, err := s.opt.Key.Wrap(key, "keyset "+indexPurpose)
	if err != nil {
		return nil, err
	}
	_, err = s.conn.ExecContext(ctx, "INSERT INTO keysets (purpose, wrapped) VALUES (?, ?)", indexPurpose, wrapped)
	return wrapped, err
}

// readPersons reads what the database holds. The caller holds the turn.
func (s *Store) readPersons(ctx context.Context) error {
	rows, err := s.conn.QueryContext(ctx, "SELECT id, same, sealed_key FROM persons")
	if err != nil {
		return err
	}
	defer rows.Close()
	same, all := map[[sha256.Size]byte]int64{}, map[int64]cipher.AEAD{}
	for rows.Next() {
		var id int64
		var blind, sealed []byte
		if err := rows.Scan(&id, &blind, &sealed); err != nil {
			return err
		}
		if len(blind) != sha256.Size {
			return &Error{Kind: KindDamaged, Op: "open", Err: fmt.Errorf("person %d is not as it was written", id)}
		}
		key, err := s.seal.open("persons", strconv.FormatInt(id, 10), "sealed_key", sealed)
		if err != nil || len(key) != personKeySize {
			s.log.Error("a person's key cannot be read", "person", id, "err", err)
			same[[sha256.Size]byte(blind)] = noPerson // what follows is sealed without one: the log goes on
			continue
		}
		if all[id], err = personAEAD(key); err != nil {
			return err
		}
		same[[sha256.Size]byte(blind)] = id
	}
	if err := rows.Err(); err != nil {
		return err
	}
	p := &s.people
	p.same, p.raw = same, map[string]int64{}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = all
	return nil
}

func personAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// key gives a person's key, nil when there is none (any more).
func (p *people) key(id int64) cipher.AEAD {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.keys[id]
}

func (p *people) setKey(id int64, key cipher.AEAD) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keys == nil {
		p.keys = map[int64]cipher.AEAD{}
	}
	p.keys[id] = key
}

// fold is how words are compared: spelling that looks the same is the same.
func fold(word string) string {
	return cases.Fold().String(norm.NFKC.String(strings.TrimSpace(word)))
}

// words are what somebody may be asked for by: the value, and where it stands
// as "initials (account)" both of it.
func words(value string) []string {
	out := []string{fold(value)}
	if a, b, ok := strings.Cut(value, " ("); ok && strings.HasSuffix(b, ")") {
		out = append(out, fold(a), fold(strings.TrimSuffix(b, ")")))
	}
	return out
}

func (p *people) blind(use, text string) [sha256.Size]byte {
	m := hmac.New(sha256.New, p.index)
	m.Write([]byte(use + "\x00" + text))
	return [sha256.Size]byte(m.Sum(nil))
}

// person gives the number and the key of whom these words name together, and
// makes them when they were not there before.
func (tx *Tx) person(names []string) (int64, cipher.AEAD, error) {
	p := &tx.s.people
	raw := strings.Join(names, "\x00")
	id, ok := tx.persons.raw[raw]
	if !ok {
		id, ok = p.raw[raw]
	}
	if ok {
		return id, p.key(id), nil
	}
	folded := make([]string, len(names))
	for i, n := range names {
		folded[i] = fold(n)
	}
	slices.Sort(folded)
	same := p.blind("same", strings.Join(slices.Compact(folded), "\x00"))
	if id, ok = tx.persons.same[same]; !ok {
		id, ok = p.same[same]
	}
	if tx.persons.same == nil {
		tx.persons.same, tx.persons.raw = map[[sha256.Size]byte]int64{}, map[string]int64{}
	}
	if !ok {
		var err error
		if id, err = tx.newPerson(same, names); err != nil {
			return noPerson, nil, err
		}
		tx.persons.same[same] = id
	}
	tx.persons.raw[raw] = id
	return id, p.key(id), nil
}

func (tx *Tx) newPerson(same [sha256.Size]byte, names []string) (int64, error) {
	next, err := tx.nextID("persons")
	if err != nil {
		return 0, err
	}
	id := int64(next)
	secret := make([]byte, personKeySize)
	rand.Read(secret)
	defer clear(secret)
	key, err := personAEAD(secret)
	if err != nil {
		return 0, err
	}
	sealed, err := tx.s.seal.seal("persons", strconv.FormatInt(id, 10), "sealed_key", secret)
	if err != nil {
		return 0, err
	}
	if err := tx.exec("INSERT INTO persons (id, same, sealed_key) VALUES (?, ?, ?)", id, same[:], sealed); err != nil {
		return 0, err
	}
	for _, n := range names {
		for _, word := range words(n) {
			blind := tx.s.people.blind("name", word)
			if err := tx.exec("INSERT OR IGNORE INTO person_names (blind, person) VALUES (?, ?)", blind[:], id); err != nil {
				return 0, err
			}
		}
	}
	// Before the commit, so that no reader sees a row of a person without a
	// key. A number that is rolled back is given again, with another key.
	tx.s.people.setKey(id, key)
	return id, nil
}

// knowPersons keeps what a transaction found, once it is committed. The caller
// holds the turn.
func (s *Store) knowPersons(found newPersons) {
	p := &s.people
	for same, id := range found.same {
		p.same[same] = id
	}
	if len(p.raw)+len(found.raw) > maxRawKnown {
		clear(p.raw)
	}
	for raw, id := range found.raw {
		p.raw[raw] = id
	}
}

// personsNamed gives all who go by a word.
func (s *Store) personsNamed(ctx context.Context, q queryer, word string) ([]int64, error) {
	blind := s.people.blind("name", fold(word))
	rows, err := q.QueryContext(ctx, "SELECT person FROM person_names WHERE blind = ? ORDER BY person", blind[:])
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// queryer is a database, a connection or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}
