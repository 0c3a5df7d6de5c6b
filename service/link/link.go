package link

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/netdial"
	"beckmanconnect/service/link/dialect"
	"beckmanconnect/store"
)

// Config is what a Link needs.
type Config struct {
	Dialect  dialect.Dialect // of the message service
	Store    *store.Store
	Identity func() (id string, registered bool) // device ID, once there is a certificate
	TLS      func() *tls.Config                  // with the cloud's roots and the device certificate
	// Client makes the way out with these roots (netdial.Dialer.Client). It
	// follows no redirect.
	Client func(*tls.Config) *http.Client
	// Way is how the last connection left this PC (netdial.Dialer.Way); nil:
	// nobody knows.
	Way    func() (proxy, source string)
	Vendor note.Verifiers // of signed time
	// Policy takes a vendor's policy, and verifies it; nil: none is taken.
	Policy func(ctx context.Context, signed string) error
	// Message takes a vendor's message to the technicians, and verifies it; nil:
	// none is taken.
	Message func(ctx context.Context, signed string) error
	// Queue takes where the technician's request stands with the vendor, and says
	// why it did not; nil: nobody wants to know.
	Queue func(cloudapi.QueuePlace) error
	// Digest is called before the outbox is sent after a long time away: when
	// more than BacklogMessages wait and the oldest for longer than BacklogAge.
	// A cloudapi.KindDigest that it puts into the outbox goes first. nil: nothing
	// is said.
	Digest func(ctx context.Context) error
	Status func() cloudapi.Status // as it is now
	// Checkpoint gives the log's newest signed checkpoint for the cloud as
	// witness (B4), with the proof that it extends what the cloud cosigned last,
	// and the number of entries under it; nil: none is shown.
	Checkpoint func(ctx context.Context) (checkpoint cloudapi.Checkpoint, entries int64, err error)
	// Entries is the number of entries now, at no cost.
	Entries func() int64
	// Witnessed takes the cloud's answer to a checkpoint, and verifies it. again
	// says that the log has to be shown once more. nil: none is taken.
	Witnessed func(ctx context.Context, answer cloudapi.Witnessed) (again bool, err error)
	// Changed is told of every new state; it must not block.
	Changed func(State)
	Log     *slog.Logger
	Now     func() time.Time

	First, Most time.Duration // bounds of the pause between connections; 0: 1 s, 2 min
	Refused     time.Duration // pause while the cloud turns this PC away; 0: 15 min
	KeepAlive   time.Duration // 0: 30 s; at most dialect.MaxKeepAlive
	Witness     time.Duration // least time between checkpoints; 0: 30 s
	Crowded     int           // messages waiting from which on superseded ones are taken out; 0: 1,000
}

// Link is the connection to the cloud. Run keeps it up.
type Link struct {
	config Config
	wake   chan struct{} // something changed: registration, status, outbox
	urgent chan struct{} // somebody waits for the cloud: do not pause for long

	mu       sync.Mutex
	state    State
	status   bool   // the status is to be sent again
	endpoint string // of the last attempt
	who      string // what the last attempt found in between
	waiting  int    // messages in the outbox, when it was last looked at
	offset   time.Duration
	told     bool      // offset is known
	heard    time.Time // the newest time that the vendor told in this life
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
	or(&config.Refused, 15*time.Minute)
	or(&config.KeepAlive, 30*time.Second)
	or(&config.Witness, 30*time.Second)
	config.KeepAlive = min(config.KeepAlive, dialect.MaxKeepAlive)
	if config.Crowded <= 0 {
		config.Crowded = 1000
	}
	if config.Way == nil {
		config.Way = func() (string, string) { return "", "" }
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
	return &Link{config: config, wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1), state: State{Phase: Unregistered, Code: CodeUnregistered}}
}

// State is where the link stands now.
func (l *Link) State() State {
	proxy, source := l.config.Way()
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.state
	add := func(name, value string) {
		if value != "" {
			s.Facts = append(s.Facts, Fact{name, value})
		}
	}
	s.Facts = nil
	add(FactEndpoint, l.endpoint)
	add(FactDialect, l.config.Dialect.Name())
	add(FactProxy, proxy)
	add(FactProxySource, source)
	switch s.Code {
	case netdial.CodeInspection:
		add(FactInspection, l.who)
	case netdial.CodePortal:
		add(FactPortal, l.who)
	}
	if l.told {
		add(FactClockOffset, strconv.FormatInt(l.offset.Milliseconds(), 10))
	}
	add(FactOutbox, strconv.Itoa(l.waiting))
	return s
}

func (l *Link) set(phase Phase, code, detail string) {
	l.mu.Lock()
	next := State{Phase: phase, Code: code, Detail: detail}
	changed := !next.same(l.state)
	l.state = next
	l.mu.Unlock()
	if changed {
		l.config.Changed(next)
	}
}

func (l *Link) phase() Phase {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.Phase
}

// refused: the cloud knows this PC and turned it away. It is asked now and then
// whether that is over.
func (l *Link) refused() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.Code == CodeDeviceCopied || l.state.Code == CodeDeviceRevoked
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
	back := backoff{first: l.config.First, most: l.config.Most}
	for ctx.Err() == nil {
		id, registered := l.config.Identity()
		if !registered {
			l.set(Unregistered, CodeUnregistered, "this PC is not registered yet")
			l.waitForWake(ctx)
			continue
		}
		if l.phase() != Offline && l.phase() != Online { // both stay while it is tried again
			l.set(Connecting, CodeConnecting, "connecting to the cloud")
		}
		begun := time.Now()
		err := l.session(ctx, id)
		if ctx.Err() != nil {
			break
		}
		if errors.Is(err, errRenew) { // another token, the same link
			continue
		}
		l.down(err)
		if time.Since(begun) > l.config.Most {
			back.reset()
		}
		l.tidy(ctx)
		if l.refused() {
			l.pause(ctx, l.config.Refused/2+rand.N(l.config.Refused/2))
			continue
		}
		l.pause(ctx, back.next(rand.Float64()))
	}
	l.set(Offline, CodeStopping, "the service is stopping")
	return ctx.Err()
}

// down says why the link is down; once for each reason, not for each attempt.
func (l *Link) down(err error) {
	reason := explain(err)
	l.mu.Lock()
	l.who = reason.Who
	news := l.state.Phase != Offline || l.state.Code != reason.Code || l.state.Detail != reason.Text
	l.mu.Unlock()
	if news {
		l.config.Log.Info("the link to the cloud is down", "code", reason.Code, "reason", reason.Text, "error", err)
	}
	l.set(Offline, reason.Code, reason.Text)
}

func (l *Link) waitForWake(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-l.wake:
	}
}
