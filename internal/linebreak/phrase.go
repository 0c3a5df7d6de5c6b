package linebreak

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	leastLast = 3 // characters of Chinese or Japanese in a last line, stops and brackets not counted
	lookBack  = 6 // pieces a line may be shorter by, to end where a phrase does
)

// seemly says after how many of the pieces a line ends that has room for n. fits
// says whether those from i on go on one line. phrases: it ends where a phrase
// does, if that is near.
func seemly(pieces []string, n int, phrases bool, fits func(i int) bool) int {
	near := func(n int) int {
		for i := n; phrases && i >= max(n-lookBack, (n+1)/2, 1); i-- {
			if begins(pieces[i-1], strings.Join(pieces[i:min(i+3, len(pieces))], "")) {
				return i
			}
		}
		return n
	}
	end := near(n)
	if enough(pieces[end:]) {
		return end
	}
	for i := end - 1; i > n/2; i-- {
		if !enough(pieces[i:]) {
			continue
		}
		if phrase := near(i); fits(phrase) {
			return phrase
		}
		if fits(i) {
			return i
		}
		break
	}
	return end
}

// enough says whether these pieces are a last line to be seen with.
func enough(pieces []string) bool {
	letters, wide := 0, false
	for _, piece := range pieces {
		for _, r := range piece {
			wide = wide || Wide(r)
			if letters++; unicode.IsPunct(r) || r == ' ' {
				letters--
			}
			if letters >= leastLast {
				return true
			}
		}
	}
	return !wide
}

// begins says whether a phrase begins after a piece, with what comes then: after a
// space, a stop or a closing bracket, before an opening one, where something else
// comes after the kana that ends a word, and with the verbs that end most
// sentences. Kana that politely begins a word stays with it.
func begins(a, rest string) bool {
	last, _ := utf8.DecodeLastRuneInString(a)
	first, size := utf8.DecodeRuneInString(rest)
	then, _ := utf8.DecodeRuneInString(rest[size:])
	switch {
	case last == ' ', strings.ContainsRune("、。，．！？：；）」』】", last), strings.ContainsRune("（「『【", first):
		return true
	case last == 'お', last == 'ご':
		return false
	case first == 'お', first == 'ご':
		return unicode.Is(unicode.Han, then)
	case strings.HasPrefix(rest, "くださ"), strings.HasPrefix(rest, "ありま"), strings.HasPrefix(rest, "できま"):
		return true
	}
	return hiragana(last) && !hiragana(first)
}

// hiragana is what Japanese writes endings and particles with.
func hiragana(r rune) bool { return unicode.Is(unicode.Hiragana, r) }
