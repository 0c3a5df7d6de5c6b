// Package linebreak says where a text may go on in the next line and what of it
// fits, for whatever draws text: windows, the tray's dialogs, documents. Words of
// Latin letters stay whole, codes and file names too: they end at spaces. Chinese
// and Japanese have no spaces; there a line ends between any two characters but
// for those that must not begin or end one, and a paragraph does not end in a
// line of a character or two.
package linebreak

import (
	"strings"
	"unicode"
)

// Pieces cuts a text wherever a line may end. Together they are the text.
func Pieces(s string) []string {
	var out []string
	start, before := 0, rune(-1)
	for at, r := range s {
		if before >= 0 && may(before, r) {
			out, start = append(out, s[start:at]), at
		}
		before = r
	}
	return append(out, s[start:])
}

// may says whether a line may end between two characters.
func may(a, b rune) bool {
	switch {
	case joins(a, b):
		return false
	case a == ' ':
		return b != ' '
	case b == ' ', glue(a), glue(b), !Wide(a) && !Wide(b):
		return false
	}
	return !endsNever(a) && !beginsNever(b)
}

// glue holds what stands beside it: spaces without a break, the word joiner.
func glue(r rune) bool { return r == '\u00a0' || r == '\u202f' || r == '\u2060' || r == '\ufeff' }

// Wide are the characters of Chinese and Japanese, their signs among them.
func Wide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r <= 0x303F || r >= 0x30A0 && r <= 0x30FF || r >= 0xFF00 && r <= 0xFFEF
}

// beginsNever are characters that never begin a line: closing brackets, stops,
// small kana and marks of length and repetition, units, dashes and dots.
func beginsNever(r rune) bool {
	const never = "、。，．！？：；）」』】》〉〕〗〙〛］｝｠｣｡､･・゛゜ー〜～゠々〻ゝゞヽヾ" +
		"ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿｧｨｩｪｫｬｭｮｯｰﾞﾟ" +
		"％℃℉°′″‰￠….‥,!?:;)]}%’”»/-‐–"
	return strings.ContainsRune(never, r)
}

// endsNever are characters that never end one: opening brackets, and what
// belongs to the number behind it.
func endsNever(r rune) bool {
	return strings.ContainsRune("（「『【《〈〔〖〘〚［｛｟｢([{‘“«￥＄￡№¥$€£#", r)
}

// Wrap breaks a text into lines no wider than width, each without the spaces at
// its end. A line feed always ends one. A word that is wider than a line is cut.
// There are never more lines than it takes.
func Wrap[L Length](s string, width L, measure func(string) L) []string {
	var lines []string
	for _, paragraph := range strings.Split(s, "\n") {
		broken := wrap(paragraph, width, measure, false)
		if len(broken) > 1 && strings.ContainsFunc(paragraph, hiragana) {
			// Lines that end where a phrase does are shorter.
			if phrases := wrap(paragraph, width, measure, true); len(phrases) == len(broken) {
				broken = phrases
			}
		}
		lines = append(lines, broken...)
	}
	return lines
}

// Length is what texts are measured in.
type Length interface {
	~int | ~float32 | ~float64
}

func wrap[L Length](s string, width L, measure func(string) L, phrases bool) []string {
	var lines []string
	for {
		all := strings.TrimRight(s, " ")
		whole := measure(all)
		if whole <= width {
			return append(lines, all)
		}
		pieces := Pieces(s)
		ends := make([]int, len(pieces))
		at := 0
		for i, p := range pieces {
			at += len(p)
			ends[i] = at
		}
		fits := func(i int) bool { return measure(strings.TrimRight(s[:ends[i]], " ")) <= width }
		n := most(len(ends)-1, int(L(len(ends))*width/whole), fits)
		end := 0
		if n > 0 {
			rest := func(i int) bool { return measure(all[min(ends[i-1], len(all)):]) <= width }
			end = ends[seemly(pieces, n, phrases, rest)-1]
		} else {
			// A word longer than a line, such as a path or a hash, is cut.
			end = cut(s[:ends[0]], width, measure)
			if end == len(s) {
				return append(lines, all)
			}
		}
		lines, s = append(lines, strings.TrimRight(s[:end], " ")), s[end:]
	}
}

// most counts how many of n, from the first on, fit; near is a guess. Measuring
// is what costs, so it is looked for from there.
func most(n, near int, fits func(i int) bool) int {
	at := max(0, min(near, n))
	for at > 0 && !fits(at-1) {
		at--
	}
	for at < n && fits(at) {
		at++
	}
	return at
}

// cut gives the bytes of the longest beginning that fits, at least one character.
func cut[L Length](s string, width L, measure func(string) L) int {
	ends := clusters(s)
	all := measure(s)
	if all <= 0 {
		return len(s)
	}
	n := most(len(ends), int(L(len(ends))*width/all), func(i int) bool { return measure(s[:ends[i]]) <= width })
	return ends[max(n, 1)-1]
}

// Shorten cuts one line to a width, with an ellipsis where it was cut. Nothing
// that is seen as one character is cut through.
func Shorten[L Length](s string, width L, measure func(string) L) string {
	all := measure(s)
	if all <= width || s == "" {
		return s
	}
	ends := clusters(s)
	short := func(n int) string {
		if n == 0 {
			return "…"
		}
		return strings.TrimRight(s[:ends[n-1]], " ") + "…"
	}
	n := most(len(ends)-1, int(L(len(ends))*width/all), func(i int) bool { return measure(short(i+1)) <= width })
	return short(n)
}
