package upgrade

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"beckmanconnect/internal/delta"
	"beckmanconnect/internal/release"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/source"
	"beckmanconnect/service/upgrade/versions"
)

// errBase: the installed version is not whole, so no delta can start from it.
var errBase = errors.New("the installed version is not what it was")

// stage brings the offered release into its folder of versions: verified,
// whole, run once, and on disk. Nothing that runs has changed by then. One that
// is there already is verified again and nothing is fetched.
func (u *Upgrader) stage(ctx context.Context, o source.Offer) error {
	if err := u.config.Source.Confirm(ctx, o); err != nil {
		return err
	}
	if err := u.checkFolders(); err != nil {
		return err
	}
	if u.staged(o) {
		u.showUnpack()
		return u.smoke(ctx, u.config.Install.Version(o.Digest), o)
	}
	next := u.config.Install.Version(o.Digest) + ".new"
	if err := u.bring(ctx, o, next); err != nil {
		return errors.Join(err, os.RemoveAll(next))
	}
	u.config.Step("smoke")
	if err := u.smoke(ctx, next, o); err != nil {
		return errors.Join(err, os.RemoveAll(next))
	}
	u.config.Step("name")
	if err := place(u.config.Install, next, o.Digest); err != nil {
		return errors.Join(err, os.RemoveAll(next))
	}
	u.config.Step("clear")
	if err := u.config.Source.Clear(); err != nil {
		u.config.Log.Warn("what was fetched could not be removed", "error", err)
	}
	return nil
}

// staged tells whether the release lies in its folder, and nothing else there.
func (u *Upgrader) staged(o source.Offer) bool {
	dir := u.config.Install.Version(o.Digest)
	if !versions.ValidDigest(o.Digest) || u.config.Manifest == nil {
		return false
	}
	if _, err := os.Lstat(dir); err != nil {
		return false
	}
	if err := u.config.Verify(dir, o); err != nil {
		u.config.Log.Warn("what was staged is not whole, it is fetched again", "version", o.Version, "error", err)
		return false
	}
	return true
}

// bring fetches the release the cheapest way and unpacks it into next. A delta
// that does not lead to exactly the release costs the fetch of all of it, and
// nothing else (B10).
func (u *Upgrader) bring(ctx context.Context, o source.Offer, next string) error {
	err := u.fetch(ctx, o, next, !o.Delta)
	if err == nil || !o.Delta || ctx.Err() != nil || !useless(err) {
		return err
	}
	u.config.Log.Warn("the delta did not lead to the release, all of it is fetched", "version", o.Version, "error", err)
	u.config.Step("fetch-full")
	return u.fetch(ctx, o, next, true)
}

// useless tells of an error that it lies in the delta, or in what it starts
// from, and not in the network, the disk or the release.
func useless(err error) bool {
	if errors.Is(err, errSpace) {
		return false
	}
	for _, kind := range []error{source.ErrUntrusted, source.ErrMissing, delta.ErrDamaged, errBase, errPackage} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

func (u *Upgrader) fetch(ctx context.Context, o source.Offer, next string, whole bool) error {
	size := o.Fetch
	if whole {
		size = o.Size
	}
	if err := enough(folder(u.config.Install), size, o.Unpacked); err != nil {
		return err
	}
	u.config.Step("download")
	u.showFetch(size, !whole)
	file, err := u.config.Source.Download(ctx, o, source.Options{Full: whole, Gate: u.hold, Progress: u.progress(size)})
	if err != nil {
		return space(err)
	}
	defer file.Close()
	u.showUnpack()
	u.config.Step("unpack")
	tar, err := u.open(file, o)
	if err != nil {
		return err
	}
	return space(errors.Join(u.unpack(tar, next, o), tar.Close()))
}

// showFetch shows what is fetched now: a delta, or all of the release.
func (u *Upgrader) showFetch(size int64, delta bool) {
	u.board.change(func(s *upgradepb.State) { s.Percent, s.Size, s.Delta = 0, uint64(size), delta })
}

// showUnpack shows that all bytes are there.
func (u *Upgrader) showUnpack() {
	u.board.change(func(s *upgradepb.State) { s.Percent = 100 })
}

func (u *Upgrader) progress(size int64) func(int64) {
	last := uint32(0)
	return func(done int64) {
		if percent := uint32(100 * done / max(size, 1)); percent != last {
			last = percent
			u.board.change(func(s *upgradepb.State) { s.Percent = percent })
		}
	}
}

// open gives the release's tar out of what was fetched, read from the handle
// that was verified.
func (u *Upgrader) open(file *source.File, o source.Offer) (io.ReadCloser, error) {
	if !file.Delta {
		return release.Decompress(file)
	}
	installed, err := u.config.Install.Current()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBase, err)
	}
	base, err := archive.Repack(u.config.Install.Version(installed), installed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBase, err)
	}
	head, err := delta.ReadHeader(file)
	if err == nil && (hex.EncodeToString(head.Source.Digest[:]) != installed || hex.EncodeToString(head.Target.Digest[:]) != o.Digest) {
		err = fmt.Errorf("%w: it is for other releases", delta.ErrDamaged)
	}
	if err != nil {
		return nil, errors.Join(err, base.Close())
	}
	r, err := delta.NewReader(base, file, limit(o))
	if err != nil {
		return nil, errors.Join(err, base.Close())
	}
	return patched{r, base}, nil
}

// limit is how many bytes a release's tar may have.
func limit(o source.Offer) int64 {
	if o.Unpacked > 0 {
		return o.Unpacked
	}
	return release.MaxUnpacked
}

// patched is a tar that a delta makes, and the one it starts from.
type patched struct {
	*delta.Reader
	base *archive.Tar
}

func (p patched) Close() error { return errors.Join(p.Reader.Close(), p.base.Close()) }

// unpack hashes the very bytes it unpacks: a file swapped in between changes
// nothing (scenario 37).
func (u *Upgrader) unpack(tar io.Reader, dir string, o source.Offer) error {
	digest, manifest, err := unpackInto(io.LimitReader(tar, limit(o)+1), dir, u.config.Platform, u.config.Manifest)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errPackage, err)
	case digest != o.Digest:
		return fmt.Errorf("%w: %w: it is not the release that was offered", errPackage, source.ErrUntrusted)
	case manifest.Version != o.Version:
		return fmt.Errorf("%w: it holds version %s instead of %s", errPackage, manifest.Version, o.Version)
	}
	return nil
}

// fresh makes dir an empty folder of our own.
func fresh(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Mkdir(dir, 0o700)
}

// unpackInto unpacks a release's tar into dir, made anew, and returns its
// digest. The caller removes dir when it does not want it.
func unpackInto(tar io.Reader, dir, platform string, verify func(manifest, signature []byte) error) (string, archive.Manifest, error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", archive.Manifest{}, err
	}
	if err := fresh(dir); err != nil {
		return "", archive.Manifest{}, err
	}
	manifest, digest, err := archive.Unpack(tar, archive.Unpacking{Dir: dir, Platform: platform, Verify: verify})
	if err != nil {
		return "", manifest, err
	}
	// Programs of every account start from here; only we may write.
	return digest, manifest, os.Chmod(dir, 0o755)
}

// place gives an unpacked version its name, on disk.
func place(i versions.Install, dir, digest string) error {
	if err := versions.SyncDir(dir); err != nil {
		return err
	}
	target := i.Version(digest)
	if current, err := i.Current(); err != nil || current == digest {
		return errors.Join(err, os.RemoveAll(dir)) // it runs already
	}
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	if err := versions.Rename(dir, target); err != nil {
		return err
	}
	return versions.SyncDir(filepath.Dir(target))
}
