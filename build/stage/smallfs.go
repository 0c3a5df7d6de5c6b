package stage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// smallSize is a file system that a few megabytes fill.
const smallSize = 24 << 20

// SmallFolder is a small file system of its own: memory where the stage is
// root, otherwise an image mounted by FUSE.
func (h *House) SmallFolder(ctx context.Context, name string) (string, error) {
	folder := h.dir(name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("stage: %w", err)
	}
	unmount(ctx, folder) // an earlier run that was killed
	if os.Geteuid() == 0 {
		if _, err := run(ctx, nil, "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d,mode=700", smallSize), "bc-small", folder); err == nil {
			h.stop = append(h.stop, func() { unmount(ctx, folder) })
			return folder, nil
		}
	}
	image := folder + ".img"
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		return "", fmt.Errorf("stage: %w", err)
	}
	if err := os.Truncate(image, smallSize); err != nil {
		return "", fmt.Errorf("stage: %w", err)
	}
	if _, err := run(ctx, nil, "/sbin/mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "root_owner="+fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()), image); err != nil {
		return "", err
	}
	if _, err := run(ctx, nil, "fuse2fs", "-o", "rw,fakeroot", image, folder); err != nil {
		return "", err
	}
	h.stop = append(h.stop, func() { unmount(ctx, folder) })
	// fuse2fs reports success even where it was not allowed to mount.
	wait, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return folder, Until(wait, "a small file system (may this account use /dev/fuse?)", func() (bool, error) { return mounted(folder) })
}

// mounted tells whether a folder lies on another file system than its parent.
func mounted(folder string) (bool, error) {
	var inside, outside syscall.Stat_t
	if err := syscall.Stat(folder, &inside); err != nil {
		return false, fmt.Errorf("stage: %s: %w", folder, err)
	}
	if err := syscall.Stat(filepath.Dir(folder), &outside); err != nil {
		return false, fmt.Errorf("stage: %s: %w", folder, err)
	}
	return inside.Dev != outside.Dev, nil
}

// Fill writes a file that leaves a file system so many percent full.
func Fill(folder string, percent uint64) error {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(folder, &fs); err != nil {
		return fmt.Errorf("stage: fill %s: %w", folder, err)
	}
	used := fs.Blocks - fs.Bfree
	want := (used + fs.Bavail) * percent / 100
	if want <= used {
		return nil
	}
	if err := os.WriteFile(filepath.Join(folder, "results.tmp"), make([]byte, (want-used)*uint64(fs.Bsize)), 0o600); err != nil {
		return fmt.Errorf("stage: fill %s: %w", folder, err)
	}
	return nil
}
