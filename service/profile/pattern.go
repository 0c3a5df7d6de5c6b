package profile

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// pattern is a regular expression with the words one of which every match has in
// it. Most lines have none of them, and looking for words is far cheaper than
// trying the expression at every place of a line.
type pattern struct {
	*regexp.Regexp
	words []string // in lower case; nil: nothing is known
}

// maxWords: with more of them looking for words is no gain.
const maxWords = 80

func newPattern(text string) (*pattern, error) {
	p, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	words := wordsOf(tree)
	if len(words) > maxWords {
		words = nil
	}
	return &pattern{p, words}, nil
}

// might is false for a line that the pattern cannot match; folded is its fold.
func (p *pattern) might(folded string) bool {
	return p.words == nil || slices.ContainsFunc(p.words, func(w string) bool { return strings.Contains(folded, w) })
}

// fold is the line as words are looked for in it. Of the letters that RE2 takes
// for one of ASCII when case does not count, only the long s is not made one by
// lower case.
func fold(line string) string {
	return strings.ReplaceAll(strings.ToLower(line), "ſ", "s")
}

// wordsOf gives words one of which every match of the expression contains, nil
// when none are known.
func wordsOf(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if w := asciiPart(re.Rune); w != "" {
			return []string{w}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return wordsOf(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return wordsOf(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if words := wordsOf(sub); better(words, best) {
				best = words
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			words := wordsOf(sub)
			if words == nil {
				return nil
			}
			all = append(all, words...)
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	return nil
}

// asciiPart is the longest part of ASCII, in lower case: what else a letter
// stands for when case does not count is a matter of its own.
func asciiPart(runes []rune) string {
	var best, now []rune
	for _, r := range append(slices.Clone(runes), -1) {
		if r >= 0 && r < 0x80 {
			now = append(now, r)
			continue
		}
		if len(now) > len(best) {
			best = slices.Clone(now)
		}
		now = now[:0]
	}
	return strings.ToLower(string(best))
}

// better: the longer the shortest word, the fewer lines have it.
func better(words, than []string) bool {
	shortest := func(list []string) int {
		n := 1 << 30
		for _, w := range list {
			n = min(n, len(w))
		}
		return n
	}
	return words != nil && (than == nil || shortest(words) > shortest(than))
}
