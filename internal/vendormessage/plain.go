package vendormessage

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"beckmanconnect/internal/redact"
)

// TextError says why a text is not plain. Code is stable: "empty", "too-long",
// "characters", "link", "phone".
type TextError struct {
	Code string
	What string // the place, shortened
}

func (e *TextError) Error() string {
	switch e.Code {
	case "empty":
		return "it is empty"
	case "too-long":
		return "it is too long: " + e.What
	case "characters":
		return "it holds line breaks, double spaces, invisible or control characters"
	case "link":
		return fmt.Sprintf("%q is or looks like a link, a file or an address; leave it out, and put a space after each full stop", e.What)
	default:
		return fmt.Sprintf("%q may be a telephone number; only the configured one may stand here (six digits or more count as one)", e.What)
	}
}

// links are the forms a text could lead away by. They are looked for in the
// compatibility form of the text, in small letters, so that wide, circled or
// mathematical letters hide nothing. The last but one is any word with a full
// stop inside and a name behind it: a domain, and a file's name with it. The
// last is a word of four numbers: an address.
var links = []*regexp.Regexp{
	regexp.MustCompile(`\S*://\S*`),
	regexp.MustCompile(`\bwww\s*\.\S*`),
	regexp.MustCompile(`\b(?:mailto|tel|sms|callto|sip|javascript|data|file|ftp|https?|vbscript|ms-[a-z-]+):\S+`),
	regexp.MustCompile(`\S*\\\\\S*`),
	regexp.MustCompile(`\S*@\S*`),
	regexp.MustCompile(`[\pL\pN_-]+(?:\.[\pL\pN_-]+)*\.[\pL]{2,}[\pL\pN-]*`),
	regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`),
	regexp.MustCompile(`\b[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,}`),
}

// wideStop is the full stop of Chinese and Japanese, which browsers read as the
// dot of a domain. Between their own letters it ends a sentence; between any
// others it hides a name.
var wideStop = regexp.MustCompile(`([^\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\pP\s])。([^\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\pP\s])`)

var (
	date  = regexp.MustCompile(`\b(?:20\d\d-[01]\d-[0-3]\d|[0-3]\d\.[01]\d\.20\d\d)\b`)
	clock = regexp.MustCompile(`\b(?:[01]\d|2[0-3]):[0-5]\d\b`)
	// number: six digits or more, with whatever is no letter between them.
	number = regexp.MustCompile(`\+?\(?\p{Nd}(?:[^\pL\pM\p{Nd}]{0,4}\p{Nd}){5,}`)
)

// Plain is the rule for every text of a message: one line that a reader can
// only read. It holds no link, no e-mail address, no name of a file or host,
// and no telephone number but the given ones; dates (2026-11-30, 30.11.2026) and
// times (14:05) are none. limit is in characters. The error is a *TextError.
//
// It is strict on purpose: what it refuses by mistake can be written in other
// words, what it let through could not be taken back.
func Plain(text string, limit int, phones ...string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return &TextError{Code: "empty"}
	case len(text) > 8*limit || utf8.RuneCountInString(text) > limit:
		return &TextError{Code: "too-long", What: fmt.Sprintf("at most %d characters", limit)}
	case !utf8.ValidString(text) || redact.Line(text, limit) != text:
		return &TextError{Code: "characters"}
	}
	folded := wideStop.ReplaceAllString(strings.ToLower(norm.NFKC.String(text)), "$1.$2")
	for _, form := range links {
		if found := form.FindString(folded); found != "" {
			return &TextError{Code: "link", What: redact.Line(found, 40)}
		}
	}
	rest := withoutTimes(folded)
	for _, phone := range phones {
		rest = withoutPhone(rest, phone)
	}
	for _, found := range number.FindAllString(rest, -1) {
		if !isOne(found, phones) {
			return &TextError{Code: "phone", What: redact.Line(found, 40)}
		}
	}
	return nil
}

// gone stands for what was found harmless: a letter, so that the digits on its
// two sides do not become one number.
const gone = " x "

func withoutTimes(text string) string {
	text = date.ReplaceAllStringFunc(text, func(found string) string {
		for _, form := range []string{time.DateOnly, "02.01.2006"} {
			if _, err := time.Parse(form, found); err == nil {
				return gone
			}
		}
		return found
	})
	return clock.ReplaceAllString(text, gone)
}

// withoutPhone takes the configured number out where it stands exactly as it
// was configured, and not as a part of a longer one.
func withoutPhone(text, phone string) string {
	phone = strings.ToLower(norm.NFKC.String(strings.TrimSpace(phone)))
	if len(digits(phone)) < 3 {
		return text
	}
	var out strings.Builder
	for {
		at := strings.Index(text, phone)
		if at < 0 {
			out.WriteString(text)
			return out.String()
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(phone):])
		out.WriteString(text[:at])
		if unicode.IsDigit(before) || unicode.IsDigit(after) {
			out.WriteString(phone)
		} else {
			out.WriteString(gone)
		}
		text = text[at+len(phone):]
	}
}

func isOne(found string, phones []string) bool {
	for _, phone := range phones {
		if d := digits(phone); len(d) > 0 && d == digits(found) {
			return true
		}
	}
	return false
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}
