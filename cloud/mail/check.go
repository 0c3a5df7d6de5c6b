package mail

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a message.
const (
	maxAddress = 254 // RFC 5321
	maxSubject = 200 // characters
	maxText    = 64 << 10
)

// Errors of Send that are the caller's matter.
var (
	ErrMessage = errors.New("mail: no usable address, subject or text")
	ErrRate    = errors.New("mail: too many messages to this address; try again later")
	ErrFull    = errors.New("mail: too many messages wait; the mail server does not take them")
)

// Check refuses what could be read as another header, another recipient or
// another message: addresses are plain ASCII, a subject is one line, a text has
// no control characters but line breaks and tabs.
func Check(m Message) error {
	switch {
	case !Address(m.To):
		return ErrMessage
	case m.Subject == "" || utf8.RuneCountInString(m.Subject) > maxSubject || !utf8.ValidString(m.Subject) || strings.ContainsFunc(m.Subject, hidden):
		return ErrMessage
	case strings.Contains(m.Subject, "=?"): // an encoded word says something else than one reads here
		return ErrMessage
	case m.Text == "" || len(m.Text) > maxText || !utf8.ValidString(m.Text):
		return ErrMessage
	case strings.ContainsFunc(m.Text, func(r rune) bool { return r != '\n' && r != '\t' && hidden(r) }):
		return ErrMessage
	}
	return nil
}

// Address tells whether text is one bare address that mail may go to.
func Address(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && a.Name == "" && len(text) <= maxAddress && text[0] != '-' &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"<>(),:;\[]`, r) })
}

// hidden are characters that nobody sees, or that turn the reading around.
func hidden(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }
