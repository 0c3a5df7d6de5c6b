package logexport

import (
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"beckmanconnect/internal/logproof"
)

// document is the log as pages for reading: number, time and plain words of
// each entry, with all its fields.
type document struct {
	w     io.Writer
	meta  *Meta
	words words
	at    logproof.Checkpoint
	s     *sheet
	y     float64
	n     int
	next  int64 // number that follows the entry before
	last  time.Time
}

func newDocument(w io.Writer) *document { return &document{w: w, next: -1} }

// The columns of an entry, in millimetres from the left.
const (
	timeAt  = margin + 17
	whatAt  = margin + 52
	bodyTop = 24.0
	bodyEnd = pageHeight - 23
	// pagesMark stands for the number of pages until it is known. It is no
	// letter that any text on a sheet can hold.
	pagesMark = "\ue000"
)

func (x *document) Begin(m *Meta) (err error) {
	x.meta, x.words = m, wordsOf(m)
	if x.at, err = logproof.ReadCheckpoint(m.Checkpoint); err != nil {
		return err
	}
	c := x.words.c
	// The document is as old as its newest entry; that is not known before the
	// end, so the time is set there.
	if x.s, err = newSheet(c.T("export.log.title"), c.Lang(), m.Program, time.Unix(0, 0)); err != nil {
		return err
	}
	x.s.pdf.AliasNbPages(pagesMark)
	x.page()
	x.cover()
	return x.s.pdf.Error()
}

// page begins a new one: its header and footer.
func (x *document) page() {
	s, c := x.s, x.words.c
	s.pdf.AddPage()
	s.font(bold, 8.5, inkAccent)
	s.put(margin, 10, 5, c.T("export.log.title"))
	s.font(regular, 8, inkMuted)
	s.putRight(pageWidth-margin, 10, 5, s.fit(s.writable(x.at.Origin), 120))
	s.rule(margin, 16, textWidth)
	s.rule(margin, pageHeight-18, textWidth)
	s.font(regular, 7.5, inkMuted)
	s.put(margin, pageHeight-16, 4, c.T("export.root")+" "+hex.EncodeToString(x.at.Root[:]))
	s.put(margin, pageHeight-12, 4, c.T("export.checkpoint.over", "n", int(x.at.Size)))
	page := c.T("export.page", "page", s.pdf.PageNo(), "pages", pagesMark)
	s.put(pageWidth-margin-s.width(c.T("export.page", "page", s.pdf.PageNo(), "pages", "000")), pageHeight-12, 4, page)
	x.y = bodyTop
}

// cover is what stands before the first entry.
func (x *document) cover() {
	s, c, m := x.s, x.words.c, x.meta
	s.box(margin, 22, textWidth, 20, 2.5, inkDeep)
	s.font(bold, 17, inkWhite)
	s.put(margin+6, 25, 8, c.T("export.log.title"))
	s.font(regular, 9, inkPale)
	s.put(margin+6, 33.5, 5, s.fit(c.T("export.range", "from", m.From, "to", max(m.From, m.To-1)), textWidth-12))
	x.y = 47
	facts := [][2]string{{c.T("export.log"), x.at.Origin}}
	if m.Device != "" {
		facts = append(facts, [2]string{c.T("export.device"), m.Device})
	}
	if m.Filter != "" {
		facts = append(facts, [2]string{c.T("export.filter"), m.Filter})
	}
	facts = append(facts, [2]string{c.T("export.checkpoint"), c.T("export.checkpoint.over", "n", int(x.at.Size))})
	for i, who := range x.words.witnesses(m) {
		label := ""
		if i == 0 {
			label = c.T("export.witness")
		}
		facts = append(facts, [2]string{label, who})
	}
	times := c.T("export.times.utc")
	if m.Local != nil {
		times = c.T("export.times.both", "zone", m.Local.String())
	}
	facts = append(facts, [2]string{c.T("export.times"), times}, [2]string{c.T("export.program"), m.Program}, [2]string{c.T("export.check"), c.T("export.check.log")})
	for _, f := range facts {
		s.font(regular, 8.5, inkText)
		for i, line := range s.lines(s.writable(f[1]), textWidth-36) {
			if i == 0 {
				s.font(regular, 8.5, inkMuted)
				s.put(margin, x.y, 4.6, f[0])
				s.font(regular, 8.5, inkText)
			}
			s.put(whatAt-16, x.y, 4.6, line)
			x.y += 4.6
		}
	}
	x.y += 3
	s.rule(margin, x.y, textWidth)
	x.y += 3
}

// row is one line of the right-hand column.
type row struct {
	style  string
	size   float64
	height float64
	c      ink
	text   string
}

func (x *document) Record(r *Record) error {
	if x.n++; x.n > PDFEntries {
		return ErrTooMany
	}
	rows, err := x.rows(r)
	if err != nil {
		return err
	}
	if x.next >= 0 && r.Entry.Index > x.next {
		x.band(x.words.c.T("export.left-out", "from", x.next, "to", r.Entry.Index-1), inkMuted, inkSunken)
	}
	if r.Back {
		x.band(x.words.c.T("export.clock-back"), inkWarn, paperWarn)
	}
	x.entry(&r.Entry, rows)
	x.next, x.last = r.Entry.Index+1, time.Unix(0, r.Entry.Wall)
	return x.s.pdf.Error()
}

// rows are all lines of an entry, broken to the width of their column.
func (x *document) rows(r *Record) ([]row, error) {
	e, s, c := &r.Entry, x.s, x.words.c
	fields, err := logproof.DecodeFields(e.Fields)
	if err != nil {
		return nil, fmt.Errorf("entry %d: fields: %w", e.Index, err)
	}
	personal, err := x.words.known(r, true)
	if err != nil {
		return nil, err
	}
	var out []row
	add := func(style string, size, height float64, colour ink, text string) {
		s.font(style, size, colour)
		for _, line := range s.lines(text, pageWidth-margin-whatAt) {
			out = append(out, row{style, size, height, colour, line})
		}
	}
	add(bold, 9, 4.4, inkText, s.writable(x.words.sentence(e.Kind, e.Subject, fields)))
	about := e.Kind + " · " + x.words.actor(e.Actor)
	if e.Subject != "" {
		about += " · " + e.Subject
	}
	add(regular, 7.5, 3.7, inkMuted, s.writable(about))
	// Short fields stand side by side, long ones on lines of their own.
	for _, m := range []map[string]string{fields, personal} {
		line := ""
		for _, name := range slices.Sorted(maps.Keys(m)) {
			part := s.writable(name + ": " + m[name])
			switch {
			case line == "":
				line = part
			case len(line)+len(part) > 80:
				add(regular, 8, 3.9, inkText, line)
				line = part
			default:
				line += "   ·   " + part
			}
		}
		if line != "" {
			add(regular, 8, 3.9, inkText, line)
		}
	}
	add(regular, 6.5, 3.4, inkMuted, c.T("export.leaf")+" "+hex.EncodeToString(e.Hash[:]))
	return out, nil
}

// entry sets an entry. It moves to the next page whole if it fits there, and is
// broken between lines if it does not.
func (x *document) entry(e *logproof.Entry, rows []row) {
	height := 0.0
	for _, r := range rows {
		height += r.height
	}
	if x.y+height > bodyEnd && height < bodyEnd-bodyTop || x.y+12 > bodyEnd {
		x.page()
	}
	x.numbers(e)
	for _, r := range rows {
		if x.y+r.height > bodyEnd {
			x.page()
			x.numbers(e)
		}
		x.s.font(r.style, r.size, r.c)
		x.s.put(whatAt, x.y, r.height, r.text)
		x.y += r.height
	}
	x.y += 1.2
	x.s.rule(margin, x.y, textWidth)
	x.y += 1.6
}

// numbers are the two left-hand columns.
func (x *document) numbers(e *logproof.Entry) {
	wall := time.Unix(0, e.Wall)
	x.s.font(bold, 8.5, inkAccent)
	x.s.put(margin, x.y, 4.4, strconv.FormatInt(e.Index, 10))
	x.s.font(regular, 8, inkText)
	x.s.put(timeAt, x.y, 4.4, utc(wall))
	if x.meta.Local != nil {
		x.s.font(regular, 7, inkMuted)
		x.s.put(timeAt, x.y+3.9, 3.9, wall.In(x.meta.Local).Format("2006-01-02 15:04:05"))
		x.s.put(timeAt, x.y+7.1, 3.6, wall.In(x.meta.Local).Format("-07:00"))
	}
}

// band is a remark between two entries.
func (x *document) band(text string, c, paper ink) {
	x.s.font(bold, 8, c)
	lines := x.s.lines(text, textWidth-8)
	height := float64(len(lines))*4 + 2.4
	if x.y+height+12 > bodyEnd {
		x.page()
		x.s.font(bold, 8, c)
	}
	x.s.box(margin, x.y, textWidth, height, 1.2, paper)
	for i, line := range lines {
		x.s.put(margin+4, x.y+1.2+float64(i)*4, 4, line)
	}
	x.y += height + 2
}

func (x *document) End() error {
	if x.n == 0 {
		x.band(x.words.c.T("export.nothing"), inkMuted, inkSunken)
		x.last = time.Unix(0, 0)
	}
	x.s.pdf.SetCreationDate(x.last.UTC())
	x.s.pdf.SetModificationDate(x.last.UTC())
	return x.s.write(x.w)
}
