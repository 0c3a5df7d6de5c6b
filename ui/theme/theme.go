package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"beckmanconnect/assets/fonts"
)

// Sizes in Fyne's units (pixels at scale 1), on a grid of 4.
const (
	TextSmall  float32 = 12.5
	TextBody   float32 = 14
	TextStrong float32 = 16
	TextTitle  float32 = 21
	TextHero   float32 = 26

	Gap       float32 = 8
	CardInset float32 = 18
	Radius    float32 = 12
	Touch     float32 = 44 // the least height of what is pressed, also in gloves
)

// Options are what a look depends on.
type Options struct {
	Palette  Palette
	Language string  // a tag of package text; its fonts are used
	Text     float32 // how much larger than usual text is (TextScale); 0 is 1
}

// TextScale is the factor of a text size of package preferences.
func TextScale(size string) float32 {
	switch size {
	case "large":
		return 1.2
	case "largest":
		return 1.45
	}
	return 1
}

// Theme makes Fyne's own widgets fit the palette.
type Theme struct {
	Palette Palette
	fonts   fonts.Set
	text    float32
}

// New returns the theme for a look.
func New(o Options) *Theme {
	return &Theme{Palette: o.Palette, fonts: fonts.For(o.Language), text: max(o.Text, 1)}
}

// Color answers Fyne's names. The variant is ours to choose, not the system's.
func (t *Theme) Color(name fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	p := t.Palette
	switch name {
	case fynetheme.ColorNameBackground:
		return p.Window
	case fynetheme.ColorNameForeground:
		return p.Ink
	case fynetheme.ColorNameInputBackground:
		return p.Surface
	case fynetheme.ColorNameInputBorder:
		return p.Field
	case fynetheme.ColorNamePlaceHolder:
		return p.Muted
	case fynetheme.ColorNamePrimary, fynetheme.ColorNameHyperlink:
		return p.Accent
	case fynetheme.ColorNameFocus:
		return alpha(p.Accent, 0x55)
	case fynetheme.ColorNameHover:
		return alpha(p.Accent, 0x18)
	case fynetheme.ColorNamePressed:
		return alpha(p.Accent, 0x30)
	case fynetheme.ColorNameSelection:
		return alpha(p.Accent, 0x40)
	case fynetheme.ColorNameButton:
		return p.Sunken
	case fynetheme.ColorNameDisabled:
		return p.Muted
	case fynetheme.ColorNameMenuBackground, fynetheme.ColorNameOverlayBackground:
		return p.Surface
	case fynetheme.ColorNameSeparator:
		return p.Line
	case fynetheme.ColorNameScrollBar:
		return alpha(p.Muted, 0x90)
	case fynetheme.ColorNameScrollBarBackground:
		return color.Transparent
	case fynetheme.ColorNameError:
		return p.Chips[Danger].Ink
	case fynetheme.ColorNameShadow:
		return color.NRGBA{A: 0x30}
	}
	return fynetheme.DefaultTheme().Color(name, t.variant())
}

// Font is the embedded one, so that goldens and screens look alike everywhere.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource {
	switch {
	case style.Symbol, style.Monospace:
		return fynetheme.DefaultTheme().Font(style)
	case style.Bold:
		return t.fonts.Bold
	}
	return t.fonts.Regular
}

// Icon leaves Fyne's own icons as they are.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource {
	return fynetheme.DefaultTheme().Icon(name)
}

// Size answers Fyne's names.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case fynetheme.SizeNameText:
		return TextBody * t.text
	case fynetheme.SizeNameCaptionText:
		return TextSmall * t.text
	case fynetheme.SizeNameHeadingText:
		return TextTitle * t.text
	case fynetheme.SizeNameSubHeadingText:
		return TextStrong * t.text
	case fynetheme.SizeNameInputRadius, fynetheme.SizeNameSelectionRadius:
		return 8
	case fynetheme.SizeNameInnerPadding:
		return 12
	case fynetheme.SizeNameInputBorder:
		if t.Palette.Edges {
			return 2
		}
	case fynetheme.SizeNamePadding:
		return 4
	case fynetheme.SizeNameScrollBar:
		return 10
	case fynetheme.SizeNameScrollBarSmall:
		return 5
	}
	return fynetheme.DefaultTheme().Size(name)
}

func (t *Theme) variant() fyne.ThemeVariant {
	if t.Palette.Dark {
		return fynetheme.VariantDark
	}
	return fynetheme.VariantLight
}

func alpha(c color.NRGBA, a uint8) color.NRGBA { c.A = a; return c }
