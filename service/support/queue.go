package support

import "beckmanconnect/internal/cloudapi"

// Queue is where the vendor says the waiting request stands. It is shown and
// decides nothing, and is forgotten with the request.
type Queue struct {
	Case    string // "": the vendor has not said
	Current bool   // the cloud can be heard, and says so
	Place   int    // 1: the next one; 0: somebody has taken it
	Waiting int    // in the same queue, this one counted
	Taken   string // by whom
}

const (
	maxCase  = 20
	maxQueue = 10_000 // more than that wait for nobody
)

// Queued is the cloud's word on the waiting request. What is not about it, or
// not well formed, changes nothing.
type Queued struct{ Place cloudapi.QueuePlace }

func (e Queued) apply(w *work) error {
	p := e.Place
	switch {
	case w.st.ses != nil || w.st.req == nil || w.st.req.id != p.Request:
		return refuse("request-gone", "no such request is waiting")
	case !validCase(p.Case):
		return refuse("case-number", "this is not a case number")
	case p.Place < 0 || p.Waiting < 0 || p.Waiting > maxQueue || p.Place > p.Waiting:
		return refuse("queue-place", "this is not a place in a queue")
	}
	q := Queue{Case: p.Case, Current: true, Place: p.Place, Waiting: p.Waiting}
	if p.Place == 0 {
		q.Taken = Clean(p.Taken, maxName)
	}
	w.queue(q)
	return nil
}

// Unheard says that the cloud cannot be heard now: what it said last of the
// queue may not be so any more. The case number stays what it was.
type Unheard struct{}

func (Unheard) apply(w *work) error {
	if w.st.req != nil {
		w.queue(Queue{Case: w.st.req.queue.Case})
	}
	return nil
}

func (w *work) queue(q Queue) {
	if w.st.req.queue != q {
		w.st.req.queue, w.changed = q, true
	}
}

// validCase tells a case number apart from junk: people read it out.
func validCase(s string) bool {
	if s == "" || len(s) > maxCase {
		return false
	}
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}
