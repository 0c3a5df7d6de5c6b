// Package mail is how the cloud writes to people: a registration to be
// confirmed, a sign-in from a new place (P18). A message holds no code that
// opens anything on an instrument PC.
package mail

import (
	"context"
	"time"
)

// Message is plain text to one person.
type Message struct {
	To      string // one address
	Subject string // one line
	Text    string
	// Until is when it is of no use any more and is given up; zero: after a day.
	Until time.Time `json:"-"`
}

// Sender takes a message. With nil it is on disk and will be tried until it is
// taken by the mail server or too old; the caller need not wait for that.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
