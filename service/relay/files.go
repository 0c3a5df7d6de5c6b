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
	"sync"

	"beckmanconnect/internal/safename"
	"beckmanconnect/service/scan"
	"beckmanconnect/service/support"
	"beckmanconnect/session/wire"
)

// FilesConfig says how files on their way are kept.
type FilesConfig struct {
	// Spool is a folder of the service's own, which nobody else may read. What
	// the last run left in it is removed.
	Spool string
	// Scanner looks at every file, either way; nil: there is none, and no file
	// passes.
	Scanner scan.Scanner
	// Reserve is what must stay free on the disk; 0 is 64 MiB.
	Reserve uint64
	// Free gives the free bytes of the file system a folder is on; nil asks
	// the system.
	Free func(dir string) (uint64, error)
}

// spool keeps files between their two ends: what came of the engineer's until
// it was hashed, scanned and written by the technician's window, and what the
// technician chose until it was approved and sent. A file is in here before
// anybody is asked about it or sees it, so that nothing can change it after
// that (scenarios 33, 34). Every access goes through an os.Root, which no link
// leads out of (scenario 31).
type spool struct {
	cfg FilesConfig
	log *slog.Logger

	mu    sync.Mutex
	root  *os.Root
	byKey map[chunkID]*parcel
}

// parcel is one file in the spool.
type parcel struct {
	id        string
	key       chunkID
	direction string
	name      string
	size      int64
	ctx       context.Context // ends with the transfer
	cancel    context.CancelFunc
	wake      chan struct{} // something to write, or nothing more will come

	mu      sync.Mutex
	pending []byte // taken in, not yet written
	whole   bool   // all of it was taken in
	over    bool
	path    string
	file    *os.File
	written int64
	sums    []pieceSum // of the pieces as they were scanned
	out     outbox     // of a file to the engineer, while it is sent
}

// chunkID is a transfer's ID as a chunk carries it.
type chunkID [16]byte

// pieceSum is enough of a hash to know a piece again.
type pieceSum [16]byte

// pieceSize is what is read and sent at once.
const pieceSize = wire.MaxChunk

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

// The reasons a transfer fails for, as both ends get them.
var (
	errDiskFull  = errors.New("disk-full")
	errDisk      = errors.New("disk")
	errDuplicate = errors.New("pending")
	errName      = errors.New("name")
	errHash      = errors.New("hash")
	errFlow      = errors.New("flow")    // more than FileWindow at once
	errChanged   = errors.New("changed") // not what was scanned and approved
	errNoScanner = errors.New("no-scanner")
	errScan      = errors.New("scan-failed")
	errScanSize  = errors.New("scan-too-large")
	errWindow    = errors.New("window") // nobody there to write or choose it
)

func newSpool(cfg FilesConfig, log *slog.Logger) (*spool, error) {
	if cfg.Reserve == 0 {
		cfg.Reserve = 64 << 20
	}
	if cfg.Free == nil {
		cfg.Free = freeBytes
	}
	if cfg.Scanner == nil {
		cfg.Scanner = scan.None{}
	}
	if !filepath.IsAbs(cfg.Spool) {
		return nil, fmt.Errorf("relay: the folder for files on their way must be an absolute path, not %q", cfg.Spool)
	}
	s := &spool{cfg: cfg, log: log, byKey: map[chunkID]*parcel{}}
	if root, err := s.ensure(); err != nil {
		// Support works without it; each transfer says why it cannot.
		log.Warn("the folder for files on their way cannot be used", "err", err)
	} else if left, err := fs.ReadDir(root.FS(), "."); err == nil {
		for _, e := range left {
			_ = root.RemoveAll(e.Name()) // of a service that died
		}
	}
	return s, nil
}

// ensure opens the folder, making it where it is missing.
func (s *spool) ensure() (*os.Root, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root != nil {
		return s.root, nil
	}
	if err := os.MkdirAll(filepath.Dir(s.cfg.Spool), 0o700); err != nil {
		return nil, err
	}
	if err := os.Mkdir(s.cfg.Spool, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if i, err := os.Lstat(s.cfg.Spool); err != nil || !i.IsDir() {
		return nil, errors.Join(errors.New("the folder for files on their way is not a folder"), err)
	}
	root, err := os.OpenRoot(s.cfg.Spool)
	if err != nil {
		return nil, err
	}
	s.root = root
	return root, nil
}

// open makes room for a transfer. It touches no disk.
func (s *spool) open(t support.Transfer) (*parcel, error) {
	key, ok := chunkKey(t.ID)
	if !ok || t.File.Name == "" || safename.Of(t.File.Name) != t.File.Name {
		return nil, errName
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey[key] != nil {
		return nil, errDuplicate
	}
	p := &parcel{id: t.ID, key: key, direction: t.Direction, name: t.File.Name, size: t.File.Size, wake: make(chan struct{}, 1)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	s.byKey[key] = p
	return p, nil
}

func (s *spool) find(key chunkID) *parcel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byKey[key]
}

func (s *spool) findID(id string) *parcel {
	key, ok := chunkKey(id)
	if !ok {
		return nil
	}
	return s.find(key)
}

// forget takes a parcel out; what is left of it is dropped by drop.
func (s *spool) forget(id string) *parcel {
	p := s.findID(id)
	if p != nil {
		s.mu.Lock()
		delete(s.byKey, p.key)
		s.mu.Unlock()
		p.cancel()
	}
	return p
}

// begin makes the file in the spool.
func (s *spool) begin(size int64) (file *os.File, path string, err error) {
	root, err := s.ensure()
	if err != nil {
		return nil, "", errors.Join(errDisk, err)
	}
	if free, err := s.cfg.Free(s.cfg.Spool); err == nil && free < uint64(size)+s.cfg.Reserve {
		return nil, "", errDiskFull
	}
	var raw [16]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return nil, "", errors.Join(errDisk, err)
	}
	path = hex.EncodeToString(raw[:])
	file, err = root.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, "", diskError(err)
	}
	return file, path, nil
}

func diskError(err error) error {
	if isDiskFull(err) {
		return errors.Join(errDiskFull, err)
	}
	return errors.Join(errDisk, err)
}

// put takes bytes in; they are written by whoever calls store. It never waits.
func (p *parcel) put(b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || p.whole {
		return errFlow
	}
	if len(p.pending)+len(b) > wire.FileWindow {
		return errFlow
	}
	p.pending = append(p.pending, b...)
	p.poke()
	return nil
}

// end says that nothing more will come.
func (p *parcel) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.whole = true
	p.poke()
}

func (p *parcel) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// store writes what was taken in. spare is a buffer that is free for reuse;
// done says that the file is whole. Whoever takes bytes in never waits for the
// disk, so nothing here touches it under the lock. One goroutine a parcel.
func (s *spool) store(p *parcel, spare []byte) (written int64, buffer []byte, done bool, err error) {
	p.mu.Lock()
	begun := p.file != nil || p.over
	p.mu.Unlock()
	if !begun {
		file, path, err := s.begin(p.size)
		if err != nil {
			return 0, spare, false, err
		}
		p.mu.Lock()
		p.file, p.path = file, path
		over := p.over
		p.mu.Unlock()
		if over {
			s.drop(p) // it ended meanwhile
			return 0, spare, false, errDisk
		}
	}
	p.mu.Lock()
	taken, whole, file, over := p.pending, p.whole, p.file, p.over
	if over {
		p.mu.Unlock()
		return 0, spare, false, errDisk
	}
	p.pending = spare[:0]
	p.mu.Unlock()
	if _, err := file.Write(taken); err != nil {
		return 0, taken, false, diskError(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written += int64(len(taken))
	return p.written, taken, whole && len(p.pending) == 0, nil
}

// check reads the whole file from the disk, hashes it and has it scanned: it
// is one and the same reading that the hash and the verdict are of.
func (s *spool) check(p *parcel) (sha string, v scan.Verdict, err error) {
	p.mu.Lock()
	file, over := p.file, p.over
	p.mu.Unlock()
	if over || file == nil {
		return "", v, errDisk
	}
	if i, err := file.Stat(); err != nil || i.Size() != p.size {
		return "", v, errors.Join(errHash, err)
	}
	whole, pieces := sha256.New(), &pieceSums{}
	read := io.TeeReader(io.NewSectionReader(file, 0, p.size), whole)
	if p.direction == support.ToEngineer {
		read = io.TeeReader(read, pieces) // known again when they are sent
	}
	v, err = s.cfg.Scanner.Scan(p.ctx, read, p.size)
	switch {
	case err == nil && !v.Clean:
		return "", v, nil
	case errors.Is(err, scan.ErrAbsent):
		return "", v, errors.Join(errNoScanner, err)
	case errors.Is(err, scan.ErrTooBig):
		return "", v, errors.Join(errScanSize, err)
	case err != nil:
		return "", v, errors.Join(errScan, err)
	}
	// A scanner that did not read to the end has not seen all of it.
	if n, err := io.Copy(io.Discard, read); n > 0 || err != nil {
		return "", v, errors.Join(errScan, err)
	}
	p.mu.Lock()
	p.sums = pieces.done()
	p.mu.Unlock()
	return hex.EncodeToString(whole.Sum(nil)), v, nil
}

// pieceSums hashes a stream piece by piece.
type pieceSums struct {
	sums []pieceSum
	part []byte
}

func (w *pieceSums) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		if len(w.part) == 0 && len(b) >= pieceSize {
			w.sums = append(w.sums, sumOf(b[:pieceSize]))
			b = b[pieceSize:]
			continue
		}
		k := min(pieceSize-len(w.part), len(b))
		w.part = append(w.part, b[:k]...)
		b = b[k:]
		if len(w.part) == pieceSize {
			w.sums = append(w.sums, sumOf(w.part))
			w.part = w.part[:0]
		}
	}
	return n, nil
}

func (w *pieceSums) done() []pieceSum {
	if len(w.part) > 0 {
		w.sums = append(w.sums, sumOf(w.part))
		w.part = nil
	}
	return w.sums
}

func sumOf(b []byte) (s pieceSum) {
	full := sha256.Sum256(b)
	copy(s[:], full[:])
	return s
}

// read fills b from an offset.
func (p *parcel) read(b []byte, at int64) error {
	p.mu.Lock()
	file, over := p.file, p.over
	p.mu.Unlock()
	if over || file == nil {
		return errDisk
	}
	if _, err := file.ReadAt(b, at); err != nil {
		return errors.Join(errDisk, err)
	}
	return nil
}

// piece reads the n-th piece and holds it against what was scanned.
func (p *parcel) piece(n int) ([]byte, error) {
	b := make([]byte, min(pieceSize, p.size-int64(n)*pieceSize))
	if err := p.read(b, int64(n)*pieceSize); err != nil {
		return nil, err
	}
	sum := sumOf(b)
	p.mu.Lock()
	defer p.mu.Unlock()
	if n >= len(p.sums) || sum != p.sums[n] {
		return nil, errChanged
	}
	return b, nil
}

// drop throws a parcel away.
func (s *spool) drop(p *parcel) {
	p.cancel()
	root, err := s.ensure()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over, p.pending, p.out = true, nil, outbox{}
	if p.file != nil {
		_ = p.file.Close()
		if err == nil {
			_ = root.Remove(p.path)
		}
		p.file = nil
	}
}
