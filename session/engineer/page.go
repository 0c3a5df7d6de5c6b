package engineer

import (
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"net"
	"sync"

	"beckmanconnect/session/lane"
)

// FrameLocal is between the page and us only. Every message between them is a
// type byte and a payload: FrameLocal with JSON, or a frame of the channel as
// it is.
//
//	page → us  {"do":"join","request":ID,"reason":TEXT,"ticket":TEXT},
//	           {"do":"code","code":TEXT}: proved from here, never sent on,
//	           {"do":"bye"}
//	us → page  State
const FrameLocal byte = 0

type local struct {
	Do      string `json:"do"`
	Request string `json:"request"`
	Reason  string `json:"reason"`
	Ticket  string `json:"ticket"`
	Code    string `json:"code"`
}

// PageConfig is what a page's sessions need.
type PageConfig struct {
	API  func() API // asked at each join: the sign-in may have changed
	Keys interface {
		Take(context.Context) (crypto.Signer, error)
	}
	ToPage func(kind byte, payload []byte) // from one goroutine at a time; a FramePiece's payload is lent
	// NewCipher is Config's.
	NewCipher lane.NewCipher
}

// Page runs the sessions of one page, one after another.
type Page struct {
	conf PageConfig

	mu     sync.Mutex
	client *Client
	cancel context.CancelFunc
	done   chan struct{}
}

// NewPage makes the page's other side.
func NewPage(c PageConfig) *Page { return &Page{conf: c} }

// Message takes one message of the page. ctx bounds what it starts.
func (p *Page) Message(ctx context.Context, kind byte, payload []byte) error {
	p.mu.Lock()
	client := p.client
	p.mu.Unlock()
	if kind != FrameLocal {
		if client == nil {
			return ErrNotConnected
		}
		return client.Send(ctx, kind, payload)
	}
	var m local
	if err := json.Unmarshal(payload, &m); err != nil {
		return fmt.Errorf("engineer: page: %w", err)
	}
	switch m.Do {
	case "join":
		p.leave(ctx)
		p.join(ctx, m)
		return nil
	case "code":
		if client == nil {
			return ErrNotConnected
		}
		return client.Try(ctx, m.Code)
	case "bye":
		if client != nil {
			client.Bye(ctx)
		}
		return nil
	}
	return fmt.Errorf("engineer: page: unknown wish %q", m.Do)
}

func (p *Page) join(ctx context.Context, m local) {
	ctx, cancel := context.WithCancel(ctx)
	api := p.conf.API()
	var key crypto.Signer
	client := New(Config{
		Request: m.Request, Reason: m.Reason, Ticket: m.Ticket,
		Credentials: func(ctx context.Context) (Credentials, error) {
			var err error
			if key == nil {
				if key, err = p.conf.Keys.Take(ctx); err != nil {
					return Credentials{}, &ended{WhyInternal, err}
				}
			}
			return api.Credentials(ctx, key, m.Request)
		},
		Dial:  func(ctx context.Context) (net.Conn, error) { return api.Dial(ctx, m.Request) },
		Frame: p.conf.ToPage, NewCipher: p.conf.NewCipher,
		State: func(s State) {
			if raw, err := json.Marshal(s); err == nil {
				p.conf.ToPage(FrameLocal, raw)
			}
		},
	})
	done := make(chan struct{})
	p.mu.Lock()
	p.client, p.cancel, p.done = client, cancel, done
	p.mu.Unlock()
	go func() {
		defer close(done)
		defer cancel()
		_, _ = client.Run(ctx) // why it ended, the page has heard as State
	}()
}

// leave ends the running session, if there is one, and waits for its end.
func (p *Page) leave(ctx context.Context) {
	p.mu.Lock()
	client, cancel, done := p.client, p.cancel, p.done
	p.client, p.cancel, p.done = nil, nil, nil
	p.mu.Unlock()
	if client == nil {
		return
	}
	client.Bye(ctx)
	cancel()
	<-done
}

// Close ends whatever runs; a page that is gone holds no session.
func (p *Page) Close() { p.leave(context.Background()) }
