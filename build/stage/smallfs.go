package stage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
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
	if os.Geteuid() == 0 {
		if _, err := run(ctx, nil, "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d,mode=700", smallSize), "bc-small", folder); err == nil {
			h.stop = append(h.stop, func() { _, _ = run(context.WithoutCancel(ctx), nil, "umount", "-l", folder) })
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
	if _, err := run(ctx, nil, "/sbin/mkfs.ext4", "-q", "-F", "-m", "0", "-E", "root_owner="+fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()), image); err != nil {
		return "", err
	}
	if _, err := run(ctx, nil, "fuse2fs", "-o", "rw,fakeroot", image, folder); err != nil {
		return "", err
	}
	h.stop = append(h.stop, func() { _, _ = run(context.WithoutCancel(ctx), nil, "fusermount3", "-u", "-z", folder) })
	return folder, nil
}

// Fill writes a file of so many megabytes.
func Fill(folder string, megabytes int) error {
	if err := os.WriteFile(filepath.Join(folder, "results.tmp"), make([]byte, megabytes<<20), 0o600); err != nil {
		return fmt.Errorf("stage: fill %s: %w", folder, err)
	}
	return nil
}
