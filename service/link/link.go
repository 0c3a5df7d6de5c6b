package link

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/store"
)

// Phase is where the link stands.
type Phase int

const (
	Unregistered Phase = iota // no device certificate yet
	Connecting
	Online
	Offline
)

// State is the link's state for people.
type State struct {
	Phase  Phase
	Detail string // plain English, why it is not online
}

// Config is what a Link needs.
type Config struct {
	URL      string // of the cloud, https://HOST[:PORT]
	Store    *store.Store
	Identity func() (id string, registered bool) // device ID, once there is a certificate
	TLS      func() *tls.Config                  // with the cloud's roots and the device certificate
	Vendor   note.Verifiers                      // of signed time
	// Policy takes a vendor's policy, and verifies it; nil: none is taken.
	Policy func(ctx context.Context, signed string) error
	// Message takes a vendor's message to the technicians, and verifies it; nil:
	// none is taken.
	Message func(ctx context.Context, signed string) error
	Status  func() cloudapi.Status // as it is now
	// Checkpoint gives the log's newest signed checkpoint for the cloud as
	// witness (B4), with the number of entries under it.
	Checkpoint func() (checkpoint cloudapi.Checkpoint, entries int64)
	// Changed is told of every new state; it must not block.
	Changed func(State)
	Log     *slog.Logger
	Now     func() time.Time

	Proxy       func(*http.Request) (*url.URL, error) // nil: the environment's
	First, Most time.Duration                         // bounds of the pause between connections; 0: 1 s, 2 min
	KeepAlive   time.Duration                         // 0: 30 s
	Witness     time.Duration                         // least time between checkpoints; 0: 30 s
}

// Link is the connection to the cloud. Run keeps it up.
type Link struct {
	config Config
	wake   chan struct{} // something changed: registration, status, outbox
	urgent chan struct{} // somebody waits for the cloud: do not pause for long

	mu     sync.Mutex
	state  State
	status bool // the status is to be sent again
}

// New makes a link; nothing happens before Run.
func New(config Config) *Link {
	or := func(d *time.Duration, standard time.Duration) {
		if *d <= 0 {
			*d = standard
		}
	}
	or(&config.First, time.Second)
	or(&config.Most, 2*time.Minute)
	or(&config.KeepAlive, 30*time.Second)
	or(&config.Witness, 30*time.Second)
	if config.Proxy == nil {
		config.Proxy = http.ProxyFromEnvironment
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Changed == nil {
		config.Changed = func(State) {}
	}
	return &Link{config: config, wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1), state: State{Phase: Unregistered}}
}

// State is where the link stands now.
func (l *Link) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

func (l *Link) set(phase Phase, detail string) {
	l.mu.Lock()
	next := State{phase, detail}
	changed := next != l.state
	l.state = next
	l.mu.Unlock()
	if changed {
		l.config.Changed(next)
	}
}

// Kick says that there may be something to do: the device was registered, or
// something stands in the outbox. It never blocks.
func (l *Link) Kick() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Urgent is Kick when a person waits for the result: a link that pauses between
// two attempts tries again soon.
func (l *Link) Urgent() {
	l.Kick()
	select {
	case l.urgent <- struct{}{}:
	default:
	}
}

// StatusChanged has the status sent again.
func (l *Link) StatusChanged() {
	l.mu.Lock()
	l.status = true
	l.mu.Unlock()
	l.Kick()
}

func (l *Link) takeStatusWanted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	wanted := l.status
	l.status = false
	return wanted
}

// Run keeps the link up until ctx ends. A cloud that is away is no failure.
func (l *Link) Run(ctx context.Context) error {
	pause := l.config.First
	for ctx.Err() == nil {
		id, registered := l.config.Identity()
		if !registered {
			l.set(Unregistered, "this PC is not registered yet")
			l.waitForWake(ctx)
			continue
		}
		if l.State().Phase != Offline { // "offline" stays while it is tried again
			l.set(Connecting, "connecting to the cloud")
		}
		begun := time.Now()
		err := l.session(ctx, id)
		if ctx.Err() != nil {
			break
		}
		reason := explain(err)
		if (l.State() != State{Offline, reason}) { // once for each reason, not for each attempt
			l.config.Log.Info("the link to the cloud is down", "reason", reason, "error", err)
		}
		l.set(Offline, reason)
		if time.Since(begun) > l.config.Most {
			pause = l.config.First
		}
		// Full jitter: devices that lost the same cloud come back spread out
		// (scenario 56).
		l.pause(ctx, rand.N(pause)+l.config.First/2)
		pause = min(2*pause, l.config.Most)
	}
	l.set(Offline, "the service is stopping")
	return ctx.Err()
}

func (l *Link) waitForWake(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-l.wake:
	}
}

// pause waits for d, or a short while when it is urgent: never not at all, so
// that no caller can make this PC dial in a loop.
func (l *Link) pause(ctx context.Context, d time.Duration) {
	until := time.After(d)
	urgent := l.urgent
	for {
		select {
		case <-ctx.Done():
			return
		case <-until:
			return
		case <-urgent:
			until, urgent = time.After(min(d, l.config.First)), nil
		}
	}
}

var errClosed = errors.New("the connection was closed")
