package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"beckmanconnect/internal/delta"
	"beckmanconnect/internal/release"
	"beckmanconnect/service/upgrade/archive"
)

// bump is a change that a release may bring: how the programs before and after it
// are built.
type bump struct {
	name          string
	before, after build
	whole         float64 // target against the whole archive
}

// nearBsdiff: bsdiff makes the smallest there are, with minutes of work and 17
// times the release of memory; ours may be up to twice as large.
const nearBsdiff = 2

// deltaOf makes the delta of the whole release for a change, by ours and by its
// peers.
func deltaOf(plan func(ctx context.Context, dir string) (bump, error)) func(context.Context, options) ([]row, error) {
	return func(ctx context.Context, o options) ([]row, error) {
		work := filepath.Join(o.dir, "delta")
		if err := os.MkdirAll(work, 0o700); err != nil {
			return nil, err
		}
		defer os.RemoveAll(work)
		c, err := plan(ctx, work)
		if err != nil {
			return nil, err
		}
		before, _, err := c.before.pack(ctx, filepath.Join(work, "before"))
		if err != nil {
			return nil, err
		}
		after, full, err := c.after.pack(ctx, filepath.Join(work, "after"))
		if err != nil {
			return nil, err
		}
		return compareDeltas(ctx, c, work, before, after, full)
	}
}

// compareDeltas: before and after are tar files, full is the archive of after
// as it travels, bytes.
func compareDeltas(ctx context.Context, c bump, work, before, after string, full int64) ([]row, error) {
	began := time.Now()
	ours, err := makeDelta(filepath.Join(work, "ours"), before, after)
	if err != nil {
		return nil, err
	}
	made := time.Since(began)
	began = time.Now()
	if err := applyDelta(filepath.Join(work, "ours"), before); err != nil {
		return nil, err
	}
	applied := time.Since(began)
	began = time.Now()
	zstd, err := tool(ctx, filepath.Join(work, "zstd"), "zstd", "-q", "-f", "-19", "--long=28", "--patch-from="+before, after, "-o", filepath.Join(work, "zstd"))
	if err != nil {
		return nil, err
	}
	zstdTook := time.Since(began)
	began = time.Now()
	bsdiff, err := tool(ctx, filepath.Join(work, "bsdiff"), "bsdiff", before, after, filepath.Join(work, "bsdiff"))
	if err != nil {
		return nil, err
	}
	took := func(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
	fmt.Fprintf(os.Stderr, "    whole %d bytes; ours %d, made in %v, applied in %v; zstd %d, made in %v; bsdiff %d, made in %v\n",
		full, ours, took(made), took(applied), zstd, took(zstdTook), bsdiff, took(time.Since(began)))
	work = "delta, " + c.name
	kb := func(n int64) float64 { return float64(n) / 1000 }
	return []row{
		costs(work, "kB", kb(ours), "the whole archive", kb(full), c.whole),
		costs(work, "kB", kb(ours), "zstd -19 --patch-from", kb(zstd), 1),
		costs(work, "kB", kb(ours), "bsdiff", kb(bsdiff), nearBsdiff),
	}, nil
}

// file opens a file as deltas want it.
type file struct {
	*os.File
	size int64
}

func (f file) Size() int64 { return f.size }

func openFile(path string) (file, error) {
	f, err := os.Open(path)
	if err != nil {
		return file{}, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return file{}, err
	}
	return file{f, info.Size()}, nil
}

// makeDelta is the one place that knows how the product makes a delta.
func makeDelta(path, before, after string) (int64, error) {
	from, err := openFile(before)
	if err != nil {
		return 0, err
	}
	defer from.Close()
	to, err := openFile(after)
	if err != nil {
		return 0, err
	}
	defer to.Close()
	out, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	if err := delta.Make(out, from, to); err != nil {
		return 0, err
	}
	return out.Seek(0, io.SeekEnd)
}

// applyDelta makes the target again; the reader checks that it is the one.
func applyDelta(path, before string) error {
	from, err := openFile(before)
	if err != nil {
		return err
	}
	defer from.Close()
	patch, err := openFile(path)
	if err != nil {
		return err
	}
	defer patch.Close()
	r, err := delta.NewReader(from, patch, release.MaxUnpacked)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}

// tool runs a peer and returns the size of what it made.
func tool(ctx context.Context, out, name string, args ...string) (int64, error) {
	if text, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w: %.300s", name, err, text)
	}
	info, err := os.Stat(out)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// pack builds the programs and packs them. It returns the archive as it was
// before it was compressed, and how long it is as it travels.
func (b build) pack(ctx context.Context, dir string) (tar string, size int64, err error) {
	if err := b.programs(ctx, filepath.Join(dir, "bin")); err != nil {
		return "", 0, err
	}
	packed := filepath.Join(dir, "packed")
	out, err := os.Create(packed)
	if err != nil {
		return "", 0, err
	}
	defer out.Close()
	if _, err := archive.Pack(out, archive.Packing{Dir: filepath.Join(dir, "bin"), Version: b.version, Platform: benchPlatform}); err != nil {
		return "", 0, err
	}
	if size, err = out.Seek(0, io.SeekEnd); err != nil {
		return "", 0, err
	}
	if _, err := out.Seek(0, io.SeekStart); err != nil {
		return "", 0, err
	}
	unpacked, err := release.Decompress(out)
	if err != nil {
		return "", 0, err
	}
	defer unpacked.Close()
	tar = filepath.Join(dir, "tar")
	to, err := os.Create(tar)
	if err != nil {
		return "", 0, err
	}
	_, err = io.Copy(to, unpacked)
	if e := to.Close(); err == nil {
		err = e
	}
	return tar, size, err
}
