package owndesk

import (
	"encoding/hex"
	"strings"
	"sync"
	"time"
)

// The words of the second program, one a line on its standard output.
const (
	wordReady    = "ready" // and the question, in hex
	wordBeat     = "beat"
	wordAnswered = "answered"
	wordGone     = "gone"
)

// maxLine bounds a line: a question's name with its nonce in hex.
const maxLine = 1 << 10

// report is what the second program said.
type report struct {
	now func() time.Time
	to  *reported
}

type reported struct {
	mu              sync.Mutex
	ready           string
	beat            time.Time
	answered, ended bool
}

// reader reads all that a program says.
func (r *report) reader(p Place) func() {
	to := &reported{}
	r.to = to
	now := r.now
	return func() {
		for {
			line, more := p.Said()
			if !more {
				to.mu.Lock()
				to.ended = true
				to.mu.Unlock()
				return
			}
			to.take(now(), line)
		}
	}
}

// take takes in one line. Any word says that the windows work; one that is not
// known says nothing else.
func (r *reported) take(now time.Time, line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.beat = now
	word, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	switch word {
	case wordReady:
		if question, err := hex.DecodeString(rest); err == nil {
			r.ready = string(question)
		}
	case wordAnswered:
		r.answered = true
	case wordGone:
		r.ended = true
	}
}

func (r *report) into(f *Facts) {
	r.to.mu.Lock()
	defer r.to.mu.Unlock()
	f.Ready, f.Beat, f.Answered, f.Ended = r.to.ready, r.to.beat, r.to.answered, r.to.ended
}
