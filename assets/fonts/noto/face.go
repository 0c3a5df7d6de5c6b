package noto

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font/sfnt"
)

// Face is a font in both its weights, which hold the same characters. Nothing
// of it is read before it is asked for.
type Face struct {
	Name          string // of its files, without weight
	Regular, Bold []byte // TrueType fonts; they must not be changed
	covers        func(r rune) bool
}

// Covers says whether the font has a glyph for a character.
func (f *Face) Covers(r rune) bool { return f.covers(r) }

func newFace(name string, regular, bold []byte) *Face {
	var (
		mu   sync.Mutex // a buffer serves one caller at a time
		buf  sfnt.Buffer
		font *sfnt.Font
	)
	return &Face{Name: name, Regular: regular, Bold: bold, covers: func(r rune) bool {
		mu.Lock()
		defer mu.Unlock()
		if font == nil {
			var err error
			if font, err = sfnt.Parse(regular); err != nil {
				panic("noto: " + name + ": " + err.Error()) // part of the program; a test reads all
			}
		}
		i, err := font.GlyphIndex(&buf, r)
		return err == nil && i != 0
	}}
}

// faces by the language they are for; "" is that of every other.
var faces = sync.OnceValue(func() map[string]*Face {
	return map[string]*Face{
		"":        newFace("NotoSans", Regular, Bold),
		"zh-Hans": newFace("NotoSans-zh-Hans", chineseRegular, chineseBold),
		"ja":      newFace("NotoSans-ja", japaneseRegular, japaneseBold),
	}
})

// For is what a language is written with first, and what follows where that
// lacks a character: a name may be in any script.
func For(lang string) []*Face {
	all := faces()
	switch lang {
	case "zh-Hans":
		return []*Face{all["zh-Hans"], all[""], all["ja"]}
	case "ja":
		return []*Face{all["ja"], all[""], all["zh-Hans"]}
	}
	return []*Face{all[""], all["zh-Hans"], all["ja"]}
}

// firstRare is the first character that a font may be without: all hold Latin
// letters.
const firstRare = 0x250

// Whole picks the face that writes all of a text, or most of it: the language's
// own wherever that does. In a face of another language the letters between its
// characters look the same.
func Whole(lang, text string) *Face {
	chain := chainOf(lang, text)
	best, least := chain[0], -1
	for _, f := range chain {
		missing := 0
		for _, r := range text {
			if r >= firstRare && !f.Covers(r) {
				missing++
			}
		}
		if least < 0 || missing < least {
			best, least = f, missing
		}
		if missing == 0 {
			break
		}
	}
	return best
}

// Run is a piece of a text that one face writes.
type Run struct {
	Face *Face
	Text string
}

// Runs cuts a text where the face changes. A character that no face has stands
// in the run before it, and is drawn as the face draws what it lacks.
func Runs(lang, text string) []Run {
	chain := chainOf(lang, text)
	var out []Run
	start := 0
	for at, r := range text {
		face := faceOf(chain, r)
		switch n := len(out); {
		case n == 0 && face == nil:
			out = append(out, Run{Face: chain[0]})
		case n == 0:
			out = append(out, Run{Face: face})
		case face != nil && face != out[n-1].Face:
			out[n-1].Text = text[start:at]
			start, out = at, append(out, Run{Face: face})
		}
	}
	if len(out) > 0 {
		out[len(out)-1].Text = text[start:]
	}
	return out
}

// chainOf is For, with Japanese before Chinese where the text is Japanese:
// many characters are drawn differently in the two.
func chainOf(lang, text string) []*Face {
	chain := For(lang)
	if chain[0] == faces()[""] && strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana) }) {
		chain[1], chain[2] = chain[2], chain[1]
	}
	return chain
}

// Covers says whether any face of a language's chain has a character.
func Covers(lang string, r rune) bool { return faceOf(For(lang), r) != nil }

func faceOf(chain []*Face, r rune) *Face {
	for _, f := range chain {
		if f.Covers(r) {
			return f
		}
	}
	return nil
}
