package upgrade

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/source"
	"beckmanconnect/service/upgrade/versions"
)

var (
	errPackage = errors.New("the package is not whole")
	errSpace   = errors.New("there is not enough space")
	errHealth  = errors.New("the new version did not come up healthy")
)

// install does all of it. An error of its own ends the upgrade service;
// what goes wrong with the upgrade is a state.
func (u *Upgrader) install(ctx context.Context, o source.Offer) error {
	u.config.Log.Info("installing", "version", o.Version, "digest", o.Digest)
	old, err := u.config.Install.Current()
	if err == nil {
		err = u.stage(ctx, o)
	}
	if ctx.Err() != nil {
		return nil // offered again after the start
	}
	if err != nil {
		u.fail(err)
		return nil
	}
	u.memory.Pending, u.memory.Offer, u.memory.Old = pendingSwitch, o, old
	u.memory.Outcome, u.memory.Code, u.memory.Error = "", "", ""
	u.config.Step("remember")
	if err := u.memory.save(); err != nil {
		u.memory.Pending = ""
		u.fail(err)
		return nil
	}
	u.config.Step("switch")
	if err := u.config.Install.SetCurrent(o.Digest); err != nil && !u.isCurrent(o.Digest) {
		u.fail(err)
		u.memory.Pending = ""
		return u.memory.save()
	}
	u.config.Step("switched")
	return u.settle(ctx)
}

func (u *Upgrader) isCurrent(digest string) bool {
	current, err := u.config.Install.Current()
	return err == nil && current == digest
}

// fail shows why the offer was not installed. The version before runs on.
func (u *Upgrader) fail(err error) {
	u.config.Log.Error("the upgrade was not installed", "error", err)
	u.board.change(func(s *upgradepb.State) {
		s.Phase, s.Restart, s.Percent = failed, false, 0
		s.ErrorCode, s.Error = codeOf(err), err.Error()
	})
}

// stage brings the offered release into its folder of versions: verified,
// whole, run once, and on disk. Nothing that runs has changed by then.
func (u *Upgrader) stage(ctx context.Context, o source.Offer) error {
	if err := u.config.Source.Confirm(ctx, o); err != nil {
		return err
	}
	if err := checkFolders(u.config.Install); err != nil {
		return err
	}
	staging := filepath.Join(folder(u.config.Install), "staging")
	u.config.Step("clean")
	if err := fresh(staging); err != nil {
		return err
	}
	defer os.RemoveAll(staging)
	if err := enough(staging, o.Size); err != nil {
		return err
	}
	u.config.Step("download")
	file, err := os.OpenFile(filepath.Join(staging, o.Digest), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := u.config.Source.Download(ctx, o, file, u.progress(o.Size)); err != nil {
		return err
	}
	u.board.change(func(s *upgradepb.State) { s.Phase, s.Percent = installing, 100 })
	u.config.Step("unpack")
	next := u.config.Install.Version(o.Digest) + ".new"
	if err := u.unpack(file, next, o); err != nil {
		return errors.Join(err, os.RemoveAll(next))
	}
	u.config.Step("smoke")
	if err := u.smoke(ctx, next, o); err != nil {
		return errors.Join(err, os.RemoveAll(next))
	}
	u.config.Step("name")
	return place(u.config.Install, next, o.Digest)
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

// fresh makes dir an empty folder of our own.
func fresh(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Mkdir(dir, 0o700)
}

// unpack hashes the very bytes it unpacks, from the handle they were written
// through: a file swapped in between changes nothing (scenario 37).
func (u *Upgrader) unpack(file *os.File, dir string, o source.Offer) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	digest, manifest, err := unpackInto(file, dir, u.config.Platform)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errPackage, err)
	case digest != o.Digest:
		return fmt.Errorf("%w: it changed after it was downloaded", source.ErrUntrusted)
	case manifest.Version != o.Version:
		return fmt.Errorf("%w: it holds version %s instead of %s", errPackage, manifest.Version, o.Version)
	}
	return nil
}

// unpackInto unpacks r into dir, made anew, and returns the SHA-256 of all
// that r held. The caller removes dir when it does not want it.
func unpackInto(r io.Reader, dir, platform string) (string, archive.Manifest, error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", archive.Manifest{}, err
	}
	if err := fresh(dir); err != nil {
		return "", archive.Manifest{}, err
	}
	hash := sha256.New()
	all := io.TeeReader(r, hash)
	manifest, err := archive.Unpack(all, dir, platform)
	if err != nil {
		return "", manifest, err
	}
	if _, err := io.Copy(io.Discard, all); err != nil {
		return "", manifest, err
	}
	// Programs of every account start from here; only we may write.
	return hex.EncodeToString(hash.Sum(nil)), manifest, os.Chmod(dir, 0o755)
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
