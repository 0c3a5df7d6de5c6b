package support

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Missed is an ask that no person answered. The engineer may ask again at once.
type Missed struct {
	Capability Capability
	At         time.Time
	Code       string // "timeout", "pin-missing"
}

// Summary is what was done in a session, as the log holds it.
type Summary struct {
	Session        string
	Engineer       Engineer
	Started, Ended time.Time
	Code           string // how it ended
	By             string // "technician", "engineer", "service"
	Lines          []Line // oldest first, at most 64; the log has all
	Inputs         uint64 // acts of mouse and keyboard that were applied
	Pictures       uint64
}

// Line is one thing that was done in a session, or was not let happen.
type Line struct {
	At         time.Time
	Kind       string // "allowed", "denied", "timeout", "refused", "ended", "file-received", "file-sent", "file-failed", "chat-lines", "clipboard-sent"
	Capability Capability
	Detail     string // a file's name, a duration, why a right ended; of the last two: how often
}

const (
	keptMissed = 8
	keptLines  = 64
)

// record is what a session did so far.
type record struct {
	lines            []Line
	counts           map[string]int // lines by kind, also of those not kept
	files            []string
	inputs, pictures uint64

	chat, clipboardsIn, clipboardsOut uint64
}

func (r record) clone() record {
	r.lines, r.files, r.counts = slices.Clone(r.lines), slices.Clone(r.files), maps.Clone(r.counts)
	return r
}

// line notes something for the summary. Where there is no more room, what came
// to nothing goes first: a flood of refused asks must not push out of sight
// what was allowed.
func (w *work) line(kind string, c Capability, detail string) {
	r := &w.st.ses.record
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	r.counts[kind]++
	if (kind == "file-received" || kind == "file-sent") && len(r.files) < keptLines {
		r.files = append(r.files, detail)
	}
	if len(r.lines) >= keptLines {
		i := slices.IndexFunc(r.lines, func(l Line) bool { return l.Kind == "refused" || l.Kind == "timeout" || l.Kind == "denied" })
		r.lines = slices.Delete(r.lines, max(i, 0), max(i, 0)+1)
	}
	r.lines = append(r.lines, Line{At: w.now.Wall, Kind: kind, Capability: c, Detail: detail})
}

// lineOfMany is one line for what happened so often.
func (w *work) lineOfMany(kind string, c Capability, n uint64) {
	if n > 0 {
		w.line(kind, c, strconv.FormatUint(n, 10))
	}
}

// miss keeps that nobody answered an ask.
func (w *work) miss(c Capability, code string) {
	s := w.st.ses
	s.missedOf[c]++
	s.missed = append(s.missed, Missed{Capability: c, At: w.now.Wall, Code: code})
	s.missed = s.missed[max(0, len(s.missed)-keptMissed):]
	w.changed = true
}

// summarize closes the books of a session: for the technician to read, and in
// the log with the step that ends it.
func (w *work) summarize(why, by string, personal map[string]string) {
	s := w.st.ses
	w.lineOfMany("chat-lines", Chat, s.record.chat)
	w.lineOfMany("clipboard-sent", ClipboardToPC, s.record.clipboardsIn)
	w.lineOfMany("clipboard-sent", ClipboardToEngineer, s.record.clipboardsOut)
	r := s.record
	w.st.summary = &Summary{
		Session: s.id, Engineer: s.engineer, Started: s.started.Wall, Ended: w.now.Wall, Code: why, By: by,
		Lines: r.lines, Inputs: r.inputs, Pictures: r.pictures,
	}
	fields := map[string]string{
		"why": why, "by": by, "seconds": strconv.Itoa(int((w.now.Mono - s.started.Mono) / time.Second)),
		"from_ms": strconv.FormatInt(s.started.Wall.UnixMilli(), 10), "to_ms": strconv.FormatInt(w.now.Wall.UnixMilli(), 10),
		"inputs": strconv.FormatUint(r.inputs, 10), "pictures": strconv.FormatUint(r.pictures, 10),
		"chat_lines":       strconv.FormatUint(r.chat, 10),
		"clipboards_to_pc": strconv.FormatUint(r.clipboardsIn, 10), "clipboards_to_engineer": strconv.FormatUint(r.clipboardsOut, 10),
	}
	for _, kind := range []string{"allowed", "denied", "timeout", "refused", "ended", "file-received", "file-sent", "file-failed"} {
		fields[kind] = strconv.Itoa(r.counts[kind])
	}
	who := w.engineerAnd(pairs(personal)...)
	who["name"], who["organisation"] = s.engineer.Name, s.engineer.Organisation
	if len(r.files) > 0 {
		who["files"] = strings.Join(r.files, ", ")
	}
	w.audit("session.summary", actorService, fields, who)
}

// endedBy is an actor as people and the cloud are told of it.
func endedBy(actor string) string {
	switch actor {
	case actorTechnician, actorEngineer:
		return actor
	}
	return actorService
}

func pairs(m map[string]string) []string {
	var kv []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		kv = append(kv, k, m[k])
	}
	return kv
}
