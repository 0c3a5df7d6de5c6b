package logproof

import (
	"cmp"
	"slices"
)

// Expected is a checkpoint that a log must contain: it has to be an extension
// of it. A witness cosigned it, or somebody kept it.
type Expected struct {
	Checkpoint
	By string // who vouches for it, for the text of a fault
}

// FaultWitnessed: the log holds in itself, and is not the one that a witness
// saw.
const FaultWitnessed = "not-what-was-witnessed"

// expectations are what is still to come, in order of size.
func expectations(list []Expected) []Expected {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Expected) int { return cmp.Compare(a.Size, b.Size) })
	return list
}

// witnessed checks what a witness saw of exactly size entries. The tree is that
// of as many.
func (v *verification) witnessed(size int64) error {
	for len(v.expected) > 0 && v.expected[0].Size <= size {
		e := v.expected[0]
		v.expected = v.expected[1:]
		if e.Size == size && e.Root != v.tree.Root() {
			return faultf("entries", size-1, FaultWitnessed, "%s saw another log of %d entries: this one was rewritten at that place or above it", e.By, size)
		}
	}
	return nil
}

// shorter finds that a witness saw more than there is. The log ends at size.
func (v *verification) shorter(size int64) error {
	if len(v.expected) == 0 {
		return nil
	}
	e := v.expected[len(v.expected)-1]
	return faultf("entries", size, FaultWitnessed, "the log ends here; %s saw %d entries: the end was cut off, or this is an older copy", e.By, e.Size)
}
