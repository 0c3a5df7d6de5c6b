package logproof

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Salvaged is what could be read out of a log that is damaged. An entry counts
// when it is what its leaf hash was made over.
type Salvaged struct {
	Read   int64 `json:"read"`   // entries, archive files not counted
	First  int64 `json:"first"`  // number of the first of them
	Last   int64 `json:"last"`   // and of the last
	Proven int64 `json:"proven"` // entries from First on, all there, that a signed checkpoint covers
	Pages  bool  `json:"pages"`  // its tables could not be walked: its pages were read one by one
}

// Salvage reads what is left of the log at path and calls take, if it is not
// nil, for each entry, in order. It never writes beside the log. key is the
// file of the public checkpoint key; without it nothing is proven.
//
// A table that can be walked from end to end is walked. Otherwise every page of
// the file and of its write-ahead log is looked at on its own.
func Salvage(ctx context.Context, path, key string, take func(*Entry)) (Salvaged, error) {
	s := &salvage{take: take}
	if v, err := readVerifier(key); err == nil {
		s.verifiers = note.VerifierList(v)
	}
	walked, err := s.walk(ctx, path)
	if err != nil {
		return Salvaged{}, err
	}
	if !walked {
		s.reset()
		s.out.Pages = true
		if err := s.byPages(ctx, path); err != nil {
			return Salvaged{}, err
		}
	}
	return s.out, nil
}

type salvage struct {
	verifiers note.Verifiers
	take      func(*Entry)
	out       Salvaged
	seen      bool
	next      int64
	tree      *Tree // from the first entry without a gap; nil: ended
	signed    map[int64]tlog.Hash
	scratch   []byte
}

func (s *salvage) reset() {
	s.out, s.seen, s.next, s.tree = Salvaged{}, false, 0, nil
}

// add takes the next entry, in order.
func (s *salvage) add(e *Entry, edge func(from int64) *Tree) {
	h, scratch := LeafHash(s.scratch, e)
	s.scratch = scratch
	if h != e.Hash || s.seen && e.Index < s.next {
		return
	}
	if !s.seen {
		s.seen, s.out.First, s.next, s.tree = true, e.Index, e.Index, edge(e.Index)
	}
	if e.Index != s.next {
		s.tree = nil
	}
	s.next = e.Index + 1
	s.out.Read++
	s.out.Last = e.Index
	if s.take != nil {
		s.take(e)
	}
	if s.tree == nil {
		return
	}
	s.tree.Add(h)
	s.tree.TakeNodes()
	if root, ok := s.signed[s.tree.Size()]; ok && root == s.tree.Root() {
		s.out.Proven = s.tree.Size() - s.out.First
	}
}

// checkpoint keeps one whose signature holds.
func (s *salvage) checkpoint(msg []byte) {
	if s.verifiers == nil {
		return
	}
	if c, err := OpenCheckpoint(msg, s.verifiers); err == nil {
		s.signed[c.Size] = c.Root
	}
}

// walk reads the tables as SQLite does and says whether it came to the end.
func (s *salvage) walk(ctx context.Context, path string) (whole bool, err error) {
	s.signed = map[int64]tlog.Hash{}
	r, err := OpenReader(path)
	if err != nil {
		return false, nil // what is there is for byPages to see
	}
	defer r.Close()
	for _, q := range []string{"SELECT note FROM checkpoints", "SELECT note FROM head"} {
		c, err := r.query(q)
		if err != nil {
			continue
		}
		for c.next() {
			if b, ok := c.row[0].([]byte); ok {
				s.checkpoint(b)
			}
		}
		c.close()
	}
	edge := func(from int64) *Tree {
		t, err := RestoreTree(from, r.Stored)
		if err != nil {
			return nil
		}
		return t
	}
	take := s.take
	s.take = nil // the first time only to see
	try := func() error {
		bad := false
		err := r.live(ctx, 0, 1<<62, false, func(e *Entry) error {
			before := s.out.Read
			s.add(e, edge)
			bad = bad || s.out.Read == before
			return nil
		})
		if err == nil && bad {
			err = errors.New("an entry was changed")
		}
		return err
	}
	err = try()
	s.take = take
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return false, nil
	}
	if take != nil {
		s.reset()
		return true, try()
	}
	return true, nil
}

// byPages looks at every page: first which of them hold entries, then these in
// the entries' order.
func (s *salvage) byPages(ctx context.Context, path string) error {
	p, err := openPages(path)
	if err != nil {
		return err
	}
	defer p.Close()
	type place struct{ first, page int64 }
	var places []place
	page := make([]byte, p.size)
	for n := range p.count() {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if p.read(n, page) != nil {
			continue
		}
		first := int64(-1)
		p.rows(page, n == 0, func(c cell) {
			if e := s.entryOf(c); e != nil && first < 0 {
				first = e.Index
			} else if e == nil {
				s.checkpointIn(c)
			}
		})
		if first >= 0 {
			places = append(places, place{first, n})
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.page, b.page)) })
	edge := func(from int64) *Tree {
		if from != 0 {
			return nil
		}
		return &Tree{}
	}
	var found []*Entry
	flush := func(below int64) {
		slices.SortFunc(found, func(a, b *Entry) int { return cmp.Compare(a.Index, b.Index) })
		n := 0
		for ; n < len(found) && found[n].Index < below; n++ {
			s.add(found[n], edge)
		}
		found = slices.Clone(found[n:])
	}
	for i, at := range places {
		if i%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		flush(at.first) // every page from here on begins at or after it
		if p.read(at.page, page) != nil {
			continue
		}
		p.rows(page, at.page == 0, func(c cell) {
			if e := s.entryOf(c); e != nil {
				found = append(found, e)
			}
		})
	}
	flush(1 << 62)
	return nil
}

// entryOf reads a row as an entry; nil: it is none, or not what its hash says.
func (s *salvage) entryOf(c cell) *Entry {
	if len(c.values) != len(entryColumns) || c.values[0] != nil {
		return nil // the number is the row's own
	}
	row := make([]driver.Value, len(c.values))
	for i, v := range c.values {
		row[i] = v
	}
	row[0] = c.rowid
	e := &Entry{}
	if decodeRow(e, row) != nil {
		return nil
	}
	var h tlog.Hash
	if h, s.scratch = LeafHash(s.scratch, e); h != e.Hash {
		return nil
	}
	return e
}

// checkpointIn keeps a checkpoint that a row of another table holds.
func (s *salvage) checkpointIn(c cell) {
	for _, v := range c.values {
		if b, ok := v.([]byte); ok && len(b) < 4096 {
			s.checkpoint(b)
		}
	}
}
