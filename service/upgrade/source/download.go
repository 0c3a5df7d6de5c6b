package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// Gate is passed before each request and each piece that is read: while
// something on the PC has to be kept still for, Wait blocks.
type Gate interface {
	Wait(ctx context.Context) error
}

// Options say how a release is fetched.
type Options struct {
	// Full: the whole archive, also where a delta is cheaper.
	Full bool
	Gate Gate // nil: always open
	// Progress is told how many of the bytes that are fetched are there, those
	// of an earlier, interrupted download among them. It must not block.
	Progress func(done int64)
}

// File is what was fetched: verified, open at its first byte, and to be closed
// by the caller.
type File struct {
	*os.File
	size  int64
	Delta bool
}

// Size is its length, bytes.
func (f *File) Size() int64 { return f.size }

const (
	cacheFolder = "cache"
	partEnding  = ".part"
	piece       = 64 << 10 // bytes that are read at once
	tries       = 4        // without a byte in between
)

// Download fetches what is offered the cheapest way: whole, or as the delta
// from the installed version. It is an error unless the file has exactly the
// length and hash that were signed.
//
// What was fetched of it before is taken on after every byte of it was read
// again; what the server says about it is not believed. A download that ctx
// ends, or that the server does, leaves what came for the next time. Files of
// other releases are removed.
func (s *Source) Download(ctx context.Context, o Offer, opt Options) (*File, error) {
	f, err := s.download(ctx, o, opt)
	if err != nil {
		return nil, fmt.Errorf("upgrade source: download: %w", err)
	}
	return f, nil
}

func (s *Source) download(ctx context.Context, o Offer, opt Options) (*File, error) {
	w, err := s.way(o, opt.Full)
	if err != nil {
		return nil, err
	}
	if opt.Progress == nil {
		opt.Progress = func(int64) {}
	}
	cache, err := s.openCache(w.digest)
	if err != nil {
		return nil, err
	}
	defer cache.Close()
	file, err := cache.OpenFile(w.digest+partEnding, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	t := &transfer{source: s, way: w, options: opt, file: file, hash: sha256.New()}
	if rate := s.config.Site().Rate; rate > 0 {
		t.limit = newThrottle(rate, s.config.Clock)
	}
	err = t.run(ctx)
	if errors.Is(err, ErrUntrusted) {
		err = errors.Join(err, file.Truncate(0)) // nothing of it is worth keeping
	}
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &File{File: file, size: w.size, Delta: w.From != ""}, nil
}

// way is the file that the offer is fetched as.
func (s *Source) way(o Offer, whole bool) (way, error) {
	for _, w := range s.known {
		if w.From != "" || w.Digest != o.Digest || w.Version != o.Version || w.size != o.Size {
			continue
		}
		if d := s.delta(w); d != nil && !whole {
			return *d, nil
		}
		return w, nil
	}
	return way{}, fmt.Errorf("version %s: %w", o.Version, ErrWithdrawn)
}

// Clear removes all that was fetched.
func (s *Source) Clear() error { return os.RemoveAll(filepath.Join(s.config.Dir, cacheFolder)) }

// openCache opens the folder of what is fetched, after everything but the file
// with this digest was removed from it. No name in it leads out.
func (s *Source) openCache(keep string) (*os.Root, error) {
	dir := filepath.Join(s.config.Dir, cacheFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && strings.TrimSuffix(e.Name(), partEnding) == keep {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return os.OpenRoot(dir)
}

// transfer is one file on its way.
type transfer struct {
	source  *Source
	way     way
	options Options
	limit   *throttle // nil: none
	file    *os.File
	hash    hash.Hash // of the first done bytes
	done    int64
	resumed bool // some of them are from before
}

// run fetches what is missing. Bytes from before that turn out to be others'
// cost one fresh start.
func (t *transfer) run(ctx context.Context) error {
	if err := t.takeUp(); err != nil {
		return err
	}
	for {
		err := t.fetch(ctx)
		if err == nil {
			err = t.verify()
		}
		if !errors.Is(err, ErrUntrusted) || !t.resumed {
			return err
		}
		t.source.config.Log.Warn("what was left of a download was not of this file, it begins anew", "file", t.way.name)
		if err := t.restart(); err != nil {
			return err
		}
	}
}

// takeUp reads what is there already.
func (t *transfer) takeUp() error {
	n, err := io.Copy(t.hash, io.LimitReader(t.file, t.way.size+1))
	if err != nil {
		return err
	}
	if n > t.way.size {
		return t.restart()
	}
	t.done, t.resumed = n, n > 0
	t.options.Progress(t.done)
	return nil
}

func (t *transfer) restart() error {
	t.done, t.resumed = 0, false
	t.hash.Reset()
	if err := t.file.Truncate(0); err != nil {
		return err
	}
	_, err := t.file.Seek(0, io.SeekStart)
	return err
}

func (t *transfer) verify() error {
	if got := hex.EncodeToString(t.hash.Sum(nil)); got != t.way.digest {
		return fmt.Errorf("%w: the file is not the one that was signed", ErrUntrusted)
	}
	return nil
}

// fetch asks until all is there. A server that goes away in the middle is asked
// again for the rest.
func (t *transfer) fetch(ctx context.Context) error {
	failed, wait := 0, t.source.config.Pause
	for t.done < t.way.size {
		before := t.done
		err := t.request(ctx)
		if err == nil {
			break
		}
		if t.done > before {
			failed, wait = 0, t.source.config.Pause
		}
		failed++
		if !errors.Is(err, errCut) || failed >= tries || ctx.Err() != nil {
			return err
		}
		t.source.config.Log.Info("a download was cut and goes on", "file", t.way.name, "bytes", t.done, "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
			wait *= 2
		}
	}
	return nil
}

// errCut: what came so far is good.
var errCut = fmt.Errorf("%w: it stopped in the middle", ErrUnreachable)

// request asks once, for what is missing.
func (t *transfer) request(ctx context.Context) error {
	if err := t.pass(ctx, 0); err != nil {
		return err
	}
	body, err := t.source.get(ctx, t.source.base()+"targets/"+t.way.digest+"."+t.way.name, t.done)
	if err != nil {
		return missing(err)
	}
	defer body.Close()
	if body.from != t.done { // the server sends all of it
		if err := t.restart(); err != nil {
			return err
		}
	}
	buffer := make([]byte, piece)
	for got, reading := int64(0), time.Duration(0); ; {
		if err := t.pass(ctx, 0); err != nil {
			return err
		}
		began := time.Now()
		n, err := body.Read(buffer)
		if got, reading = got+int64(n), reading+time.Since(began); err == nil && tooSlow(got, reading) {
			err = errStalled
		}
		if t.done+int64(n) > t.way.size {
			return fmt.Errorf("%w: more than %d bytes came", ErrUntrusted, t.way.size)
		}
		if err := errors.Join(t.keep(buffer[:n]), t.pass(ctx, n)); err != nil {
			return err
		}
		switch {
		case errors.Is(err, io.EOF) && t.done < t.way.size:
			// An honest server that was cut, or one that has another file: the
			// rest is asked for, and what comes is verified.
			return fmt.Errorf("%w: %d bytes instead of %d", errShort, t.done, t.way.size)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", errCut, err)
		}
	}
}

// slowest is what a server has to send, in bytes a second: one that sends
// next to nothing would keep this PC from ever looking elsewhere.
const slowest = 512

// tooSlow judges what came in the time that was spent reading, which does not
// hold the time that the gate or the rate took.
func tooSlow(bytes int64, reading time.Duration) bool {
	return reading > stallTime && float64(bytes) < slowest*reading.Seconds()
}

// ErrMissing: the server does not have the file.
var ErrMissing = fmt.Errorf("%w: it does not have the file", ErrUnreachable)

func missing(err error) error {
	var answer *metadata.ErrDownloadHTTP
	if errors.As(err, &answer) && (answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusGone) {
		return fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return explain(err)
}

// errShort: the server says that this is all.
var errShort = fmt.Errorf("%w: the file is shorter than what was signed", ErrUntrusted)

// pass waits until the gate is open and n bytes may be read.
func (t *transfer) pass(ctx context.Context, n int) error {
	if t.options.Gate != nil {
		if err := t.options.Gate.Wait(ctx); err != nil {
			return err
		}
	}
	if t.limit == nil || n == 0 {
		return ctx.Err()
	}
	return t.limit.wait(ctx, n)
}

// keep writes bytes that came.
func (t *transfer) keep(b []byte) error {
	n, err := t.file.Write(b)
	t.hash.Write(b[:n])
	t.done += int64(n)
	t.options.Progress(t.done)
	return err
}
