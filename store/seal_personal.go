package store

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"

	"beckmanconnect/internal/logproof"
)

// A personal field lies in up to three layers. Innermost is salt and value, or
// the envelope of them that only the hospital opens. Around it is the key of
// the person whose field it is, which an erasure destroys. Around that is the
// data key, as around every sealed column. In front stand a version and the
// person's number, which the data key's layer is bound to.
const (
	personalVersion = 2 // rows of before begin with Tink's own 1, and are salt and value under the data key alone
	personalHead    = 1 + 8

	plainField    = 0
	envelopeField = 1
)

// Confidential is the hospital's part of sealing (P15).
type Confidential struct {
	Key   *rsa.PublicKey
	Names []string // of personal fields; none: DefaultConfidential
}

// SetConfidential sets whose key confidential fields are sealed to from now on;
// nil: nobody's. A key that cannot be used is an error, and what was set stays.
func (s *Store) SetConfidential(c *Confidential) error {
	if c == nil {
		s.confidential.Store(nil)
		return nil
	}
	if _, err := logproof.NewEnvelopes(c.Key, "", 0); err != nil {
		return &Error{Kind: KindInvalid, Op: "set confidential", Err: err}
	}
	now := &Confidential{Key: c.Key, Names: slices.Clone(c.Names)}
	if len(now.Names) == 0 {
		now.Names = DefaultConfidential()
	}
	s.confidential.Store(now)
	return nil
}

// ConfidentialKey is the SHA-256 of the hospital's key in hex, "" without one.
func (s *Store) ConfidentialKey() string {
	c := s.confidential.Load()
	if c == nil {
		return ""
	}
	hash, _ := logproof.RSAKeyHash(c.Key) // it was made once by SetConfidential
	return hash
}

func (c *Confidential) names(name string) bool {
	if c == nil {
		return false
	}
	if _, known := personalFields[name]; !known {
		return true
	}
	return slices.Contains(c.Names, name)
}

func personalRow(index int64, name string) string {
	return strconv.FormatInt(index, 10) + "/" + name
}

// commit fills in the commitments and seals each personal value together with
// its salt: who destroys one destroys the other.
func (tx *Tx) commit(row *logproof.Entry, personal map[string]string) (sealed map[string][]byte, err error) {
	if len(personal) == 0 {
		row.Personal = []byte{}
		return nil, nil
	}
	commitments := make(map[string][32]byte, len(personal))
	sealed = make(map[string][]byte, len(personal))
	present := presentIn(personal)
	hospital := tx.s.confidential.Load()
	var envelopes *logproof.Envelopes
	type owner struct {
		id  int64
		key cipher.AEAD
	}
	owners := map[whose]owner{}
	for name, value := range personal {
		var salt [logproof.SaltSize]byte
		rand.Read(salt[:])
		commitments[name] = logproof.Commitment(salt[:], row.Index, name, value)
		of := fieldOf(name, row.Actor, present).of
		who, known := owners[of]
		if !known {
			if names := namesIn(of, row.Actor, personal, present); len(names) > 0 {
				if who.id, who.key, err = tx.person(names); err != nil {
					return nil, err
				}
			}
			owners[of] = who
		}
		inner := make([]byte, 0, 1+len(salt)+len(value))
		if hospital.names(name) {
			if envelopes == nil {
				if envelopes, err = logproof.NewEnvelopes(hospital.Key, tx.s.signer.Name(), row.Index); err != nil {
					return nil, err
				}
			}
			inner = append(append(inner, envelopeField), envelopes.Seal(name, salt[:], value)...)
		} else {
			inner = append(append(append(inner, plainField), salt[:]...), value...)
		}
		if sealed[name], err = tx.s.seal.sealPersonal(row.Index, name, who.id, who.key, inner); err != nil {
			return nil, err
		}
	}
	row.Personal, err = logproof.EncodeCommitments(commitments)
	return sealed, err
}

func personalAAD(index int64, name string, person int64) []byte {
	return binary.BigEndian.AppendUint64(append(aad("entry_personal", personalRow(index, name), "sealed"), '|'), uint64(person))
}

func (s *sealer) sealPersonal(index int64, name string, person int64, key cipher.AEAD, inner []byte) ([]byte, error) {
	if key == nil {
		person = noPerson
	}
	bound := personalAAD(index, name, person)
	if key != nil {
		inner = key.Seal(nil, nil, inner, bound)
	}
	outer, err := s.ring.Load().aead.Encrypt(inner, bound)
	if err != nil {
		return nil, err
	}
	head := binary.BigEndian.AppendUint64([]byte{personalVersion}, uint64(person))
	return append(head, outer...), nil
}

// personOf says whose a sealed field is.
func personOf(sealed []byte) int64 {
	if len(sealed) < personalHead || sealed[0] != personalVersion {
		return noPerson
	}
	return int64(binary.BigEndian.Uint64(sealed[1:personalHead]))
}

// openOuter takes the data key's layer off.
func (s *sealer) openOuter(index int64, name string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != personalVersion {
		return s.open("entry_personal", personalRow(index, name), "sealed", sealed)
	}
	if len(sealed) < personalHead {
		return nil, &Error{Kind: KindDamaged, Op: "decrypt entry_personal " + personalRow(index, name), Err: errCutShort}
	}
	return s.decrypt(sealed[personalHead:], personalAAD(index, name, personOf(sealed)), "entry_personal "+personalRow(index, name))
}

// resealPersonal puts a field under the data key of now. Nothing inside changes.
func (s *sealer) resealPersonal(index int64, name string, sealed []byte) ([]byte, error) {
	inner, err := s.openOuter(index, name, sealed)
	if err != nil {
		return nil, err
	}
	if sealed[0] != personalVersion {
		return s.seal("entry_personal", personalRow(index, name), "sealed", inner)
	}
	outer, err := s.ring.Load().aead.Encrypt(inner, personalAAD(index, name, personOf(sealed)))
	if err != nil {
		return nil, err
	}
	return append(slices.Clone(sealed[:personalHead]), outer...), nil
}

var (
	errCutShort   = errors.New("cut short")
	errPersonGone = errors.New("the person was erased")
)

// opened is a personal field as far as this PC can open it.
type opened struct {
	salt     []byte
	value    string
	envelope []byte // only the hospital opens it; salt and value are empty
}

// openField takes off every layer there is a key for, and checks the value
// against its commitment.
func (s *Store) openField(idx int64, c logproof.NamedCommitment, sealed []byte) (opened, error) {
	inner, err := s.seal.openOuter(idx, c.Name, sealed)
	if err != nil {
		return opened{}, err
	}
	if sealed[0] != personalVersion {
		return checkField(idx, c, inner)
	}
	if person := personOf(sealed); person != noPerson {
		key := s.people.key(person)
		if key == nil {
			return opened{}, errPersonGone
		}
		if inner, err = key.Open(nil, nil, inner, personalAAD(idx, c.Name, person)); err != nil {
			return opened{}, err
		}
	}
	switch {
	case len(inner) > 0 && inner[0] == plainField:
		return checkField(idx, c, inner[1:])
	case len(inner) > 0 && inner[0] == envelopeField:
		return opened{envelope: inner[1:]}, nil
	}
	return opened{}, errCutShort
}

func checkField(idx int64, c logproof.NamedCommitment, plain []byte) (opened, error) {
	if len(plain) < logproof.SaltSize {
		return opened{}, errCutShort
	}
	o := opened{salt: plain[:logproof.SaltSize], value: string(plain[logproof.SaltSize:])}
	if logproof.Commitment(o.salt, idx, c.Name, o.value) != c.HMAC {
		return opened{}, errors.New("does not fit its commitment")
	}
	return o, nil
}
