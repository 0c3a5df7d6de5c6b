package logproof

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// KindErased is the kind of the entries that put the erasure of personal fields
// on record. Their subject is the number of the entry whose fields went, or,
// where there are many, their field ErasedEntries names them.
const KindErased = "personal.erased"

// ErasedEntries is the field that names entries as "3,7-9".
const ErasedEntries = "entries"

// Span is entries From … To, both included.
type Span struct{ From, To int64 }

// FormatSpans writes ascending numbers as spans, as many as fit into limit
// bytes, and says how many that were.
func FormatSpans(numbers []int64, limit int) (text string, n int) {
	var b strings.Builder
	for n < len(numbers) {
		end := n + 1
		for end < len(numbers) && numbers[end] == numbers[end-1]+1 {
			end++
		}
		part := strconv.FormatInt(numbers[n], 10)
		if end-n > 1 {
			part += "-" + strconv.FormatInt(numbers[end-1], 10)
		}
		if b.Len() > 0 {
			part = "," + part
		}
		if b.Len()+len(part) > limit {
			break
		}
		b.WriteString(part)
		n = end
	}
	return b.String(), n
}

// ParseSpans reads what FormatSpans wrote and refuses any other spelling.
func ParseSpans(text string) ([]Span, error) {
	var out []Span
	last := int64(-2)
	for part := range strings.SplitSeq(text, ",") {
		from, to, is := strings.Cut(part, "-")
		s := Span{}
		var err error
		if s.From, err = spanNumber(from); err != nil {
			return nil, err
		}
		if s.To = s.From; is {
			if s.To, err = spanNumber(to); err != nil {
				return nil, err
			}
		}
		if s.From <= last+1 || is && s.To <= s.From {
			return nil, fmt.Errorf("%q: the spans are not in order", text)
		}
		out, last = append(out, s), s.To
	}
	return out, nil
}

func spanNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, fmt.Errorf("%q is no number of an entry", text)
	}
	return n, nil
}

// Erasures are the entries whose personal fields were erased, on record.
type Erasures struct {
	spans  []Span
	sorted bool
}

// Add takes an entry of KindErased. It speaks of entries before it only; one
// that names none erases nothing.
func (e *Erasures) Add(entry *Entry) {
	text := entry.Subject
	if text == "" {
		fields, err := DecodeFields(entry.Fields)
		if err != nil {
			return
		}
		text = fields[ErasedEntries]
	}
	spans, err := ParseSpans(text)
	if err != nil {
		return
	}
	for _, s := range spans {
		if s.To = min(s.To, entry.Index-1); s.From <= s.To {
			e.spans, e.sorted = append(e.spans, s), false
		}
	}
}

// Has says whether fields of that entry were erased.
func (e *Erasures) Has(index int64) bool {
	if !e.sorted {
		e.sort()
	}
	i := sort.Search(len(e.spans), func(i int) bool { return e.spans[i].To >= index })
	return i < len(e.spans) && e.spans[i].From <= index
}

// sort also joins spans, so that neither ends nor beginnings overlap.
func (e *Erasures) sort() {
	slices.SortFunc(e.spans, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	joined := e.spans[:0]
	for _, s := range e.spans {
		if n := len(joined); n > 0 && s.From <= joined[n-1].To {
			joined[n-1].To = max(joined[n-1].To, s.To)
			continue
		}
		joined = append(joined, s)
	}
	e.spans, e.sorted = joined, true
}
