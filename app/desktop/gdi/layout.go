package gdi

// composes says whether an input method may take keys for its own, by the
// handle of a keyboard layout: what is typed by places would then be composed
// into something else. The lower word names the language; a handle that begins
// with E belongs to an input method whatever its language is.
func composes(layout uint64) bool {
	const language = 0x3ff // without what tells regions apart
	switch uint32(layout) & language {
	case 0x04, 0x11, 0x12, 0x2a: // Chinese, Japanese, Korean, Vietnamese
		return true
	}
	return uint32(layout)>>28 == 0xe
}
