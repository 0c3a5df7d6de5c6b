package mirror

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"

	"beckmanconnect/internal/delta"
	"beckmanconnect/internal/release"
)

func packedAs(b []byte) []byte {
	var out bytes.Buffer
	z, err := release.Compress(&out)
	if err == nil {
		_, err = z.Write(b)
		err = errors.Join(err, z.Close())
	}
	if err != nil {
		panic(err) // it is our own memory
	}
	return out.Bytes()
}

// lies are deltas that make something else than they say: swapped on the way,
// or signed by both keys and wrong all the same.
var lies = []class{
	{"deltas that lie", 8, (*walk).lyingDeltas},
}

// content is a release as deltas see it.
type content struct{ *bytes.Reader }

func newContent(b []byte) content { return content{bytes.NewReader(b)} }

// Size implements delta.File.
func (c content) Size() int64 { return c.Reader.Size() }

// lyingDeltas has the vendor publish a release with a delta from the installed
// one, and the mirror change the delta. What comes is what was signed or
// nothing. Then the delta is applied as it would be if it had passed: it makes
// the release or is an error.
func (w *walk) lyingDeltas() error {
	before := noise(w.r, 2000+w.r.IntN(60_000))
	after := bytes.Clone(before)
	for range 1 + w.r.IntN(20) {
		after[w.r.IntN(len(after))]++
	}
	after = slices.Insert(after, w.r.IntN(len(after)), noise(w.r, w.r.IntN(500))...)
	var made bytes.Buffer
	if err := delta.Make(&made, newContent(before), newContent(after)); err != nil {
		return err
	}
	d := w.vendor.describe(w.r)
	of := func(b []byte) string { sum := sha256.Sum256(b); return hex.EncodeToString(sum[:]) }
	d.Digest = of(after)
	full, fullName := packedAs(after), release.ArchiveName(d.Version, d.Platform)
	target, err := w.vendor.file(fullName, full, d)
	if err != nil {
		return err
	}
	patch := d
	patch.From = of(before)
	patchName := release.DeltaName(d.Version, d.Platform, patch.From)
	small, err := w.vendor.file(patchName, made.Bytes(), patch)
	if err != nil {
		return err
	}
	w.vendor.digests[target.Hashes["sha256"].String()] = d.Digest
	w.vendor.digests[small.Hashes["sha256"].String()] = d.Digest
	w.vendor.targets.Signed.Targets[fullName], w.vendor.targets.Signed.Targets[patchName] = target, small
	if err := w.vendor.publish(); err != nil {
		return err
	}
	w.pc.installed = patch.From
	lie := w.lie(made.Bytes())
	w.serve(w.vendor.newest(), func(rw http.ResponseWriter, _ *http.Request, path string) bool {
		if !bytes.HasSuffix([]byte(path), []byte(patchName)) {
			return false
		}
		_, _ = rw.Write(lie)
		return true
	})
	w.look()
	w.apply(before, after, lie)
	w.pc.installed = ""
	delete(w.vendor.targets.Signed.Targets, patchName)
	return w.vendor.publish()
}

// lie is a delta that was changed.
func (w *walk) lie(good []byte) []byte {
	b := bytes.Clone(good)
	switch w.r.IntN(5) {
	case 0:
		b[w.r.IntN(len(b))] ^= byte(1) << w.r.IntN(8)
	case 1:
		for range 1 + w.r.IntN(8) {
			b[w.r.IntN(len(b))] = byte(w.r.Uint32())
		}
	case 2:
		b = b[:w.r.IntN(len(b))]
	case 3:
		b = append(b, noise(w.r, 1+w.r.IntN(5000))...)
	default: // the head says another length, of anything
		at := 8 * (1 + w.r.IntN(min(14, len(b)/8-1)))
		copy(b[at:], noise(w.r, 8))
	}
	return b
}

// apply makes what a delta makes: the release, or an error, and never more than
// was signed.
func (w *walk) apply(before, after, patch []byte) {
	r, err := delta.NewReader(newContent(before), newContent(patch), int64(len(after)))
	if err != nil {
		w.b.Live("deltas refused")
		return
	}
	defer r.Close()
	got, err := io.ReadAll(io.LimitReader(r, int64(len(after))+1))
	switch {
	case err != nil && errors.Is(err, delta.ErrDamaged):
		w.b.Live("deltas refused")
	case err != nil:
		w.b.Act("delta", "an error that says nothing: %v", err)
	case !bytes.Equal(got, after):
		// What it says of its target may have been changed with it; the digest
		// that both keys signed is checked over what comes out.
		if sum := sha256.Sum256(got); sum == sha256.Sum256(after) {
			w.b.Act("delta", "other bytes with the same digest")
		}
		w.b.Live("deltas whose result is not what was signed")
	default:
		w.b.Live("deltas that still made the release")
	}
}
