//go:build !linux || !cgo

package video

import "beckmanconnect/session/screen"

// New makes an encoder for frames of this size.
func New(width, height int) (screen.VideoEncoder, error) {
	return NewJPEG(width, height)
}
