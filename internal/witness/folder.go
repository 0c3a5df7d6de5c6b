package witness

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/cosign"
)

// Files of a witness's folder. Each log has a folder of its own below logs,
// named by a hash of its name.
const (
	FileKey      = "witness.key"
	FileVerifier = "witness.pub"
	dirLogs      = "logs"
	fileLog      = "log.pub"     // the log's verifier
	fileNewest   = "newest.note" // the newest cosigned checkpoint
	fileRefused  = "refused"     // the last refusal: unix seconds, code
	fileLock     = "lock"
)

// maxFile bounds what is read of any of them.
const maxFile = 64 << 10

// Folder is a witness whose memory is files: the hospital's own. Several
// programs may use one folder at once.
type Folder struct {
	dir    string
	signer *cosign.Signer
	mu     sync.Mutex
}

// Init makes a witness with a key of its own in dir. A key that is there is
// never replaced: what it signed would count no more.
func Init(dir, name string) (*Folder, error) {
	if err := os.MkdirAll(filepath.Join(dir, dirLogs), 0o700); err != nil {
		return nil, fmt.Errorf("witness: make %s: %w", dir, err)
	}
	key := filepath.Join(dir, FileKey)
	if _, err := os.Lstat(key); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("witness: %s is already there; a witness keeps its key", key)
	}
	signer, verifier, err := cosign.GenerateKey(name)
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	if err := writeWhole(filepath.Join(dir, FileVerifier), []byte(verifier+"\n"), 0o644); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	if err := writeWhole(key, []byte(signer+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	return OpenFolder(dir, nil)
}

// OpenFolder opens a witness that Init made. now may be nil.
func OpenFolder(dir string, now func() time.Time) (*Folder, error) {
	text, err := readFile(filepath.Join(dir, FileKey))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("witness: there is no witness in %s; make one with \"beckmanctl witness init --dir %s\"", dir, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	signer, err := cosign.NewSigner(strings.TrimSpace(string(text)), now)
	if err != nil {
		return nil, fmt.Errorf("witness: %s: %w", filepath.Join(dir, FileKey), err)
	}
	return &Folder{dir: dir, signer: signer}, nil
}

// Signer is the witness's own.
func (f *Folder) Signer() *cosign.Signer { return f.signer }

// Trust has the witness watch a log from now on. A log it knows keeps its key:
// another key under the same name is refused.
func (f *Folder) Trust(verifier string) (origin string, err error) {
	log, err := note.NewVerifier(verifier)
	if err != nil || !cosign.ValidName(log.Name()) {
		return "", fmt.Errorf("witness: %.200q is no log's verifier key", verifier)
	}
	err = f.locked(func() error {
		dir := f.of(log.Name())
		switch known, err := readFile(filepath.Join(dir, fileLog)); {
		case err == nil && strings.TrimSpace(string(known)) == verifier:
			return nil
		case err == nil:
			return fmt.Errorf("witness: the log %q is known with another key; nothing was changed", log.Name())
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		return writeWhole(filepath.Join(dir, fileLog), []byte(verifier+"\n"), 0o644)
	})
	return log.Name(), err
}

// Add is Add with this folder's memory.
func (f *Folder) Add(ctx context.Context, r Request) (answer Answer, err error) {
	err = f.locked(func() (err error) {
		answer, err = Add(ctx, f.signer, files{f}, r)
		if err != nil {
			return err
		}
		return f.remember(answer)
	})
	return answer, err
}

// Newest gives a log's verifier and its newest cosigned checkpoint.
func (f *Folder) Newest(ctx context.Context, origin string) (log note.Verifier, seen Seen, err error) {
	err = f.locked(func() (err error) {
		log, seen, err = files{f}.Newest(ctx, origin)
		return err
	})
	return log, seen, err
}

// remember keeps a refusal for people to see until something is cosigned.
// "old" is no refusal: the next request has the right proof.
func (f *Folder) remember(a Answer) error {
	path := filepath.Join(f.of(a.Origin), fileRefused)
	switch a.Code {
	case "":
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	case cloudapi.WitnessOld, cloudapi.WitnessUnknown:
		return nil
	}
	return writeWhole(path, fmt.Appendf(nil, "%d %s\n", f.signer.Now().Unix(), a.Code), 0o644)
}

// of is a log's folder. Names come from outside and may hold anything.
func (f *Folder) of(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return filepath.Join(f.dir, dirLogs, hex.EncodeToString(sum[:16]))
}

func (f *Folder) locked(do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	lock, err := lockFile(filepath.Join(f.dir, fileLock))
	if err != nil {
		return fmt.Errorf("witness: lock: %w", err)
	}
	defer lock.Close()
	return do()
}

// files is a Folder as a State, while it is locked.
type files struct{ f *Folder }

func (s files) Newest(_ context.Context, origin string) (note.Verifier, Seen, error) {
	dir := s.f.of(origin)
	text, err := readFile(filepath.Join(dir, fileLog))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Seen{}, ErrUnknown
	}
	if err != nil {
		return nil, Seen{}, err
	}
	log, err := note.NewVerifier(strings.TrimSpace(string(text)))
	if err != nil || log.Name() != origin {
		return nil, Seen{}, fmt.Errorf("%s is damaged", filepath.Join(dir, fileLog))
	}
	msg, err := readFile(filepath.Join(dir, fileNewest))
	if errors.Is(err, fs.ErrNotExist) {
		return log, Seen{}, nil
	}
	if err != nil {
		return nil, Seen{}, err
	}
	// Its own signature is on it: what somebody else put there does not count
	// as nothing.
	c, err := Open(msg, log, s.f.signer.Verifier())
	if err != nil {
		return nil, Seen{}, fmt.Errorf("%s is not what was written: %w", filepath.Join(dir, fileNewest), err)
	}
	return log, Seen{Size: c.Size, Root: c.Root, Note: msg}, nil
}

func (s files) Earlier(context.Context, string, int64, tlog.Hash) (bool, error) { return false, nil }

func (s files) Keep(_ context.Context, origin string, next Seen) error {
	return writeWhole(filepath.Join(s.f.of(origin), fileNewest), next.Note, 0o644)
}
