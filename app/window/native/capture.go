package native

import "fmt"

// What Windows can be told about pictures of a window (winuser.h).
const (
	captureWhole   = 0x00 // it is in them
	captureBlack   = 0x01 // WDA_MONITOR: black in them
	captureWithout = 0x11 // WDA_EXCLUDEFROMCAPTURE: as if it were not there; since Windows 10 2004
)

// keepOutOfPictures asks that a window be in no picture of the screen, and
// where the system is too old for that, black in them. It is not believed: what
// counts is what the system says afterwards. The desktop helper's masks stand
// behind this either way.
func keepOutOfPictures(set func(uint32) error, get func() (uint32, error)) error {
	var last error
	for _, how := range []uint32{captureWithout, captureBlack} {
		if err := set(how); err != nil {
			last = err
			continue
		}
		is, err := get()
		if err != nil {
			last = err
			continue
		}
		if is != captureWhole {
			return nil
		}
		last = fmt.Errorf("the system answers %#x", is)
	}
	return fmt.Errorf("native: keep a window out of pictures: %w", last)
}
