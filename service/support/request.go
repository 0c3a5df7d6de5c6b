package support

import (
	"encoding/hex"
	"strconv"
	"time"

	"beckmanconnect/internal/cloudapi"
)

const offTooMany = "too-many-wrong-codes"

// RequestHelp is the technician's call. Nothing starts without it (P5).
type RequestHelp struct {
	Technician       string
	Initials         string
	Reason           string
	AlarmCode        string
	TechnicianCalled bool // did they call, or were they called?
	Logs             *Logs
}

// Logs are scrubbed lines of the instrument's log that the technician looked at
// and sends with the request (B8). That they may go at all, and that this is what
// was looked at, was decided before.
type Logs struct {
	Text     string
	Lines    int
	Scrubbed int // places that were taken out
}

// Help is what the technician reads out. The code is in no other place.
type Help struct {
	Request string
	Code    Secret
	Expires time.Time
}

func (e RequestHelp) apply(w *work) error {
	if w.st.ses != nil {
		return refuse("session-running", "a session is running")
	}
	if r := w.st.req; r != nil {
		// A second window asks again: the same request, the same code.
		w.help = &Help{Request: r.id, Code: r.code, Expires: r.expires.Wall}
		return w.sendLogs(e)
	}
	if w.st.tries.Row >= w.cfg.OffAfter {
		return refuse(offTooMany, "too many wrong codes in a row; IT must switch support on again")
	}
	if off := w.cfg.Gate(); off != "" {
		return refuse(off, "support is off")
	}
	if !e.TechnicianCalled {
		// Whoever was called first may be talked into reading out a code.
		return refuse("not-called", "a code is for people the technician called")
	}
	code, err := NewCode(w.cfg.Random)
	if err != nil {
		w.fault = err
		return nil
	}
	r := &request{
		id:         w.newID(),
		technician: e.Technician,
		reason:     Clean(e.Reason, maxReason),
		alarm:      Clean(e.AlarmCode, maxName),
		code:       code,
		since:      w.now,
		expires:    w.now.Add(w.cfg.CodeLife),
	}
	r.version, r.profile = w.cfg.About()
	w.st.req, w.st.ended, w.changed = r, "", true
	w.help = &Help{Request: r.id, Code: code, Expires: r.expires.Wall}
	w.audit("help.requested", actorTechnician,
		map[string]string{"alarm": r.alarm, "valid_s": strconv.Itoa(int(w.cfg.CodeLife / time.Second))},
		map[string]string{"technician": e.Technician, "initials": Clean(e.Initials, maxName), "reason": r.reason})
	w.announce(r.message("waiting"))
	w.tell("code-issued", nil)
	w.open()
	return w.sendLogs(e)
}

// sendLogs has the lines leave with the request: in the log it stands which
// they were, in the outbox they are themselves.
func (w *work) sendLogs(e RequestHelp) error {
	if e.Logs == nil {
		return nil
	}
	if w.st.req.logs {
		w.help = nil
		return refuse("logs-sent", "logs went with this request already")
	}
	w.st.req.logs = true
	hash := digest([]byte(e.Logs.Text))
	sum := hex.EncodeToString(hash[:])
	lines := strconv.Itoa(e.Logs.Lines)
	w.audit("help.logs-sent", actorTechnician,
		map[string]string{"sha256": sum, "lines": lines, "scrubbed": strconv.Itoa(e.Logs.Scrubbed)},
		map[string]string{"technician": e.Technician, "initials": Clean(e.Initials, maxName)})
	w.batch.Out = append(w.batch.Out, Outgoing{Logs: &cloudapi.HelpLogs{
		Request: w.st.req.id, SHA256: sum, Lines: e.Logs.Lines, Text: e.Logs.Text,
	}})
	w.tell("logs-sent", map[string]string{"sha256": sum, "lines": lines})
	return nil
}

func (r *request) message(state string) cloudapi.Request {
	return cloudapi.Request{
		ID: r.id, State: state, Reason: r.reason, AlarmCode: r.alarm, Version: r.version, Profile: r.profile,
		SinceMS: r.since.Wall.UnixMilli(), ExpiresMS: r.expires.Wall.UnixMilli(),
	}
}

// CancelHelp takes a waiting request back.
type CancelHelp struct {
	Technician string
	Request    string
}

func (e CancelHelp) narrows() {}

func (e CancelHelp) apply(w *work) error {
	if w.st.req == nil || w.st.req.id != e.Request {
		return refuse("request-gone", "no such request is waiting")
	}
	w.endRequest("cancelled", actorTechnician, map[string]string{"technician": e.Technician})
	return nil
}

// ResetTries is IT's act after too many wrong codes.
type ResetTries struct{ By string }

func (e ResetTries) apply(w *work) error {
	w.countTries(0)
	w.st.waitUntil = w.now.Mono
	w.audit("code.tries-reset", actorIT, nil, map[string]string{"by": e.By})
	w.changed = true
	return nil
}

// countTries sets the row of wrong codes and has it written with this step.
func (w *work) countTries(row int) {
	w.st.tries.Serial++
	w.st.tries.Row = row
	t := w.st.tries
	w.batch.Tries = &t
}

// endRequest closes a request whose code nobody proved.
func (w *work) endRequest(why, actor string, personal map[string]string) {
	r := w.st.req
	if r == nil {
		return
	}
	w.audit("help.ended", actor, map[string]string{"why": why, "tries": strconv.Itoa(r.used)}, personal)
	w.announce(r.message("ended"))
	w.tell("ended", map[string]string{"why": why, "by": endedBy(actor)})
	w.st.req, w.st.ended, w.changed = nil, why, true
	for id := range w.st.links {
		w.turnAway(id, why)
	}
	w.open()
}
