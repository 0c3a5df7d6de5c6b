package native

import (
	"errors"
	"testing"
)

// Our windows are kept out of pictures, or black in them, and it is only
// believed when the system says so.
func TestKeepOutOfPictures(t *testing.T) {
	for name, row := range map[string]struct {
		refuses map[uint32]bool
		takes   map[uint32]uint32 // what becomes of it; missing: itself
		mute    bool
		want    uint32
		ok      bool
	}{
		"Windows 10 2004 and later": {want: captureWithout, ok: true},
		"before, refused":           {refuses: map[uint32]bool{captureWithout: true}, want: captureBlack, ok: true},
		"before, taken for black":   {takes: map[uint32]uint32{captureWithout: captureBlack}, want: captureBlack, ok: true},
		"before, ignored":           {takes: map[uint32]uint32{captureWithout: captureWhole}, want: captureBlack, ok: true},
		"ignored at all":            {takes: map[uint32]uint32{captureWithout: captureWhole, captureBlack: captureWhole}},
		"refused at all":            {refuses: map[uint32]bool{captureWithout: true, captureBlack: true}},
		"does not say":              {mute: true, want: captureBlack},
	} {
		is := uint32(captureWhole)
		err := keepOutOfPictures(func(how uint32) error {
			if row.refuses[how] {
				return errors.New("refused")
			}
			is = how
			if other, ok := row.takes[how]; ok {
				is = other
			}
			return nil
		}, func() (uint32, error) {
			if row.mute {
				return 0, errors.New("no answer")
			}
			return is, nil
		})
		if (err == nil) != row.ok || is != row.want {
			t.Errorf("%s: %#x, %v", name, is, err)
		}
	}
}
