// Package fonts holds the fonts the windows are drawn with. They come with the
// program, so that every screen looks the same and no PC lacks a letter.
// Noto Sans is under the SIL Open Font License 1.1, see OFL.txt.
package fonts

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/assets/fonts/noto"
)

// Set is the fonts of one language.
type Set struct{ Regular, Bold fyne.Resource }

// For returns the fonts that can write a language.
func For(lang string) Set {
	_ = lang
	return Set{
		Regular: fyne.NewStaticResource("NotoSans-Regular.ttf", noto.Regular),
		Bold:    fyne.NewStaticResource("NotoSans-Bold.ttf", noto.Bold),
	}
}
