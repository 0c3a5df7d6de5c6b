package logexport

import (
	"slices"
	"strconv"
	"strings"
)

// Heights of a table's parts, in millimetres.
const (
	tableHead   = 10.5
	decisionRow = 5.4
	fileRow     = 9.4
	moreRow     = 5
	tableGap    = 3.5
)

// tables are what was asked and the files, each as far as the page goes.
func (x *certificate) tables() {
	ses := x.ses
	other := x.otherLines()
	room := proofTop(x) - 3 - x.y - float64(len(other))*4.4
	needA := tableHeight(len(ses.decisions.kept), ses.decisions.more, decisionRow)
	needB := tableHeight(len(ses.files.kept), ses.files.more, fileRow)
	a, b := needA, needB
	if needA+needB > room {
		// Files get what the questions leave, and at least two fifths.
		b = min(needB, max(room*0.4, room-needA))
		a = room - b
	}
	x.decisions(rowsIn(a, decisionRow, len(ses.decisions.kept), ses.decisions.more))
	x.fileTable(rowsIn(b, fileRow, len(ses.files.kept), ses.files.more))
	x.s.font(regular, 8, inkMuted)
	for _, line := range other {
		x.s.put(margin, x.y, 4.4, line)
		x.y += 4.4
	}
}

func tableHeight(rows int, more int64, each float64) float64 {
	h := tableHead + tableGap + float64(max(rows, 1))*each
	if more > 0 {
		h += moreRow
	}
	return h
}

// rowsIn is how many rows of a table fit into a height, with the line that
// counts the others where there are some.
func rowsIn(height, each float64, rows int, more int64) int {
	if more == 0 && tableHeight(rows, 0, each) <= height+0.01 {
		return rows
	}
	return min(rows, max(0, int((height-tableHead-tableGap-moreRow)/each)))
}

func (x *certificate) decisions(fit int) {
	s, c, all := x.s, x.words.c, x.ses.decisions.kept
	x.title(c.T("export.cert.decisions"), [][2]any{{margin, c.T("export.col.time")}, {margin + 18, c.T("export.col.what")}, {margin + 70, c.T("export.col.answer")}, {margin + 108, c.T("export.col.until")}, {margin + 160, c.T("export.col.entries")}})
	if len(all) == 0 {
		x.nothing(c.T("export.cert.no-decisions"), decisionRow)
	}
	// Where there is no room for all, what was allowed stays in sight.
	show := pick(all, fit, func(d decision) bool { return d.answer == "allowed" })
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
		s.put(margin+18, x.y, decisionRow, s.fit(s.writable(what), 50))
		answer, colour := x.answer(d)
		s.font(bold, 8.5, colour)
		s.put(margin+70, x.y, decisionRow, s.fit(s.writable(answer), 37))
		s.font(regular, 8.5, inkMuted)
		s.put(margin+108, x.y, decisionRow, s.fit(s.writable(x.until(d)), 50))
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
		return join(c.T("export.answer.policy"), x.words.or(d.why, "why.")), inkDanger
	}
	return x.words.or(d.answer, "export.answer.", "why."), inkDanger
}

// until is when a right ended, and why.
func (x *certificate) until(d *decision) string {
	if d.until.IsZero() {
		return ""
	}
	return join(clock(d.until), x.words.or(d.end, "export.why.", "why."))
}

func (x *certificate) fileTable(fit int) {
	s, c, all := x.s, x.words.c, x.ses.files.kept
	x.title(c.T("export.cert.files"), [][2]any{{margin, c.T("export.col.time")}, {margin + 18, c.T("export.col.file")}, {margin + 92, c.T("export.col.size")}, {margin + 116, c.T("export.col.result")}, {margin + 160, c.T("export.col.entries")}})
	if len(all) == 0 {
		x.nothing(c.T("export.cert.no-files"), fileRow-2)
	}
	show := pick(all, fit, func(f file) bool { return f.state == "file.received" || f.state == "file.sent" })
	for i := range all {
		if !show[i] {
			continue
		}
		f := &all[i]
		s.font(regular, 8.5, inkText)
		s.put(margin, x.y+0.4, 4.4, clock(f.at))
		s.font(bold, 8.5, inkText)
		s.put(margin+18, x.y+0.4, 4.4, s.fit(s.writable(or(f.name, "–")), 72))
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

func (x *certificate) nothing(text string, height float64) {
	x.s.font(regular, 8.5, inkMuted)
	x.s.put(margin, x.y, height, text)
	x.y += height
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
	if len(left) > 0 {
		text += " " + strings.Join(left, ", ")
	}
	if beyond > 0 && len(left) > 0 {
		text += ", …"
	}
	s.put(margin, x.y+0.6, 4.4, s.fit(text, textWidth))
	x.y += moreRow
}

// pick chooses at most fit of the rows: first those that matter most, each kind
// in order.
func pick[T any](all []T, fit int, most func(T) bool) []bool {
	show := make([]bool, len(all))
	for _, first := range []bool{true, false} {
		for i, v := range all {
			if fit > 0 && most(v) == first {
				show[i], fit = true, fit-1
			}
		}
	}
	return show
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
			parts = append(parts, c.T(label)+" "+n)
		}
	}
	for kind, n := range x.ses.other {
		parts = append(parts, x.words.sentence(kind, "", nil)+" "+strconv.FormatInt(n, 10))
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
