package vendorpolicy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Switches are the capabilities a vendor may switch off, by the names of the
// defaults table: Sign refuses others, so that a misspelt one is not taken for
// one that is off. "support" is all of it.
var Switches = []string{"support", "view", "control", "files", "clipboard", "chat", "pointer", "probing", "help-logs", "cloud-messages", "publishers"}

// Sign makes the note. text is what the operator wrote: capabilities,
// revoked_accounts and revoked_serials; number must be higher than the one
// before.
func Sign(text string, number uint64, issued time.Time, signer note.Signer) ([]byte, error) {
	body := strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n") + "\n"
	// A signed note is lines of plain text: no tabs, no carriage returns.
	if i := strings.IndexFunc(body, func(r rune) bool { return r < ' ' && r != '\n' }); i >= 0 {
		return nil, fmt.Errorf("vendor policy: control character %q in line %d; use spaces", body[i], 1+strings.Count(body[:i], "\n"))
	}
	whole := fmt.Sprintf("%s\nnumber = %d\nissued = %s\n%s", Header, number, issued.UTC().Format(time.RFC3339), body)
	p, err := decode(whole)
	if err != nil {
		return nil, fmt.Errorf("vendor policy: %w", err)
	}
	for name := range p.off {
		if !slices.Contains(Switches, name) {
			return nil, fmt.Errorf("vendor policy: capabilities: %q is not one of %s", name, strings.Join(Switches, ", "))
		}
	}
	signed, err := note.Sign(&note.Note{Text: whole}, signer)
	if err != nil {
		return nil, fmt.Errorf("vendor policy: %w", err)
	}
	if len(signed) > MaxSize {
		return nil, errors.New("vendor policy: too large; leave out serial numbers of certificates that have expired")
	}
	return signed, nil
}
