package store

import (
	"fmt"
	"os"
	"syscall"
)

// spareBytes stay free on the disk whatever is made on it: the log goes on.
const spareBytes = 64 << 20

// roomFor refuses what the disk has no room for, before it is begun.
func roomFor(op, dir string, bytes int64) error {
	free, err := freeBytes(dir)
	if err != nil {
		return wrap(op, err)
	}
	if free < uint64(bytes)+spareBytes {
		return &Error{Kind: KindDiskFull, Op: op, Path: dir, Err: fmt.Errorf("%d MB are free, %d MB are needed: %w", free>>20, (bytes+spareBytes)>>20, syscall.ENOSPC)}
	}
	return nil
}

// bytesOf is how much the database takes with its write-ahead log.
func (s *Store) bytesOf() (total int64) {
	for _, end := range []string{"", "-wal"} {
		if info, err := os.Stat(s.path + end); err == nil {
			total += info.Size()
		}
	}
	return total
}
