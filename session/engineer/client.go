package engineer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"beckmanconnect/session/channel"
	"beckmanconnect/session/lane"
	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

// Config is one session, from joining to its end.
type Config struct {
	Request string // the request it is for; proofs are bound to it
	Reason  string // why the engineer comes, one line; the technician reads it
	Ticket  string // the case's number, one line; may be empty
	// Credentials and Dial are asked for each channel anew: a certificate is
	// good for minutes only.
	Credentials func(context.Context) (Credentials, error)
	Dial        func(context.Context) (net.Conn, error)
	// Frame gets every frame of the host's side, in order, from one goroutine.
	// It must not keep payload waiting long: nothing else is read meanwhile. A
	// FramePiece's payload is its own only until it returns.
	Frame func(kind byte, payload []byte)
	// State gets every change of the client's own state, from one goroutine
	// with Frame.
	State func(State)

	// NewCipher is for the file lane: lane.AES, which is what nil means, or the
	// browser's.
	NewCipher lane.NewCipher

	JoinWithin   time.Duration // how long to try before the code was right; 2 min
	ResumeWithin time.Duration // how long to try to come back; 10 min
	Quiet        time.Duration // a link with no word for so long is lost; 45 s
	FirstRetry   time.Duration // doubled each time up to 10 s; 0.5 s
}

// Phases of a client.
const (
	Preparing  = "preparing"  // key and certificate
	Connecting = "connecting" // relay and channel
	Code       = "code"       // the channel stands: the code is wanted
	Session    = "session"    // the code was right
	Lost       = "lost"       // the link broke, coming back
	Ended      = "ended"
)

// State is what the client knows beyond the host's messages.
type State struct {
	Phase  string `json:"phase"`
	Device string `json:"device,omitempty"`
	Words  string `json:"words,omitempty"` // from Code on: our own, of this channel
	Lane   bool   `json:"lane,omitempty"`  // of Session: files go as FramePieces, not as FrameChunks
	Why    string `json:"why,omitempty"`   // of Ended: the host's word, or one of ours
}

// Why a session ended, beside what the host says.
const (
	WhyLeft        = "engineer"      // Bye
	WhySignedOut   = "signed-out"    // sign in again
	WhyRefused     = "refused"       // the cloud does not let us
	WhyIdentity    = "identity"      // the other end is not the device, or does not know the code: never go on
	WhyTurnedAway  = "turned-away"   // the other end refused our certificate
	WhyUnreachable = "unreachable"   // nobody there, or no way to them
	WhyProtocol    = "protocol"      // the other end speaks another version
	WhyInternal    = "internal"      // our own fault
	WhyNotResumed  = "not-resumable" // the link stayed lost for too long
	WhyVendor      = "vendor"        // a lead ended it, or the case was handed over
)

// byeWithin is how long the host has to answer a Bye.
const byeWithin = 3 * time.Second

var (
	// ErrNotConnected is for what is sent while there is no channel that it may
	// go over.
	ErrNotConnected = errors.New("engineer: no channel")
	// ErrTrying is for a code while another is being proved.
	ErrTrying = errors.New("engineer: a code is being proved")
)

// Client is one session. Run drives it.
type Client struct {
	conf  Config
	key   proof.Key // for coming back; known once the code was right
	known string    // device

	mu   sync.Mutex
	line *line
	said int // tries of the code, over all channels
	bye  bool
	wake chan struct{}
}

// New makes a client.
func New(c Config) *Client {
	orD(&c.JoinWithin, 2*time.Minute)
	orD(&c.ResumeWithin, 10*time.Minute)
	orD(&c.Quiet, 45*time.Second)
	orD(&c.FirstRetry, 500*time.Millisecond)
	return &Client{conf: c, wake: make(chan struct{})}
}

func orD(d *time.Duration, def time.Duration) {
	if *d <= 0 {
		*d = def
	}
}

// ended carries why up to Run.
type ended struct {
	why string
	err error
}

func (e *ended) Error() string { return fmt.Sprintf("engineer: ended: %s: %v", e.why, e.err) }
func (e *ended) Unwrap() error { return e.err }

// Run joins and stays until the session ends, and says why.
func (c *Client) Run(ctx context.Context) (why string, err error) {
	why, err = c.run(ctx)
	c.conf.State(State{Phase: Ended, Device: c.known, Why: why})
	return why, err
}

func (c *Client) run(ctx context.Context) (string, error) {
	var since time.Time // when the present trouble began
	delay := c.conf.FirstRetry
	for {
		inSession := c.key.Known()
		stood, err := c.once(ctx)
		var over *ended
		switch {
		case errors.As(err, &over):
			return over.why, over.err
		case c.left():
			return WhyLeft, nil
		case ctx.Err() != nil:
			return WhyLeft, context.Cause(ctx)
		}
		if stood || since.IsZero() {
			since, delay = time.Now(), c.conf.FirstRetry
		}
		limit, why := c.conf.JoinWithin, WhyUnreachable
		if c.key.Known() {
			limit, why = c.conf.ResumeWithin, WhyNotResumed
		}
		if time.Since(since) > limit {
			return why, err
		}
		if c.key.Known() && (stood || !inSession) {
			c.conf.State(State{Phase: Lost, Device: c.known})
		} else if !c.key.Known() {
			c.conf.State(State{Phase: Connecting, Device: c.known})
		}
		// Spread out: a relay that comes back meets everybody at once.
		wait := delay/2 + rand.N(delay)
		delay = min(2*delay, 10*time.Second)
		select {
		case <-time.After(wait):
		case <-c.wake:
		case <-ctx.Done():
		}
	}
}

// once opens one channel and serves it to its end; stood says that it stood.
func (c *Client) once(ctx context.Context) (stood bool, err error) {
	conn, err := c.open(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	l := &line{conn: conn}
	if l.binding, err = proof.Bind(conn, c.known, c.conf.Request); err != nil {
		return false, &ended{WhyInternal, err}
	}
	hello := wire.Message{Type: "hello", Versions: []int{wire.Version}, Reason: c.conf.Reason, Ticket: c.conf.Ticket}
	if conn.HasLane() {
		hello.Lanes = []int{lane.Version}
	}
	if err := c.say(ctx, conn, hello); err != nil {
		return false, err
	}
	if c.key.Known() {
		if err := c.say(ctx, conn, wire.Message{Type: "resume", Data: c.key.Claim(l.binding.Resume())}); err != nil {
			return false, err
		}
	}
	if !c.use(l) {
		_ = c.say(ctx, conn, wire.Message{Type: "bye"})
		return true, nil
	}
	defer c.use(nil)
	if !c.key.Known() {
		// Only now: whoever hears it may send a code at once.
		c.conf.State(State{Phase: Code, Device: c.known, Words: conn.Words()})
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var heard atomic.Int64
	heard.Store(time.Now().UnixNano())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		c.watch(ctx, cancel, conn, &heard)
	}()
	defer func() {
		cancel()
		<-watched
	}()
	for {
		kind, payload, err := conn.Receive(ctx)
		var broken *lane.Broken
		if errors.As(err, &broken) {
			return true, &ended{WhyProtocol, err}
		}
		if channel.EndedByStaff(err) {
			return true, &ended{WhyVendor, err}
		}
		if err != nil {
			return true, err
		}
		heard.Store(time.Now().UnixNano())
		if payload, err = c.take(ctx, l, kind, payload); err != nil {
			return true, err
		}
		if payload != nil {
			c.conf.Frame(kind, payload)
		}
	}
}

func (c *Client) open(ctx context.Context) (*channel.Conn, error) {
	if !c.key.Known() {
		c.conf.State(State{Phase: Preparing, Device: c.known})
	}
	cred, err := c.conf.Credentials(ctx)
	if err != nil {
		return nil, c.judge(err)
	}
	c.known = cred.DeviceID
	if !c.key.Known() {
		c.conf.State(State{Phase: Connecting, Device: c.known})
	}
	under, err := c.conf.Dial(ctx)
	if err != nil {
		return nil, c.judge(err)
	}
	conn, err := channel.Engineer(ctx, under, channel.EngineerConfig{
		Certificate: cred.Certificate, DeviceCA: cred.DeviceCA, DeviceID: cred.DeviceID,
	})
	if err != nil {
		return nil, c.judge(err)
	}
	return conn, nil
}
