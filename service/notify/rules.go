package notify

import (
	"time"

	"beckmanconnect/store"
)

// Observation is something a source saw.
type Observation struct {
	Code     string
	Severity store.Severity
	Source   string // SourceMachine, SourceLog, …
	Subject  string
	Texts    []store.Text
	Clear    bool // it is over
	// Condition: it holds until it is over, so that seeing it again while it
	// is open is no news and is not counted.
	Condition bool
	// Ends: the source will say when it is over. Without, a person ends it,
	// and seeing it again after that is a new notification.
	Ends     bool
	Verified bool
	// Publisher names who sent it, of SourceLocal.
	Publisher string
	// Sample: its rule stands in a profile made without a real log.
	Sample bool
	// Backlog: it happened while nobody was listening (the service was down,
	// the PC asleep). A backlog becomes one digest, not a storm (B9).
	Backlog bool
	// Ungrouped is never put into a group by a flood: a test, a message of the
	// vendor's, the group's own news.
	Ungrouped bool
	// Until: it is over by itself then; zero: never.
	Until time.Time
}
