// Package theme is the one look of the product: colours, sizes and fonts, in
// light and dark. Everything drawn takes its colours from a Palette, so that a
// change of look is made here or in package look, or nowhere.
package theme

import "beckmanconnect/ui/look"

// What package look has of colours, by the names views know.
type (
	Tone    = look.Tone
	Pair    = look.Pair
	Palette = look.Palette
)

// The tones.
const (
	Neutral   = look.Neutral
	Good      = look.Good
	Note      = look.Note
	Attention = look.Attention
	Danger    = look.Danger
	Session   = look.Session
)

// HeaderInk and HeaderMuted are written on a header's gradient.
var HeaderInk, HeaderMuted = look.HeaderInk, look.HeaderMuted

// Light is the look of a bright laboratory.
func Light() Palette { return look.Light() }

// Dark is the look of a dim one.
func Dark() Palette { return look.Dark() }

// HighContrast is the look for whoever sees little.
func HighContrast() Palette { return look.HighContrast() }

// Named is the palette of a look of package preferences; dark says how the
// system looks, for "system".
func Named(name string, dark bool) Palette {
	switch {
	case name == "contrast":
		return HighContrast()
	case name == "dark", name == "system" && dark:
		return Dark()
	}
	return Light()
}
