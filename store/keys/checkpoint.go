package keys

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Files of the checkpoint key inside its folder. The public half is what IT
// copies away to verify the log with.
const (
	CheckpointPrivate = "checkpoint.key"
	CheckpointPublic  = "checkpoint.pub"
)

// Checkpoint gives the key that signs the log's checkpoints and makes it on
// first use: Ed25519, the private half wrapped. Its name is random and becomes
// the log's origin.
func Checkpoint(w Wrapper, dir string) (note.Signer, note.Verifier, error) {
	s, v, err := LoadCheckpoint(w, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return newCheckpoint(w, dir)
	}
	return s, v, err
}

// LoadCheckpoint gives the key that was made before; a log that has one never
// gets another unasked.
func LoadCheckpoint(w Wrapper, dir string) (note.Signer, note.Verifier, error) {
	private, err := ReadSecret(w, dir, CheckpointPrivate)
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint key: %w", err)
	}
	vkey, err := CheckpointVerifier(dir)
	if errors.Is(err, fs.ErrNotExist) {
		// The public half follows from the private one, which nobody could have
		// put there without the key that wraps it.
		vkey, err = publicHalf(string(private))
	}
	if err != nil {
		// Not fs.ErrNotExist: the private half is there and must not be replaced.
		return nil, nil, fmt.Errorf("checkpoint key: public half: %v", err)
	}
	return checkpointPair(string(private), vkey)
}

// publicHalf makes the verifier of a signer's key, as note.GenerateKey writes
// both: PRIVATE+KEY+name+hash+key.
func publicHalf(skey string) (string, error) {
	s, err := note.NewSigner(skey)
	if err != nil {
		return "", err
	}
	parts := strings.SplitN(skey, "+", 5)
	seed, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return "", errors.New("the private half is no Ed25519 key")
	}
	return note.NewEd25519VerifierKey(s.Name(), ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey))
}

// RestorePublic writes the public half of the checkpoint key anew where it is
// gone, and says whether it was. signed holds the key against the log first.
func RestorePublic(w Wrapper, dir string, signed func(note.Verifier) error) (restored bool, err error) {
	path := filepath.Join(dir, CheckpointPublic)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	private, err := ReadSecret(w, dir, CheckpointPrivate)
	if err != nil {
		return false, err
	}
	defer clear(private)
	vkey, err := publicHalf(string(private))
	if err != nil {
		return false, err
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return false, err
	}
	if err := signed(v); err != nil {
		return false, fmt.Errorf("checkpoint key: the log was not signed with it: %w", err)
	}
	return true, WriteFile(path, []byte(vkey+"\n"), 0o644)
}

// CheckpointVerifier reads the public half kept in dir, in the form
// note.NewVerifier reads; for registration and for those who verify.
func CheckpointVerifier(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, CheckpointPublic))
	if err != nil {
		return "", err
	}
	vkey := strings.TrimSpace(string(b))
	if _, err := note.NewVerifier(vkey); err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Join(dir, CheckpointPublic), err)
	}
	return vkey, nil
}

// CheckpointVerifiers is CheckpointVerifier as a list for note.Open.
func CheckpointVerifiers(dir string) (note.Verifiers, error) {
	vkey, err := CheckpointVerifier(dir)
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	return note.VerifierList(v), nil
}

func newCheckpoint(w Wrapper, dir string) (note.Signer, note.Verifier, error) {
	id := make([]byte, 8)
	rand.Read(id)
	skey, vkey, err := note.GenerateKey(rand.Reader, "beckmanconnect-log-"+hex.EncodeToString(id))
	if err != nil {
		return nil, nil, err
	}
	if err := MakeDir(dir); err != nil {
		return nil, nil, err
	}
	// The public half first: a crash in between leaves a file that the next
	// start replaces, never a private key without it.
	if err := WriteFile(filepath.Join(dir, CheckpointPublic), []byte(vkey+"\n"), 0o644); err != nil {
		return nil, nil, err
	}
	if err := WriteSecret(w, dir, CheckpointPrivate, []byte(skey)); err != nil {
		return nil, nil, err
	}
	return checkpointPair(skey, vkey)
}

func checkpointPair(skey, vkey string) (note.Signer, note.Verifier, error) {
	s, err := note.NewSigner(skey)
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint key: %w", err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint key: public half: %w", err)
	}
	if s.Name() != v.Name() || s.KeyHash() != v.KeyHash() {
		return nil, nil, fmt.Errorf("checkpoint key: %s does not belong to %s", CheckpointPublic, CheckpointPrivate)
	}
	return s, v, nil
}
