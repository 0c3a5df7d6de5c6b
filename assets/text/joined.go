package text

import (
	"slices"
	"strings"
)

// wide says whether the language is written without spaces, with marks as wide
// as its letters.
func (c *Catalogue) wide() bool { return c.tag == "zh-Hans" || c.tag == "ja" }

// Sentences puts what is not empty one after the other.
func (c *Catalogue) Sentences(sentences ...string) string {
	space := " "
	if c.wide() {
		space = ""
	}
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), space)
}

// Headed is a heading that has no full stop and the sentence after it.
func (c *Catalogue) Headed(heading, sentence string) string {
	if c.wide() {
		return heading + "。" + sentence
	}
	return heading + ". " + sentence
}

// Labelled is what something is called and what it is.
func (c *Catalogue) Labelled(label, what string) string {
	switch {
	case c.wide():
		return label + "：" + what
	case c.tag == "fr":
		return label + "\u00a0: " + what
	}
	return label + ": " + what
}
