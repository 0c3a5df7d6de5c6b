package relay

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"beckmanconnect/service/support"
)

// FilesConfig says where received files go.
type FilesConfig struct {
	// Dir is the folder technicians find received files in.
	Dir string
	// Mode of received files; 0 is 0644: technicians read them, only the
	// service wrote them.
	Mode fs.FileMode
	// Reserve is what must stay free on the disk; 0 is 64 MiB.
	Reserve uint64
	// Free gives the free bytes of the file system a folder is on; nil asks
	// the system.
	Free func(dir string) (uint64, error)
}

// incoming is the private folder partial files are in. It lies inside Dir, so
// that making a file visible is one step on one file system.
const incoming = ".incoming"

// receiver keeps files on their way in. Nothing partial is ever visible, and
// nothing is overwritten (scenario 34). Every access goes through an os.Root,
// which no link inside the folder leads out of (scenario 31).
type receiver struct {
	cfg FilesConfig
	log *slog.Logger

	mu    sync.Mutex
	root  *os.Root
	byKey map[chunkID]*transfer
}

type transfer struct {
	id   string
	key  chunkID
	name string
	size int64

	mu      sync.Mutex
	partial string
	file    *os.File
	done    int64
	told    int64
	over    bool
}

// chunkID is a transfer's ID as a chunk carries it.
type chunkID [16]byte

// chunkKey reads an ask's ID as a chunk's: 32 lower-case hex digits, and no
// other form, so that no two IDs are one transfer.
func chunkKey(id string) (k chunkID, ok bool) {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) != len(k) || hex.EncodeToString(b) != id {
		return k, false
	}
	copy(k[:], b)
	return k, true
}

// The reasons a transfer fails for, as the engineer's side gets them.
var (
	errDiskFull  = errors.New("disk-full")
	errDisk      = errors.New("disk")
	errDuplicate = errors.New("pending")
	errName      = errors.New("name")
	errHash      = errors.New("hash")
)

func newReceiver(cfg FilesConfig, log *slog.Logger) (*receiver, error) {
	if cfg.Mode == 0 {
		cfg.Mode = 0o644
	}
	if cfg.Reserve == 0 {
		cfg.Reserve = 64 << 20
	}
	if cfg.Free == nil {
		cfg.Free = freeBytes
	}
	if !filepath.IsAbs(cfg.Dir) {
		return nil, fmt.Errorf("relay: the folder for received files must be an absolute path, not %q", cfg.Dir)
	}
	r := &receiver{cfg: cfg, log: log, byKey: map[chunkID]*transfer{}}
	if root, err := r.ensure(); err != nil {
		// Support works without it; each transfer says why it cannot.
		log.Warn("the folder for received files cannot be used", "err", err)
	} else if left, err := fs.ReadDir(root.FS(), incoming); err == nil {
		for _, e := range left {
			_ = root.Remove(filepath.Join(incoming, e.Name())) // of a service that died
		}
	}
	return r, nil
}

// ensure opens the folders, making them where they are missing.
func (r *receiver) ensure() (*os.Root, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.root != nil {
		return r.root, nil
	}
	if err := os.MkdirAll(r.cfg.Dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(r.cfg.Dir)
	if err != nil {
		return nil, err
	}
	if err := root.Mkdir(incoming, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		root.Close()
		return nil, err
	}
	if i, err := root.Lstat(incoming); err != nil || !i.IsDir() {
		root.Close()
		return nil, errors.Join(errors.New("the folder for partial files is not a folder"), err)
	}
	r.root = root
	return root, nil
}

// open makes room for a transfer that was allowed. It touches no disk.
func (r *receiver) open(t support.Transfer) error {
	key, ok := chunkKey(t.ID)
	if !ok || t.File.Name == "" || SafeName(t.File.Name) != t.File.Name {
		return errName
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byKey[key] != nil {
		return errDuplicate
	}
	r.byKey[key] = &transfer{id: t.ID, key: key, name: t.File.Name, size: t.File.Size}
	return nil
}

func (r *receiver) find(key chunkID) *transfer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byKey[key]
}

func (r *receiver) findID(id string) *transfer {
	key, ok := chunkKey(id)
	if !ok {
		return nil
	}
	return r.find(key)
}

// forget takes a transfer out; what is left of it is dropped by drop.
func (r *receiver) forget(id string) *transfer {
	t := r.findID(id)
	if t != nil {
		r.mu.Lock()
		delete(r.byKey, t.key)
		r.mu.Unlock()
	}
	return t
}

// begin makes the partial file. The caller holds t.mu.
func (r *receiver) begin(t *transfer) error {
	root, err := r.ensure()
	if err != nil {
		return errors.Join(errDisk, err)
	}
	if free, err := r.cfg.Free(r.cfg.Dir); err == nil && free < uint64(t.size)+r.cfg.Reserve {
		return errDiskFull
	}
	var raw [16]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return errors.Join(errDisk, err)
	}
	t.partial = filepath.Join(incoming, hex.EncodeToString(raw[:]))
	t.file, err = root.OpenFile(t.partial, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return errors.Join(errDisk, err)
	}
	return nil
}

// write appends bytes to the partial file.
func (r *receiver) write(t *transfer, b []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return errDisk
	}
	if t.file == nil {
		if err := r.begin(t); err != nil {
			return err
		}
	}
	if _, err := t.file.Write(b); err != nil {
		if isDiskFull(err) {
			return errors.Join(errDiskFull, err)
		}
		return errors.Join(errDisk, err)
	}
	t.done += int64(len(b))
	return nil
}

// verify reads the whole file back from the disk, as a virus scanner would let
// anybody else read it, and gives its hash.
func (r *receiver) verify(ctx context.Context, t *transfer) (sha string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return "", errDisk
	}
	if t.file == nil {
		if err := r.begin(t); err != nil {
			return "", err
		}
	}
	if err := t.file.Sync(); err != nil {
		return "", errors.Join(errDisk, err)
	}
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return "", errors.Join(errDisk, err)
	}
	h := sha256.New()
	n, err := io.Copy(h, readerWith{ctx, t.file})
	if err != nil {
		return "", errors.Join(errDisk, err)
	}
	if n != t.size {
		return "", errHash
	}
	if err := t.file.Chmod(r.cfg.Mode); err != nil {
		return "", errors.Join(errDisk, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

type readerWith struct {
	ctx context.Context
	io.Reader
}

func (r readerWith) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// reveal gives the file its name, without ever replacing another: a hard link
// fails where something stands already.
func (r *receiver) reveal(t *transfer) (name string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || t.file == nil {
		return "", errDisk
	}
	root, err := r.ensure()
	if err != nil {
		return "", errors.Join(errDisk, err)
	}
	name = t.name
	for n := 2; ; n++ {
		err = root.Link(t.partial, name)
		if !errors.Is(err, fs.ErrExist) || n > 99 {
			break
		}
		name = numbered(t.name, strconv.Itoa(n))
	}
	if err != nil {
		return "", errors.Join(errDisk, err)
	}
	syncDir(root)
	t.finish(root)
	return name, nil
}

// drop throws a transfer away.
func (r *receiver) drop(t *transfer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	root, err := r.ensure()
	if err != nil || t.over {
		t.over = true
		return
	}
	t.finish(root)
}

// finish closes and removes the partial file. The caller holds t.mu.
func (t *transfer) finish(root *os.Root) {
	t.over = true
	if t.file != nil {
		_ = t.file.Close()
		_ = root.Remove(t.partial)
	}
}
