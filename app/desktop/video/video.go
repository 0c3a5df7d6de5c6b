// Package video encodes the part of the screen that moves more than the link
// carries losslessly: VP8 where libvpx is built in, single JPEG pictures
// elsewhere. What it makes is refined losslessly by session/screen as soon as
// it stands still.
package video

import (
	"errors"
	"fmt"

	"beckmanconnect/session/screen"
)

// MaxSide is the largest width or height of a region, in pixels.
const MaxSide = 16383

// ErrSize is a region that cannot be encoded, or a frame of another size.
var ErrSize = errors.New("video: not this size")

func checkSize(width, height int) error {
	if width <= 0 || height <= 0 || width > MaxSide || height > MaxSide || width*height > screen.MaxArea {
		return fmt.Errorf("%w: %d × %d", ErrSize, width, height)
	}
	return nil
}
