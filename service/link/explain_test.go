package link

import (
	"slices"
	"testing"

	"beckmanconnect/assets/text"
)

// What keeps this PC from the cloud is said to the technician in plain words, in
// every language; the windows look for "link.code." and the code.
func TestEveryReasonIsSaidInPlainWords(t *testing.T) {
	// These are no faults: the windows say them as a state.
	states := []string{CodeUnregistered, CodeConnecting, CodeStopping}
	for _, l := range text.Languages() {
		c := text.New(l.Tag)
		for _, row := range Codes {
			if key := "link.code." + row.Code; !slices.Contains(states, row.Code) && !c.Has(key) {
				t.Errorf("%s: there are no words for %s (%s)", l.Tag, row.Code, row.Means)
			}
		}
	}
}
