package safename

import (
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxFileName is the longest name given to a received file, in bytes. Well
// below the 255 of every file system, so that a number still fits behind it.
const maxFileName = 120

// Of makes a plain file name, safe on Windows and Linux, of what the
// other side calls a file: the last part of a path, without directions,
// streams, devices or characters that hide or turn (scenario 30). It gives ""
// where nothing is left; and a name that is safe it leaves as it is.
func Of(offered string) string {
	if !utf8.ValidString(offered) || len(offered) > 4096 {
		return ""
	}
	name := offered
	// One rule can undo another (what is left out joins its neighbours), so
	// they are applied until nothing changes. Each round only shortens or
	// replaces, except for a single leading "_".
	for range 8 {
		next := safeOnce(name)
		if next == name {
			return name
		}
		name = next
	}
	return ""
}

func safeOnce(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(safeRune, name)
	name = norm.NFC.String(name)
	name = trimEnds(name)
	name = shorten(name)
	if reserved(name) {
		name = shorten("_" + name)
	}
	return name
}

// safeRune replaces what means something to a file system and drops what
// cannot be seen.
func safeRune(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case strings.ContainsRune(`<>:"|?*`, r):
		return '_'
	case strings.ContainsRune("∕⁄⧸⧹／＼．：․‥…", r):
		return '_' // look like separators and dots, and become them in older interfaces
	case r == utf8.RuneError, !unicode.IsGraphic(r):
		return -1
	case unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		return -1
	}
	return r
}

// trimEnds drops spaces and dots at both ends: Windows drops trailing ones
// silently, and a leading dot hides a file.
func trimEnds(name string) string { return strings.Trim(name, " .") }

// shorten keeps the extension, so that a long name does not change its kind.
func shorten(name string) string {
	if len(name) <= maxFileName {
		return name
	}
	ext := filepath.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	stem := name[:maxFileName-len(ext)]
	for !utf8.ValidString(stem) {
		stem = stem[:len(stem)-1]
	}
	return trimEnds(strings.TrimRight(stem, " .") + ext)
}

// reserved is true for the names of devices, which Windows finds in every
// folder and whatever the extension.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	for _, device := range []string{"COM", "LPT"} {
		if n, ok := strings.CutPrefix(stem, device); ok && utf8.RuneCountInString(n) == 1 && strings.ContainsAny(n, "0123456789¹²³") {
			return true
		}
	}
	return false
}

// Numbered is the n-th choice of a name that is taken: "report (2).pdf".
func Numbered(name, n string) string {
	ext := filepath.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	stem, tail := strings.TrimSuffix(name, ext), " ("+n+")"+ext
	for len(stem)+len(tail) > maxFileName || !utf8.ValidString(stem) {
		stem = stem[:len(stem)-1]
	}
	return strings.TrimRight(stem, " .") + tail
}
