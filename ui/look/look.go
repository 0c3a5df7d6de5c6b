// Package look is the product's colours, in light, dark and high contrast, without any toolkit:
// the windows take them through package theme, and the tray's own dialogs from
// here.
package look

import "image/color"

// Tone is what a colour means. It never stands alone: wherever a tone is
// shown, an icon and a word say the same (B12).
type Tone int

const (
	Neutral Tone = iota
	Good
	Note      // worth knowing
	Attention // needs somebody, not at once
	Danger    // needs somebody now
	Session   // somebody else is here
)

// Pair is a colour to write with and the one behind it.
type Pair struct{ Ink, Paper color.NRGBA }

// Palette is one look.
type Palette struct {
	Dark bool
	// Edges: every edge is drawn, and thick; nothing is told apart by a shade or
	// a gradient alone.
	Edges bool

	Window  color.NRGBA // behind everything
	Surface color.NRGBA // of cards
	Sunken  color.NRGBA // of fields and quiet buttons
	Line    color.NRGBA // around cards and between rows
	Ink     color.NRGBA // text
	Muted   color.NRGBA // text that matters less
	Primary Pair        // the one thing to do
	Stop    Pair        // what ends or denies
	Accent  color.NRGBA // links, icons, focus ring
	Field   color.NRGBA // border of an input
	Chips   map[Tone]Pair
	Headers map[Tone][2]color.NRGBA // gradient, left to right, white ink on it
}

// HeaderInk is what is written on a header, in every look.
var HeaderInk = rgb(0xFFFFFF)

// HeaderMuted is the header's second line.
var HeaderMuted = rgb(0xF1F5F9)

// HeaderBadge and HeaderPill lie on a header, half seen through, behind an icon
// and behind a word.
var (
	HeaderBadge = color.NRGBA{R: 255, G: 255, B: 255, A: 0x24}
	HeaderPill  = color.NRGBA{A: 0x38}
)

// Hover is a paper with the pointer over it: a little of its ink is mixed in.
func Hover(paper, ink color.NRGBA) color.NRGBA {
	ink.A = 26
	return Over(paper, ink)
}

// Over is a colour that lies half seen through on another.
func Over(back, front color.NRGBA) color.NRGBA {
	mix := func(b, f uint8) uint8 { return uint8((int(b)*(255-int(front.A)) + int(f)*int(front.A) + 127) / 255) }
	return color.NRGBA{R: mix(back.R, front.R), G: mix(back.G, front.G), B: mix(back.B, front.B), A: 0xFF}
}

// Light is the look of a bright laboratory.
func Light() Palette {
	return Palette{
		Window: rgb(0xF3F6FA), Surface: rgb(0xFFFFFF), Sunken: rgb(0xE9EFF5), Line: rgb(0xD8E1EA),
		Ink: rgb(0x14202E), Muted: rgb(0x4F5F73), Accent: rgb(0x0B6580), Field: rgb(0x708196),
		Primary: Pair{rgb(0xFFFFFF), rgb(0x0B6580)},
		Stop:    Pair{rgb(0xFFFFFF), rgb(0xB3261E)},
		Chips: map[Tone]Pair{
			Neutral:   {rgb(0x3F4E61), rgb(0xE6ECF3)},
			Good:      {rgb(0x17633A), rgb(0xDCF3E4)},
			Note:      {rgb(0x07596B), rgb(0xD9F2F7)},
			Attention: {rgb(0x7A4300), rgb(0xFFEBC8)},
			Danger:    {rgb(0x9B1C15), rgb(0xFDE3E0)},
			Session:   {rgb(0x43369C), rgb(0xE8E5FB)},
		},
		Headers: headers(),
	}
}

// Dark is the look of a dim one.
func Dark() Palette {
	return Palette{
		Dark:   true,
		Window: rgb(0x0E151D), Surface: rgb(0x17212C), Sunken: rgb(0x223040), Line: rgb(0x2C3B4B),
		Ink: rgb(0xE9EFF6), Muted: rgb(0xA5B4C5), Accent: rgb(0x5CC8DF), Field: rgb(0x74879C),
		Primary: Pair{rgb(0x05232B), rgb(0x5CC8DF)},
		Stop:    Pair{rgb(0xFFFFFF), rgb(0xC5362C)},
		Chips: map[Tone]Pair{
			Neutral:   {rgb(0xC6D2DF), rgb(0x2A3847)},
			Good:      {rgb(0x9DE5B6), rgb(0x14392A)},
			Note:      {rgb(0x94E4F2), rgb(0x0F3943)},
			Attention: {rgb(0xFFD494), rgb(0x45320F)},
			Danger:    {rgb(0xFFB9B1), rgb(0x4E1B19)},
			Session:   {rgb(0xCBC3FF), rgb(0x2D2757)},
		},
		Headers: headers(),
	}
}

// HighContrast is the look for whoever sees little: black behind everything,
// every edge drawn.
func HighContrast() Palette {
	return Palette{
		Dark: true, Edges: true,
		Window: rgb(0x000000), Surface: rgb(0x000000), Sunken: rgb(0x1A1A1A), Line: rgb(0xFFFFFF),
		Ink: rgb(0xFFFFFF), Muted: rgb(0xE6E6E6), Accent: rgb(0x6FE3FF), Field: rgb(0xFFFFFF),
		Primary: Pair{rgb(0x000000), rgb(0x6FE3FF)},
		Stop:    Pair{rgb(0x000000), rgb(0xFF9C94)},
		Chips: map[Tone]Pair{
			Neutral:   {rgb(0xFFFFFF), rgb(0x1F1F1F)},
			Good:      {rgb(0x8CFFB4), rgb(0x00240F)},
			Note:      {rgb(0x8FEBFF), rgb(0x002129)},
			Attention: {rgb(0xFFD75E), rgb(0x2B1D00)},
			Danger:    {rgb(0xFFB0A8), rgb(0x330502)},
			Session:   {rgb(0xD9D1FF), rgb(0x17103D)},
		},
		Headers: map[Tone][2]color.NRGBA{
			Neutral:   plain(0x1F1F1F),
			Good:      plain(0x00240F),
			Note:      plain(0x002129),
			Attention: plain(0x2B1D00),
			Danger:    plain(0x330502),
			Session:   plain(0x17103D),
		},
	}
}

// plain is a header without a gradient.
func plain(v uint32) [2]color.NRGBA { return [2]color.NRGBA{rgb(v), rgb(v)} }

func headers() map[Tone][2]color.NRGBA {
	return map[Tone][2]color.NRGBA{
		Neutral:   {rgb(0x2B3948), rgb(0x4C5D70)},
		Good:      {rgb(0x0A3A5A), rgb(0x0F7280)},
		Note:      {rgb(0x0A3A5A), rgb(0x0B6580)},
		Attention: {rgb(0x5B3406), rgb(0x9A5B00)},
		Danger:    {rgb(0x661310), rgb(0xB8322A)},
		Session:   {rgb(0x2A2466), rgb(0x5546BE)},
	}
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}
}
