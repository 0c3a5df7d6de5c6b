package store

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"slices"
	"testing"

	"beckmanconnect/internal/logproof"
)

// A ciphertext that is moved to another row, field or person does not open, nor
// does one of another table (P15).
func TestSealedFieldsCannotBeMoved(t *testing.T) {
	s := openTest(t, Options{})
	a := appendOne(t, s, "technician", map[string]string{"account": "anna", "reason": "one"})
	b := appendOne(t, s, "technician", map[string]string{"account": "bert", "reason": "two"})
	c := appendOne(t, s, "technician", map[string]string{"account": "anna", "reason": "three"})
	commitment := func(idx int64, name string) logproof.NamedCommitment {
		list := commitmentsOf(t, s, idx)
		return list[slices.IndexFunc(list, func(c logproof.NamedCommitment) bool { return c.Name == name })]
	}
	sealed := sealedOf(t, s, a, "reason")
	if o, err := s.openField(a, commitment(a, "reason"), sealed); err != nil || o.value != "one" {
		t.Fatal(o, err)
	}
	for what, err := range map[string]error{
		"another person's entry": second(s.openField(b, commitment(b, "reason"), sealed)),
		"another entry":          second(s.openField(c, commitment(c, "reason"), sealed)),
		"another field":          second(s.openField(a, commitment(a, "account"), sealed)),
		"nothing":                second(s.openField(a, commitment(a, "reason"), nil)),
		"the head alone":         second(s.openField(a, commitment(a, "reason"), sealed[:personalHead])),
	} {
		if err == nil {
			t.Error(what, "opened it")
		}
	}
	other := personOf(sealedOf(t, s, b, "reason"))
	moved := binary.BigEndian.AppendUint64([]byte{personalVersion}, uint64(other))
	if _, err := s.openField(a, commitment(a, "reason"), append(moved, sealed[personalHead:]...)); err == nil {
		t.Error("another person's number was taken")
	}
	if _, err := s.seal.open("settings", "x", "sealed", sealed[personalHead:]); err == nil {
		t.Error("opened as a setting")
	}
	key := s.people.key(personOf(sealed))
	if key == nil || key == s.people.key(other) || personOf(sealed) != personOf(sealedOf(t, s, c, "reason")) {
		t.Error("persons and keys do not go together")
	}
}

func second(_ opened, err error) error { return err }

// With the hospital's key in force, confidential fields open for its owner
// alone: not on this PC. Without it all goes on as before (P15).
func TestConfidentialFields(t *testing.T) {
	ctx := context.Background()
	hospital, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := rsa.GenerateKey(rand.Reader, 3072)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip("no weak key to be made:", err)
	}
	s := openTest(t, Options{})
	values := map[string]string{"account": "anna", "initials": "AW", "reason": "Frau Muster, Zimmer 3", "unheard": "x"}
	if err := s.SetConfidential(&Confidential{Key: &hospital.PublicKey}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetConfidential(&Confidential{Key: &weak.PublicKey}); KindOf(err) != KindInvalid {
		t.Fatal("a weak key:", err)
	}
	hash, _ := logproof.RSAKeyHash(&hospital.PublicKey)
	if s.ConfidentialKey() != hash {
		t.Fatal("the weak key took the place of the good one")
	}
	first := appendOne(t, s, "technician", values)
	if err := s.SetConfidential(&Confidential{Key: &changed.PublicKey, Names: []string{"initials"}}); err != nil {
		t.Fatal(err)
	}
	second := appendOne(t, s, "technician", values)
	if err := s.SetConfidential(nil); err != nil {
		t.Fatal(err)
	}
	third := appendOne(t, s, "technician", values)

	for _, c := range []struct {
		idx          int64
		key          *rsa.PrivateKey
		confidential []string
	}{{first, hospital, []string{"reason", "unheard"}}, {second, changed, []string{"initials", "unheard"}}, {third, nil, nil}} {
		r := fieldsOf(t, s, c.idx)
		if !slices.Equal(r.Confidential, c.confidential) || len(r.Erased)+len(r.Damaged) > 0 || len(r.Personal)+len(r.Confidential) != len(values) {
			t.Errorf("%+v", r)
		}
		for name, envelope := range r.Envelopes {
			salt, value, err := logproof.OpenEnvelope(c.key, s.signer.Name(), c.idx, name, envelope)
			if err != nil || value != values[name] {
				t.Errorf("%s: %q, %v", name, value, err)
			}
			want := commitmentsOf(t, s, c.idx)
			i := slices.IndexFunc(want, func(n logproof.NamedCommitment) bool { return n.Name == name })
			if logproof.Commitment(salt, c.idx, name, value) != want[i].HMAC {
				t.Errorf("%s does not fit", name)
			}
			for what, err := range map[string]error{
				"another entry": opens(c.key, s.signer.Name(), c.idx+1, name, envelope),
				"another field": opens(c.key, s.signer.Name(), c.idx, "other", envelope),
				"another log":   opens(c.key, "other", c.idx, name, envelope),
				"another key":   opens(weak, s.signer.Name(), c.idx, name, envelope),
			} {
				if err == nil {
					t.Error(what, "opened", name)
				}
			}
		}
	}
	verifyStore(t, s)
	// Erasing takes the envelope from the hospital, too.
	if done, err := s.ErasePerson(ctx, Erasing{Word: "anna", Actor: "it"}); err != nil || done.Entries != 3 {
		t.Fatal(done, err)
	}
	if r := fieldsOf(t, s, first); len(r.Envelopes) != 0 || len(r.Erased) != len(values) {
		t.Errorf("%+v", r)
	}
}

func opens(key *rsa.PrivateKey, origin string, idx int64, name string, envelope []byte) error {
	_, _, err := logproof.OpenEnvelope(key, origin, idx, name, envelope)
	return err
}
