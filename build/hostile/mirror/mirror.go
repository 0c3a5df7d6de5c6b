// Package mirror is a hostile mirror of the vendor's repository: what stands
// between the vendor and a PC that looks for upgrades, with a certificate the
// PC trusts and without the vendor's keys (scenarios 36, 39). In one class it
// has one of them. It attacks the product's own source of upgrades, over TLS,
// with its memory and its files.
//
// What must not happen: that something is offered or handed on as verified
// which both targets keys did not sign for this product, platform, channel and
// line, or which this PC knew to be superseded; that a check takes bytes
// without end; that the PC is told nothing it can understand; and that any of
// it lasts once the honest server is back.
package mirror

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"beckmanconnect/build/hostile/tally"
	"beckmanconnect/service/upgrade/source"
)

type class struct {
	name   string
	weight int
	try    func(*walk) error
}

// Kind is the hostile mirror.
func Kind() tally.Kind {
	all := map[string]class{}
	k := tally.Kind{Name: "mirror", Block: 40, Idle: 2, Run: func(ctx context.Context, b *tally.Block) error { return block(ctx, b, all) }}
	for _, c := range classes() {
		all[c.name] = c
		k.Classes = append(k.Classes, tally.Class{Name: c.name, Weight: c.weight})
	}
	return k
}

// walk is one block: a vendor, the mirror and a PC.
type walk struct {
	ctx    context.Context
	r      *rand.Rand
	b      *tally.Block
	vendor *vendor
	other  *vendor // of another product line, with keys of its own
	server *server
	pc     *pc
	dir    string

	began time.Time     // when the program of the PC was built
	clock time.Duration // by which the PC's clock is wrong
	known time.Time     // the latest that this PC has to know: it was built, or the vendor signed it
	floor int64         // timestamp of the newest state this PC saw
}

func block(ctx context.Context, b *tally.Block, all map[string]class) error {
	dir, err := os.MkdirTemp(memory(), "hm")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w := &walk{ctx: ctx, r: b.Rand, b: b, dir: dir, server: newServer()}
	defer w.server.close()
	if w.vendor, err = newVendor(b.Rand); err != nil {
		return err
	}
	if w.other, err = newVendor(b.Rand); err != nil {
		return err
	}
	w.began = w.vendor.now
	if err := w.fresh(); err != nil {
		return err
	}
	for n, name := range b.Classes {
		b.Begin(n)
		if err := w.attempt(all[name]); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func memory() string {
	if i, err := os.Stat("/dev/shm"); err == nil && i.IsDir() {
		return "/dev/shm"
	}
	return ""
}

// unpacked is a PC that has seen nothing yet.
func (w *walk) unpacked() error {
	dir, err := os.MkdirTemp(w.dir, "pc")
	if err != nil {
		return err
	}
	w.pc = &pc{dir: filepath.Join(dir, "upgrade"), server: w.server, root: w.vendor.first, now: w.present, built: w.began}
	w.known, w.floor = w.began, 0
	return nil
}

// fresh is one on which the first look has worked.
func (w *walk) fresh() error {
	if err := w.unpacked(); err != nil {
		return err
	}
	w.serve(w.vendor.newest(), nil)
	offer, err := w.pc.check(w.ctx)
	if err != nil || offer == nil {
		return fmt.Errorf("a new PC at an honest server: offered %v, %w", offer, err)
	}
	w.saw(w.vendor.newest())
	return nil
}

func (w *walk) present() time.Time { return w.vendor.now.Add(w.clock) }

// attempt goes on with the vendor's life a little, attacks, and has the honest
// server back.
func (w *walk) attempt(c class) error {
	if err := w.life(); err != nil {
		return err
	}
	switch w.r.IntN(12) {
	case 0:
		if err := w.unpacked(); err != nil {
			return err
		}
	case 1, 2, 3:
		w.pc.restart()
	}
	if err := c.try(w); err != nil {
		return err
	}
	w.clock = 0
	return w.recover()
}

// life is what the vendor does meanwhile.
func (w *walk) life() error {
	w.pass(time.Duration(w.r.IntN(72)) * time.Hour)
	var err error
	switch w.r.IntN(4) {
	case 0:
		err = w.vendor.release(w.r)
	case 1:
		err = w.vendor.publish()
	default:
		err = w.vendor.restamp()
	}
	if err == nil && w.r.IntN(2) == 0 {
		return w.recover() // this PC has seen it
	}
	return err
}

func (w *walk) pass(d time.Duration) { w.vendor.now = w.vendor.now.Add(d) }

func (w *walk) serve(s state, hostile answer) {
	archive := map[string][]byte{}
	for path, content := range w.vendor.files {
		archive[path] = content
	}
	w.server.set(s.files, archive, hostile)
}

// recover: with the honest server the newest release is offered and comes
// whole.
func (w *walk) recover() error {
	w.serve(w.vendor.newest(), nil)
	offer, err := w.pc.check(w.ctx)
	if w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	if err != nil || offer == nil {
		w.b.Act("lasting", "with the honest server back: offered %v, %v", offer, err)
		return w.fresh() // this one may be broken for good
	}
	newest := w.vendor.newest()
	w.saw(newest)
	w.judgeOffer(offer)
	file, err := w.pc.download(w.ctx, *offer)
	if err != nil {
		w.b.Act("lasting", "with the honest server back: version %s does not come: %v", offer.Version, err)
		return nil
	}
	w.judgeFile(offer, file)
	w.b.Live("offers of the honest server")
	return nil
}

func (w *walk) saw(s state) {
	w.floor = max(w.floor, s.version)
	if s.signed.After(w.known) {
		w.known = s.signed
	}
}

// most is what a check or a download may take over the wire under any attack:
// the largest of each role, and what is on its way in buffers.
const most = 24 << 20

// look is a check of the attacked PC, and a download where something is
// offered; what comes of it is judged.
func (w *walk) look() {
	before := w.server.sent.Load()
	began := time.Now()
	offer, err := w.pc.check(w.ctx)
	if w.ctx.Err() != nil {
		return
	}
	w.b.Log("offered %v, %v", offer, err)
	switch {
	case err != nil:
		w.judgeError(err, checkCodes)
	case offer == nil:
		w.b.Live("checks that offered nothing")
	default:
		w.judgeOffer(offer)
		file, err := w.pc.download(w.ctx, *offer)
		if err != nil {
			w.judgeError(err, downloadCodes)
		} else {
			w.judgeFile(offer, file)
		}
	}
	if sent := w.server.sent.Load() - before; sent > most {
		w.b.Act("bytes", "%d bytes were taken", sent)
	}
	if took := time.Since(began); took > time.Minute {
		w.b.Act("time", "it took %v", took)
	}
	if used := heap(); used > mostHeap {
		w.b.Act("memory", "%d MB are in use", used>>20)
	}
}

// judgeError: the state has a code that says what is wrong, not "failed".
func (w *walk) judgeError(err error, codes map[string]error) {
	told := ""
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if errors.Is(err, codes[code]) {
			told = code
			break
		}
	}
	if told == "" {
		w.b.Act("state", "the technician is told nothing: %v", err)
		return
	}
	w.b.Live("told " + told)
}

// judgeOffer: it is one that the vendor made for this PC in a state not older
// than what was seen, and not one that has expired since.
func (w *walk) judgeOffer(o *source.Offer) {
	at := w.present()
	if w.known.After(at) {
		at = w.known
	}
	stale := ""
	for _, s := range w.vendor.states {
		if !s.offers[o.Digest] {
			continue
		}
		switch {
		case s.version < w.floor:
			stale = fmt.Sprintf("only in timestamp %d, %d was seen", s.version, w.floor)
		case at.After(s.expires):
			stale = fmt.Sprintf("only in timestamp %d, which expired", s.version)
		default:
			w.saw(s)
			return
		}
	}
	if stale != "" {
		w.b.Act("old offer", "version %s is %s", o.Version, stale)
		return
	}
	w.b.Act("offer", "version %s (%s) is not the vendor's for this PC: %+v", o.Version, o.Digest, o.Release)
}

// judgeFile: it is, byte for byte, the file that was signed for the offer.
func (w *walk) judgeFile(o *source.Offer, got []byte) {
	sum := sha256.Sum256(got)
	name := hex.EncodeToString(sum[:])
	if w.vendor.digests[name] != o.Digest {
		w.b.Act("file", "%d bytes passed for version %s", len(got), o.Version)
		return
	}
	for path, content := range w.vendor.files {
		if bytes.Contains([]byte(path), []byte(name)) && bytes.Equal(content, got) {
			w.b.Live("downloads verified")
			return
		}
	}
	w.b.Act("file", "the file for version %s is another", o.Version)
}

// The codes that a state may have after a look under attack, and after a
// download, with the errors that they stand for. Each has a text.
var (
	checkCodes = map[string]error{
		"metadata-expired": source.ErrExpired, "metadata-rollback": source.ErrRollback, "not-trusted": source.ErrUntrusted, "unreachable": source.ErrUnreachable,
	}
	downloadCodes = map[string]error{
		"not-trusted": source.ErrUntrusted, "unreachable": source.ErrUnreachable, "withdrawn": source.ErrWithdrawn,
	}
)
