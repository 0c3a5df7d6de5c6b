package keys

import (
	"crypto/rand"
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
	if err != nil {
		// Not fs.ErrNotExist: the private half is there and must not be replaced.
		return nil, nil, fmt.Errorf("checkpoint key: public half: %v", err)
	}
	return checkpointPair(string(private), vkey)
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
