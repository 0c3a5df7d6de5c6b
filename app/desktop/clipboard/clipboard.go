// Package clipboard is the technician's clipboard, text only. It looks at what
// is there only while it is watched, never takes what a program marked as not
// to be kept, such as a password, and leaves behind what it found.
package clipboard

import (
	"fmt"
	"strings"

	"beckmanconnect/session/wire"
)

// Clipboard is used by one goroutine, but for Texts.
type Clipboard interface {
	// Watch has each new text of other programs put into Texts, or not any more.
	// What was there before is not told.
	Watch(on bool)
	// Texts has room for one text: the newest counts.
	Texts() <-chan string
	// Set puts a text on the clipboard, cleaned.
	Set(text string) error
	// Close takes a text of Set away if it still is there, and puts back what
	// was there before, if that was text.
	Close() error
}

// Clean makes what may be passed on of a text: UTF-8 without zero characters.
// More than wire.MaxClipboard bytes are an error, never a part.
func Clean(text string) (string, error) {
	if len(text) > wire.MaxClipboard {
		return "", fmt.Errorf("clipboard: a text of %d bytes, at most %d are passed on", len(text), wire.MaxClipboard)
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", ""), nil
}

// newest puts a text into a channel with room for one, over what waits there.
func newest(c chan string, text string) {
	for {
		select {
		case c <- text:
			return
		default:
		}
		select {
		case <-c:
		default:
		}
	}
}
