package notify

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/time/rate"

	"beckmanconnect/internal/redact"
	"beckmanconnect/store"
)

// Publication is what a program on this PC wants the technician to know.
type Publication struct {
	Publisher string
	Code      string
	Severity  store.Severity
	Subject   string
	Title     string
	Advice    string
	Verified  bool // the signed policy lists the publisher
}

// Both together with "local/" fit into a code as the cloud takes it.
const (
	maxPublisher = 24
	maxCode      = 32
)

// PublishError says what is wrong with a publication. Code is stable.
type PublishError struct{ Code, Message string }

func (e *PublishError) Error() string { return "notify: publish: " + e.Message }

// Publisher takes publications, a few a minute: it is a door that any program
// of the technician's can knock at.
type Publisher struct {
	Alarms *Alarms
	Limit  *rate.Limiter
}

// NewPublisher makes one with the usual limit: ten at once, twenty a minute.
func NewPublisher(alarms *Alarms) *Publisher {
	return &Publisher{Alarms: alarms, Limit: rate.NewLimiter(rate.Limit(20.0/60), 10)}
}

// Publish raises a notification. Its code is put under the publisher's name,
// so that no program can speak in another's, or in the product's own.
func (p *Publisher) Publish(ctx context.Context, pub Publication, who Person) (*store.Notification, error) {
	o, err := pub.Observation()
	if err != nil {
		return nil, err
	}
	if !p.Limit.Allow() {
		return nil, &PublishError{"too-many", "too many notifications were published; the next is taken in a while"}
	}
	var raised *store.Notification
	err = p.Alarms.Apply(ctx, []Observation{o}, func(tx *store.Tx) error {
		if raised, err = tx.OpenNotification(o.Code, o.Subject); err != nil {
			return err
		}
		_, err := tx.Append(store.Entry{
			Kind: "notification.published", Actor: who.Role, Subject: o.Code,
			Fields: map[string]string{"publisher": pub.Publisher, "verified": fmt.Sprint(pub.Verified)}, Personal: who.Fields(),
		})
		return err
	})
	return raised, err
}

// Observation is the publication as a source's observation; a *PublishError
// says what is wrong with it.
func (pub Publication) Observation() (Observation, error) {
	bad := func(field, why string) (Observation, error) {
		return Observation{}, &PublishError{field + "-invalid", field + ": " + why}
	}
	switch {
	case !codeForm.MatchString(pub.Publisher) || len(pub.Publisher) > maxPublisher:
		return bad("publisher", fmt.Sprintf("up to %d lower-case letters, digits and hyphens", maxPublisher))
	case !codeForm.MatchString(pub.Code) || len(pub.Code) > maxCode:
		return bad("code", fmt.Sprintf("up to %d lower-case letters, digits and hyphens", maxCode))
	case SeverityName(pub.Severity) == "":
		return bad("severity", "info, low, medium or high")
	case strings.TrimSpace(pub.Title) == "":
		return bad("title", "it is empty")
	}
	return Observation{
		Code: "local/" + pub.Publisher + "/" + pub.Code, Severity: pub.Severity, Source: SourceLocal,
		Subject: redact.Line(pub.Subject, 80),
		Texts: []store.Text{{
			Language: "en", Title: redact.Line(pub.Title, 120), Advice: redact.Line(pub.Advice, 500),
		}},
		Verified: pub.Verified, Publisher: pub.Publisher,
	}, nil
}
