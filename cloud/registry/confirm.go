package registry

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/cloud/mail"
	"beckmanconnect/internal/cloudapi"
)

const (
	linkLife  = 72 * time.Hour
	askEvery  = time.Minute // also without a word that there is something to do
	askAtOnce = 100         // of a look
)

// Confirmation asks who registered a device whether it was them, by a mail with
// a link (P13). Without a Sender nobody is asked.
type Confirmation struct {
	Data    *data.DB
	Mail    mail.Sender
	URL     string // of the cloud, as whoever gets the mail reaches it
	Require bool   // help waits for it
	Events  events.Sink
	Log     Logger
	Now     func() time.Time
	Changed func(device string) // its standing changed; nil: nobody is told

	wake chan struct{}
}

// Logger is what this package writes its log by.
type Logger interface {
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
	Error(msg string, args ...any)
}

// Wake has registrations asked soon.
func (c *Confirmation) Wake() {
	select {
	case c.wake <- struct{}{}:
	default: // somebody will look anyway
	}
}

// Run asks the addresses of registrations until ctx ends. A registration does
// not wait for its mail, and takes as long whether one goes out or not.
func (c *Confirmation) Run(ctx context.Context) {
	if c.Mail == nil {
		return
	}
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		c.ask(ctx)
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-tick.C:
		}
	}
}

func (c *Confirmation) ask(ctx context.Context) {
	list, err := c.Data.Unasked(ctx, askAtOnce)
	if err != nil && ctx.Err() == nil {
		c.Log.Error("registrations to be confirmed cannot be read", "error", err)
	}
	for _, a := range list {
		err := c.askOne(ctx, a)
		switch {
		case err == nil:
			c.Log.Info("confirmation asked for", "device", a.Device)
		case errors.Is(err, data.ErrTooOften):
			// Its turn comes when a day is over.
		case ctx.Err() == nil:
			c.Log.Error("confirmation not asked for", "device", a.Device, "error", err)
		}
	}
}

func (c *Confirmation) askOne(ctx context.Context, a data.Ask) error {
	link := rand.Text() + rand.Text()
	expires := c.Now().Add(linkLife)
	// Known before it is sent: a link that arrives works.
	if err := c.Data.Asked(ctx, a, link, expires); err != nil {
		return err
	}
	err := c.Mail.Send(ctx, letter(a, c.URL+cloudapi.PathConfirm+"?link="+url.QueryEscape(link), expires))
	if err != nil {
		err = errors.Join(err, c.Data.Unsent(context.WithoutCancel(ctx), a.Device, link))
	}
	return err
}

// Standing is what a device is told of its registration. Where it cannot be
// read, help waits.
func (c *Confirmation) Standing(ctx context.Context, device string) (cloudapi.Standing, error) {
	if !c.Require {
		confirmed, err := c.Data.Confirmed(ctx, device)
		return cloudapi.Standing{Confirmed: confirmed, Help: true}, err
	}
	confirmed, err := c.Data.Confirmed(ctx, device)
	return cloudapi.Standing{Confirmed: confirmed, Help: err == nil && confirmed}, err
}

// MayAsk tells whether a device's request for help is taken in.
func (c *Confirmation) MayAsk(ctx context.Context, device string) bool {
	if !c.Require {
		return true
	}
	s, err := c.Standing(ctx, device)
	if err != nil && ctx.Err() == nil {
		c.Log.Error("whether a device may ask for help cannot be read", "device", device, "error", err)
	}
	return s.Help
}

// confirm follows a link.
func (c *Confirmation) confirm(ctx context.Context, link string) (data.ToConfirm, error) {
	what, err := c.Data.Confirm(ctx, link)
	if err != nil {
		return what, err
	}
	c.Log.Info("registration confirmed", "device", what.Device)
	if c.Events != nil {
		err := c.Events.Emit(ctx, events.Event{Kind: events.Confirmed, Severity: events.Info, Actor: "device:" + what.Device, Region: what.Region, Device: what.Device})
		if err != nil {
			c.Log.Error("a confirmation is not among the events", "device", what.Device, "error", err)
		}
	}
	if c.Changed != nil {
		c.Changed(what.Device)
	}
	return what, nil
}
