package release

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Bounds of what travels, far above a real release and far below a disk
// (scenario 32).
const (
	MaxPacked   = 1 << 30 // bytes of an archive or a delta as it travels
	MaxUnpacked = 2 << 30 // bytes of an archive before it was compressed
)

// window is how far back what is compressed may refer, and so about the memory
// that unpacking takes, bytes.
const window = 8 << 20

// Compress returns a writer that compresses to w; Close ends it. The same bytes
// give the same bytes. It is the vendor's side's.
func Compress(w io.Writer) (io.WriteCloser, error) {
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(window), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("release: compress: %w", err)
	}
	return z, nil
}

// Decompress reads what Compress wrote. Its memory is bounded whatever the
// bytes say; how much comes out the caller bounds.
func Decompress(r io.Reader) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(window), zstd.WithDecoderLowmem(true), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("release: decompress: %w", err)
	}
	return z.IOReadCloser(), nil
}
