package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/service/link/dialect"
	"beckmanconnect/store"
)

const (
	connectWithin = 20 * time.Second
	ackWithin     = 30 * time.Second
	writeWithin   = 10 * time.Second
	window        = 16 // messages sent ahead of their acknowledgement
)

// connection is one MQTT connection, from CONNECT to its loss.
type connection struct {
	*Link
	dialect.Session
	client mqtt.Client
	shown  shown

	asked    chan []cloudapi.Range // for what the cloud wants again, once a connection
	gone     chan struct{}         // closed when the connection is lost
	mu       sync.Mutex
	why      error // it was lost, or could not be made: paho hides that
	wasAsked bool  // for messages again
}

// session connects, works until the connection is lost, and says why it was.
func (l *Link) session(ctx context.Context, id string) error {
	s, err := l.config.Dialect.Session(ctx, id)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.endpoint = s.Host
	l.mu.Unlock()
	c := &connection{Link: l, Session: s, asked: make(chan []cloudapi.Range, 1), gone: make(chan struct{})}
	c.client = mqtt.NewClient(c.options(ctx))
	defer c.client.Disconnect(250)
	if err := c.wait(ctx, c.client.Connect(), connectWithin); err != nil {
		if notAccepted(err) {
			l.config.Dialect.Refused(ctx)
		}
		return errors.Join(c.reason(), err)
	}
	if err := c.subscribe(ctx); err != nil {
		return errors.Join(c.reason(), err)
	}
	if err := c.sendStatus(ctx); err != nil {
		return err
	}
	if err := c.offerAgain(ctx); err != nil {
		return err
	}
	c.greet(ctx)
	l.set(Online, "", "")
	l.config.Log.Info("the link to the cloud is up", "endpoint", s.Host)
	return c.work(ctx)
}

func (c *connection) options(ctx context.Context) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions().AddBroker("wss://" + c.Host + c.Path).SetClientID(c.ClientID).SetProtocolVersion(4).
		SetUsername(c.User).SetPassword(c.Password).
		SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).SetOrderMatters(true).
		SetConnectTimeout(connectWithin).SetWriteTimeout(writeWithin).
		SetKeepAlive(c.config.KeepAlive).SetPingTimeout(c.config.KeepAlive / 2)
	o.SetDefaultPublishHandler(func(mqtt.Client, mqtt.Message) {}) // not one of ours
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { c.lose(err) })
	o.SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
		conn, err := c.Open(ctx, c.Host, c.Path)
		if err != nil {
			c.note(err)
			return nil, err
		}
		if ctx.Err() != nil {
			conn.Close()
			return nil, ctx.Err()
		}
		return &guarded{Conn: conn, note: c.note}, nil
	})
	return o
}

func (c *connection) lose(err error) {
	if err == nil || errors.Is(err, io.EOF) {
		err = errClosed
	}
	c.note(err)
	close(c.gone) // paho calls this once a connection
}

func (c *connection) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.why = err
}

func (c *connection) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

// subscribe checks what the broker granted: a broker may refuse a subscription
// and acknowledge it all the same.
func (c *connection) subscribe(ctx context.Context) error {
	token := c.client.Subscribe(c.Bound, 1, func(_ mqtt.Client, m mqtt.Message) { c.receive(m.Payload()) })
	if err := c.wait(ctx, token, ackWithin); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	granted, ok := token.(*mqtt.SubscribeToken)
	if !ok || granted.Result()[c.Bound] > 1 {
		return errSubscription
	}
	return nil
}

// work sends what there is until the connection is lost.
func (c *connection) work(ctx context.Context) error {
	// The outbox is looked at regularly too: a kick may fall between two looks.
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var renew <-chan time.Time
	if !c.Renew.IsZero() {
		timer := time.NewTimer(c.Renew.Sub(c.Time()))
		defer timer.Stop()
		renew = timer.C
	}
	for {
		if c.takeStatusWanted() {
			if err := c.sendStatus(ctx); err != nil {
				return err
			}
		}
		if err := c.showLog(ctx); err != nil {
			return err
		}
		c.sendAgain(ctx)
		if err := c.drain(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.gone:
			return c.reason()
		case <-renew:
			return errRenew
		case <-c.wake:
		case <-tick.C:
		}
	}
}

// drain sends the outbox in order. A message waits no longer when it, and with
// it all before it, was acknowledged.
func (c *connection) drain(ctx context.Context) error {
	for {
		waiting, err := c.config.Store.Outbox(ctx, window)
		if err != nil {
			c.config.Log.Error("the outbox cannot be read", "error", err)
			return nil // the store says more about it; the link stays up
		}
		if len(waiting) == 0 {
			c.count(ctx)
			return nil
		}
		tokens := make([]mqtt.Token, len(waiting))
		for i, m := range waiting {
			if tokens[i], err = c.publish(m); err != nil {
				return err
			}
		}
		var sent uint64
		for i, m := range waiting {
			if err = c.wait(ctx, tokens[i], ackWithin); err != nil {
				break
			}
			sent = m.Seq
		}
		if sent > 0 {
			// Not when the store cannot be written: then it comes again, and
			// the cloud drops it.
			if e := c.config.Store.Sent(ctx, sent, notKept...); e != nil {
				return errors.Join(err, fmt.Errorf("%w: %w", errOutbox, e))
			}
		}
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
}

func (c *connection) publish(m store.Outgoing) (mqtt.Token, error) {
	return c.send(cloudapi.Envelope{
		V: cloudapi.Version, Kind: m.Kind, Epoch: c.config.Store.Epoch(), Seq: m.Seq, Time: m.Made.UnixMilli(), Body: m.Body,
	})
}

// sendStatus sends the state as it is now. It has no number: only the latest
// counts, and the next one comes with the next connection.
func (c *connection) sendStatus(ctx context.Context) error {
	body, err := json.Marshal(c.config.Status())
	if err != nil {
		return err
	}
	token, err := c.send(cloudapi.Envelope{V: cloudapi.Version, Kind: cloudapi.KindStatus, Time: c.config.Now().UnixMilli(), Body: body})
	if err != nil {
		return err
	}
	if err := c.wait(ctx, token, ackWithin); err != nil {
		return fmt.Errorf("status: %w", err)
	}
	return nil
}

// send hands a message to paho. When the connection is lost at that moment
// paho holds the caller for the whole write time-out: it is left to itself
// then, and ends with that.
func (c *connection) send(e cloudapi.Envelope) (mqtt.Token, error) {
	payload, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("message %d: %w", e.Seq, err)
	}
	if len(payload)+len(c.Events) > dialect.MaxMessage {
		// Sent as it is it would cut the connection for ever. Its number goes, and
		// says what became of it.
		c.config.Log.Error("a message is too large for the cloud", "kind", e.Kind, "number", e.Seq, "bytes", len(payload))
		e.Body = nil
		if payload, err = json.Marshal(e); err != nil {
			return nil, fmt.Errorf("message %d: %w", e.Seq, err)
		}
	}
	token := make(chan mqtt.Token, 1)
	go func() { token <- c.client.Publish(c.Events, 1, false, payload) }()
	select {
	case t := <-token:
		return t, nil
	case <-c.gone:
		return nil, c.reason()
	}
}

func (c *connection) wait(ctx context.Context, t mqtt.Token, within time.Duration) error {
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-timeout.C:
		return errNoAnswer
	case <-c.gone:
		return c.reason()
	case <-ctx.Done():
		return ctx.Err()
	}
}
