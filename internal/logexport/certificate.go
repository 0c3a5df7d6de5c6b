package logexport

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/internal/logproof"
)

// certificate is one page about one session: who, when, what was asked and
// allowed, which files, the words that matched, how it ended, and what proves
// it. What does not fit is counted with its numbers.
//
// It is given the entries of the log, or at least those of the session and of
// the request for help that it came from.
type certificate struct {
	w     io.Writer
	meta  *Meta
	words words
	at    logproof.Checkpoint
	ses   *session
	s     *sheet
	y     float64
}

func newCertificate(w io.Writer) *certificate { return &certificate{w: w} }

func (x *certificate) Begin(m *Meta) (err error) {
	x.meta, x.words, x.ses = m, wordsOf(m), newSession(m.Session)
	if m.Session == "" {
		return ErrNoSession
	}
	x.at, err = logproof.ReadCheckpoint(m.Checkpoint)
	return err
}

func (x *certificate) Record(r *Record) error { return x.ses.take(r, x.words) }

func (x *certificate) End() (err error) {
	if x.ses.started == nil {
		return ErrNoSession
	}
	c := x.words.c
	moment := x.ses.started.at
	if x.ses.ended != nil {
		moment = x.ses.ended.at
	}
	if x.s, err = newSheet(c.T("export.cert.title"), c.Lang(), x.meta.Program, moment); err != nil {
		return err
	}
	x.s.pdf.AddPage()
	x.head()
	x.people()
	x.facts()
	x.tables()
	x.proof()
	if err := x.s.pdf.Error(); err != nil {
		return err
	}
	return x.s.write(x.w)
}

// head is the band across the top.
func (x *certificate) head() {
	s, c := x.s, x.words.c
	s.box(0, 0, pageWidth, 37, 0, inkDeep)
	s.box(0, 37, pageWidth, 1.2, 0, inkAccent)
	s.font(bold, 20, inkWhite)
	s.put(margin, 10, 10, c.T("export.cert.title"))
	s.font(regular, 9, inkPale)
	s.put(margin, 21, 5, s.fit(s.writable(c.T("export.cert.session", "id", x.ses.id)), 118))
	device := x.meta.Device
	if device == "" {
		device = x.at.Origin
	}
	s.put(margin, 26, 5, s.fit(s.writable(device), 118))
	s.font(bold, 11, inkWhite)
	s.putRight(pageWidth-margin, 11, 6, c.T("export.cert.entries", "span", span(x.ses.first, x.ses.last)))
	s.font(regular, 8, inkPale)
	s.putRight(pageWidth-margin, 17, 5, c.T("export.cert.count", "n", int(x.ses.entries)))
	s.putRight(pageWidth-margin, 26, 5, s.fit(s.writable(x.at.Origin), 60))
	x.y = 44
}

// people are two cards side by side.
func (x *certificate) people() {
	c, began := x.words.c, x.ses.started
	var technician []string
	if a := x.ses.asked; a != nil {
		technician = append(technician, join(a.personal["technician"], a.personal["initials"]))
		technician = append(technician, c.T("export.cert.asked-at", "when", utc(a.at)+" UTC"))
		if reason := a.personal["reason"]; reason != "" {
			technician = append(technician, reason)
		}
	} else {
		technician = []string{c.T("export.cert.no-request")}
	}
	engineer := []string{or(began.personal["name"], began.personal["engineer"]), began.personal["organisation"], began.personal["engineer"]}
	half := (textWidth - 5) / 2
	x.card(margin, half, c.T("export.actor.technician"), technician)
	x.card(margin+half+5, half, c.T("export.actor.engineer"), engineer)
	x.y += cardHeight + 4
}

const cardHeight = 30.0

func (x *certificate) card(at, width float64, label string, lines []string) {
	s := x.s
	s.box(at, x.y, width, cardHeight, 2, inkSunken)
	s.font(bold, 7.5, inkAccent)
	s.put(at+4, x.y+2.5, 4, strings.ToUpper(label))
	y := x.y + 7.5
	for i, line := range lines {
		if i == 0 {
			s.font(bold, 11, inkText)
			s.put(at+4, y, 5.4, s.fit(s.writable(line), width-8))
			y += 5.8
			continue
		}
		s.font(regular, 8, inkMuted)
		broken := s.lines(s.writable(line), width-8)
		if most := len(lines) + 1 - i; len(broken) > most { // what is cut stands in the log
			broken[most-1] = s.fit(broken[most-1]+" …", width-9) + "…"
			broken = broken[:most]
		}
		for _, part := range broken {
			if y+4.2 > x.y+cardHeight {
				return
			}
			s.put(at+4, y, 4.2, part)
			y += 4.2
		}
	}
}

// facts are the words that matched, when, and how it ended.
func (x *certificate) facts() {
	s, c, ses := x.s, x.words.c, x.ses
	s.font(bold, 7.5, inkAccent)
	s.put(margin, x.y, 4, strings.ToUpper(c.T("export.cert.words")))
	at := margin
	said := ses.started.personal["words"]
	for _, word := range wordsOn(said, ses.started.shown["words"]) {
		s.font(bold, 13, inkAccent)
		if !ses.started.shown["words"] {
			s.font(regular, 9, inkMuted)
		}
		text := s.fit(s.writable(or(word, c.T("export.cert.words-none"))), 80)
		width := s.width(text) + 10
		s.box(at, x.y+5, width, 9.5, 2, paperNote)
		s.put(at+5, x.y+5, 9.5, text)
		at += width + 3
	}
	if ses.wordsAgain > 0 {
		s.font(regular, 8, inkMuted)
		s.put(at+1, x.y+5, 9.5, c.T("export.cert.resumed", "n", int(ses.wordsAgain)))
	}
	x.y += 18
	rows := [][2]string{{c.T("export.cert.began"), x.words.both(ses.started.at)}}
	if e := ses.ended; e != nil {
		end := x.words.both(e.at)
		if d, ok := ses.lasted(); ok {
			end += "  ·  " + c.T("export.cert.lasted", "span", c.Span(d))
		}
		rows = append(rows, [2]string{c.T("export.cert.ended"), end}, [2]string{c.T("export.cert.why"), x.why(e)})
	} else {
		rows = append(rows, [2]string{c.T("export.cert.ended"), c.T("export.cert.running")})
	}
	if ses.back > 0 {
		rows = append(rows, [2]string{c.T("export.cert.clock"), c.T("export.cert.clock-back", "n", int(ses.back))})
	}
	for _, r := range rows {
		s.font(regular, 8.5, inkMuted)
		s.put(margin, x.y, 5, r[0])
		s.font(regular, 9, inkText)
		s.put(margin+32, x.y, 5, s.fit(s.writable(r[1]), textWidth-32))
		x.y += 5.2
	}
	x.y += 3
}

// why says who ended the session and why.
func (x *certificate) why(e *fact) string {
	who := x.words.actor(or(x.ses.summaryField("by"), e.actor))
	code := e.fields["why"]
	why := x.words.or(code, "export.ended.", "help.ended.", "why.")
	if why == code && code != "" {
		why = x.words.c.T("help.ended.other", "code", code)
	}
	return join(who, why)
}

func (s *session) summaryField(name string) string {
	if s.summary == nil {
		return ""
	}
	return s.summary.fields[name]
}

// proof is what the page rests on, at its foot.
func (x *certificate) proof() {
	s, c := x.s, x.words.c
	top := proofTop(x)
	s.box(0, top, pageWidth, pageHeight-top, 0, inkSunken)
	s.box(0, top, pageWidth, 0.5, 0, inkLine)
	y := top + 4
	s.font(bold, 7.5, inkAccent)
	s.put(margin, y, 4, strings.ToUpper(c.T("export.cert.proof")))
	y += 5.2
	rows := [][2]string{
		{c.T("export.root"), hex.EncodeToString(x.at.Root[:])},
		{c.T("export.checkpoint"), c.T("export.checkpoint.over", "n", int(x.at.Size))},
		{c.T("export.log"), x.at.Origin},
	}
	for i, who := range x.witnessLines() {
		label := ""
		if i == 0 {
			label = c.T("export.witness")
		}
		rows = append(rows, [2]string{label, who})
	}
	for _, r := range rows {
		s.font(regular, 8, inkMuted)
		s.put(margin, y, 4.3, r[0])
		s.font(regular, 8, inkText)
		s.put(margin+32, y, 4.3, s.fit(s.writable(r[1]), textWidth-32))
		y += 4.3
	}
	s.font(regular, 8, inkMuted)
	s.put(margin, y, 4.3, c.T("export.check"))
	s.font(regular, 8, inkText)
	for _, line := range s.lines(c.T("export.check.cert", "n", strconv.FormatInt(x.ses.started.index, 10)), textWidth-32) {
		s.put(margin+32, y, 4.3, line)
		y += 4.3
	}
	s.font(regular, 7, inkMuted)
	s.put(margin, pageHeight-8, 4, s.fit(s.writable(x.meta.Program), 80))
	times := c.T("export.times.utc")
	if x.meta.Local != nil {
		times = c.T("export.times.both", "zone", x.meta.Local.String())
	}
	s.putRight(pageWidth-margin, pageHeight-8, 4, s.fit(c.T("export.times")+": "+times, 100))
}

// shownWitnesses is how many witnesses have a line of their own.
const shownWitnesses = 3

func (x *certificate) witnessLines() []string {
	lines := x.words.witnesses(x.meta)
	if n := len(lines) - shownWitnesses; n > 0 {
		lines = append(lines[:shownWitnesses-1:shownWitnesses-1], x.words.c.T("export.more-witnesses", "n", n+1))
	}
	return lines
}

// proofTop is where the foot of the page begins.
func proofTop(x *certificate) float64 {
	return pageHeight - 42 - 4.3*float64(len(x.witnessLines()))
}

// wordsOn splits the words that both screens showed; what is not known stays
// one remark.
func wordsOn(said string, shown bool) []string {
	if words := strings.FieldsFunc(said, func(r rune) bool { return r == ' ' || r == '-' || r == '·' }); shown && len(words) > 0 {
		return words[:min(len(words), 6)]
	}
	return []string{said}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// join puts a second part behind the first, where there is one.
func join(first, second string) string {
	switch {
	case second == "":
		return first
	case first == "":
		return second
	}
	return fmt.Sprintf("%s · %s", first, second)
}

// clock is the time of day of an entry, in UTC.
func clock(t time.Time) string { return t.UTC().Format("15:04:05") }
