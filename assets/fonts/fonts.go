// Package fonts holds the fonts the windows are drawn with. They come with the
// program, so that every screen looks the same and no PC lacks a letter.
// Noto Sans is under the SIL Open Font License 1.1, see OFL.txt.
package fonts

import (
	"sync"

	"fyne.io/fyne/v2"

	"beckmanconnect/assets/fonts/noto"
)

// Set is a font in both weights.
type Set struct{ Regular, Bold fyne.Resource }

// For returns the font a language is written with.
func For(lang string) Set { return set(noto.For(lang)[0]) }

// Source returns the font of one text, where it is not the language's own: a
// name in another script, say. It is nil where the language's own will do, as
// canvas.Text wants it. Fyne itself would look through the system's fonts, which
// takes a second and finds nothing on a PC without them.
func Source(lang, text string, bold bool) fyne.Resource {
	own, face := noto.For(lang)[0], noto.Whole(lang, text)
	switch {
	case face == own:
		return nil
	case bold:
		return set(face).Bold
	}
	return set(face).Regular
}

func set(f *noto.Face) Set { return sets()[f] }

// sets are made once: Fyne keeps what it read of a font by its resource.
var sets = sync.OnceValue(func() map[*noto.Face]Set {
	all := map[*noto.Face]Set{}
	for _, f := range noto.For("") {
		all[f] = Set{
			Regular: fyne.NewStaticResource(f.Name+"-Regular.ttf", f.Regular),
			Bold:    fyne.NewStaticResource(f.Name+"-Bold.ttf", f.Bold),
		}
	}
	return all
})
