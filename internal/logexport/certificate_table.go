package logexport

import (
	"slices"
	"strconv"
	"strings"

	"beckmanconnect/assets/text"
)

// Heights of a table's parts, in millimetres.
const (
	tableHead   = 10.5
	decisionRow = 5.4
	fileRow     = 9.4
	nameRow     = 3.8 // one more line of a long name
	moreRow     = 5
	tableGap    = 3.5
)

// tables are what was asked and the files, each as far as the page goes.
func (x *certificate) tables() {
	ses := x.ses
	other := x.otherLines()
	room := proofTop(x) - 3 - x.y - float64(len(other))*4.4
	asked := make([]float64, len(ses.decisions.kept))
	for i := range asked {
		asked[i] = decisionRow
	}
	moved := make([]float64, len(ses.files.kept))
	for i := range moved {
		moved[i] = fileRow + nameRow*float64(len(x.nameLines(&ses.files.kept[i])))
	}
	needA, needB := tableHeight(asked, ses.decisions.more), tableHeight(moved, ses.files.more)
	a, b := needA, needB
	if needA+needB > room {
		// Files get what the questions leave, and at least two fifths.
		b = min(needB, max(room*0.4, room-needA))
		a = room - b
	}
	// Where there is no room for all, what was allowed and what moved stays in sight.
	x.decisions(pick(ses.decisions.kept, asked, ses.decisions.more, a, func(d decision) bool { return d.answer == "allowed" }))
	x.fileTable(pick(ses.files.kept, moved, ses.files.more, b, func(f file) bool { return f.state == "file.received" || f.state == "file.sent" }))
	x.s.font(regular, 8, inkMuted)
	for _, line := range other {
		x.s.put(margin, x.y, 4.4, line)
		x.y += 4.4
	}
}

// tableHeight is the height of a table with rows of these heights. One without
// rows says so on a line.
func tableHeight(rows []float64, more int64) float64 {
	h := tableHead + tableGap
	for _, r := range rows {
		h += r
	}
	if len(rows) == 0 {
		h += fileRow
	}
	if more > 0 {
		h += moreRow
	}
	return h
}

// pick chooses the rows that fit into a height: first those that matter most,
// each kind in order.
func pick[T any](all []T, heights []float64, more int64, room float64, most func(T) bool) []bool {
	show := make([]bool, len(all))
	if tableHeight(heights, more) > room+0.01 {
		room -= moreRow
	}
	room -= tableHead + tableGap - 0.01
	for _, first := range []bool{true, false} {
		full := false // no later row passes one that found no room
		for i, v := range all {
			if most(v) != first || full {
				continue
			}
			if full = heights[i] > room; !full {
				show[i], room = true, room-heights[i]
			}
		}
	}
	return show
}

func (x *certificate) decisions(show []bool) {
	s, c, all := x.s, x.words.c, x.ses.decisions.kept
	x.title(c.T("export.cert.decisions"), [][2]any{{margin, c.T("export.col.time")}, {margin + 18, c.T("export.col.what")}, {margin + 64, c.T("export.col.answer")}, {margin + 118, c.T("export.col.until")}, {margin + 160, c.T("export.col.entries")}})
	if len(all) == 0 {
		x.nothing(c.T("export.cert.no-decisions"))
	}
	for i := range all {
		if !show[i] {
			continue
		}
		d := &all[i]
		s.font(regular, 8.5, inkText)
		s.put(margin, x.y, decisionRow, clock(d.at))
		what := x.words.capability(d.capability)
		if d.file != "" {
			what = d.file
		}
		s.put(margin+18, x.y, decisionRow, s.fit(s.writable(what), 44))
		answer, colour := x.answer(d)
		s.font(bold, 8.5, colour)
		s.put(margin+64, x.y, decisionRow, s.fit(s.writable(answer), 53))
		s.font(regular, 8.5, inkMuted)
		s.put(margin+118, x.y, decisionRow, s.fit(s.writable(x.until(d)), 41))
		s.put(margin+160, x.y, decisionRow, s.fit(span(d.first, d.last), 18))
		x.y += decisionRow
		s.rule(margin, x.y, textWidth)
	}
	var left []string
	for i, d := range all {
		if !show[i] {
			left = append(left, span(d.first, d.last))
		}
	}
	x.more(left, x.ses.decisions.more)
	x.y += tableGap
}

// answer is what the technician or the policy said.
func (x *certificate) answer(d *decision) (string, ink) {
	c := x.words.c
	switch d.answer {
	case "allowed":
		return join(c.T("export.answer.allowed"), x.words.or(d.lease, "prompt.duration.")), inkGood
	case "":
		return c.T("export.answer.open"), inkMuted
	case "policy":
		return c.T("export.answer.policy"), inkDanger
	}
	return x.words.or(d.answer, "export.answer.", "why."), inkDanger
}

// until is when a right ended, and why; of what was refused, why.
func (x *certificate) until(d *decision) string {
	if d.until.IsZero() {
		return x.words.or(d.why, "why.")
	}
	return join(clock(d.until), x.words.or(d.end, "export.why.", "why."))
}

func (x *certificate) fileTable(show []bool) {
	s, c, all := x.s, x.words.c, x.ses.files.kept
	x.title(c.T("export.cert.files"), [][2]any{{margin, c.T("export.col.time")}, {margin + 18, c.T("export.col.file")}, {margin + 92, c.T("export.col.size")}, {margin + 116, c.T("export.col.result")}, {margin + 160, c.T("export.col.entries")}})
	if len(all) == 0 {
		x.nothing(c.T("export.cert.no-files"))
	}
	for i := range all {
		if !show[i] {
			continue
		}
		f := &all[i]
		s.font(regular, 8.5, inkText)
		s.put(margin, x.y+0.4, 4.4, clock(f.at))
		s.font(bold, 8.5, inkText)
		name := x.nameLines(f)
		if len(name) == 0 {
			s.put(margin+18, x.y+0.4, 4.4, s.writable(or(f.name, "–")))
		}
		s.font(regular, 8.5, inkText)
		s.put(margin+92, x.y+0.4, 4.4, x.size(f.size))
		colour := inkMuted
		switch f.state {
		case "file.received", "file.sent":
			colour = inkGood
		case "file.failed", "file.infected":
			colour = inkDanger
		}
		s.font(bold, 8.5, colour)
		s.put(margin+116, x.y+0.4, 4.4, s.fit(s.writable(join(x.words.or(f.state, "export.file.", "kind."), x.words.or(f.why, "why."))), 43))
		s.font(regular, 8.5, inkMuted)
		s.put(margin+160, x.y+0.4, 4.4, s.fit(span(f.first, f.last), 18))
		s.font(bold, 8.5, inkText)
		for _, line := range name {
			s.put(margin+18, x.y+4.7, nameRow, line)
			x.y += nameRow
		}
		s.font(regular, 7.2, inkMuted)
		s.put(margin+18, x.y+4.7, 4, s.fit(s.writable(join("SHA-256 "+or(f.sha256, "–"), f.scanner)), textWidth-18))
		x.y += fileRow
		s.rule(margin, x.y, textWidth)
	}
	var left []string
	for i, f := range all {
		if !show[i] {
			left = append(left, span(f.first, f.last))
		}
	}
	x.more(left, x.ses.files.more)
	x.y += tableGap
}

// nameLines are the lines of a name that is too long for its column, across the
// page; none where it fits.
func (x *certificate) nameLines(f *file) []string {
	x.s.font(bold, 8.5, inkText)
	name := x.s.writable(f.name)
	if x.s.width(name) <= 72 {
		return nil
	}
	return x.s.lines(name, textWidth-18)
}

// title is a table's name and the names of its columns.
func (x *certificate) title(name string, columns [][2]any) {
	s := x.s
	s.font(bold, 7.5, inkAccent)
	s.put(margin, x.y, 4, strings.ToUpper(name))
	s.font(regular, 7.2, inkMuted)
	for _, c := range columns {
		s.put(c[0].(float64), x.y+5, 4, c[1].(string))
	}
	x.y += tableHead - 0.5
	s.rule(margin, x.y, textWidth)
	x.y += 0.5
}

func (x *certificate) nothing(text string) {
	x.s.font(regular, 8.5, inkMuted)
	x.s.put(margin, x.y, fileRow-2, text)
	x.y += fileRow - 2
}

// more counts what does not stand in a table, with the numbers as far as one
// line goes.
func (x *certificate) more(left []string, beyond int64) {
	n := int64(len(left)) + beyond
	if n == 0 {
		return
	}
	s := x.s
	s.font(regular, 8, inkWarn)
	text := x.words.c.T("export.cert.more", "n", int(n))
	end := ""
	if beyond > 0 {
		end = ", …"
	}
	for i, numbers := range left {
		rest := ""
		if i < len(left)-1 {
			rest = ", … " + left[len(left)-1]
		}
		next := text + map[bool]string{true: " ", false: ", "}[i == 0] + numbers
		if s.width(next+rest+end) > textWidth {
			text += ", … " + left[len(left)-1]
			break
		}
		text = next
	}
	text += end
	s.put(margin, x.y+0.6, 4.4, s.fit(text, textWidth))
	x.y += moreRow
}

func (x *certificate) size(n string) string {
	bytes, err := strconv.ParseUint(n, 10, 64)
	if err != nil {
		return "–"
	}
	return x.words.c.Size(bytes)
}

// otherLines count what else the session has in the log.
func (x *certificate) otherLines() []string {
	c := x.words.c
	var parts []string
	for name, label := range map[string]string{"inputs": "export.cert.inputs", "pictures": "export.cert.pictures"} {
		if n := x.ses.summaryField(name); n != "" && n != "0" {
			parts = append(parts, c.T(label)+" "+number(c, n))
		}
	}
	for kind, n := range x.ses.other {
		parts = append(parts, x.words.sentence(kind, "", nil)+" "+c.Number(int(n)))
	}
	if len(parts) == 0 {
		return nil
	}
	slices.Sort(parts)
	x.s.font(regular, 8, inkMuted)
	lines := x.s.lines(x.s.writable(c.T("export.cert.other")+" "+strings.Join(parts, " · ")), textWidth)
	if len(lines) > 3 {
		lines = append(lines[:2:2], x.s.fit(lines[2]+" …", textWidth))
	}
	return lines
}

// number writes a count of the log's fields as people do.
func number(c *text.Catalogue, digits string) string {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return digits
	}
	return c.Number(n)
}
