// Package offers is the service's side of upgrades: it watches the upgrade
// service, shows what is offered, and passes on what the technician accepted,
// by digest only. It installs nothing itself.
package offers

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/supervise"
)

// Upgrader is the upgrade service, as it is called.
type Upgrader interface {
	upgradepb.UpgraderClient
	io.Closer
}

// Config is what an Offers needs.
type Config struct {
	Dial    func(context.Context) (Upgrader, error)
	Changed func(*hostpb.Upgrade) // told of every new state, nil for none; must not block
	Restart func()                // the version that is now current wants to be started
	Version string                // of this service
	Log     *slog.Logger
	Pause   time.Duration // between attempts to reach the upgrade service; 0: 3 s
}

// Dial reaches the upgrade service over its pipe.
func Dial(c client.Config) func(context.Context) (Upgrader, error) {
	return func(ctx context.Context) (Upgrader, error) {
		u, err := client.DialUpgrader(ctx, c)
		if err != nil {
			return nil, err
		}
		return u, nil
	}
}

// Offers follows the upgrade service. It is safe for concurrent use.
type Offers struct {
	config  Config
	install chan string

	mu      sync.Mutex
	current *hostpb.Upgrade
}

// ErrNotOffered: what should be installed is not what is offered.
var ErrNotOffered = errors.New("offers: this is not what is offered")

// New makes an Offers; nothing happens before Run.
func New(config Config) *Offers {
	if config.Pause <= 0 {
		config.Pause = 3 * time.Second
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	return &Offers{config: config, install: make(chan string, 1)}
}

// Current is what is offered or being installed, nil for nothing.
func (o *Offers) Current() *hostpb.Upgrade {
	o.mu.Lock()
	defer o.mu.Unlock()
	return proto.CloneOf(o.current)
}

// Offered says whether digest may be installed now: it is offered, or it
// failed before anything was changed and may be tried again.
func (o *Offers) Offered(digest string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	state := o.current.GetState()
	return digest != "" && o.current.GetDigest() == digest && (state == "offered" || state == "failed")
}

// Install asks for what is offered under digest. It returns at once; what
// becomes of it is told as every change is.
func (o *Offers) Install(digest string) error {
	if !o.Offered(digest) {
		return ErrNotOffered
	}
	select {
	case o.install <- digest:
	default: // one is asked for already
	}
	return nil
}

// Run follows the upgrade service until ctx ends. One that is away is no
// failure: there are no upgrades then.
func (o *Offers) Run(ctx context.Context, report supervise.Report) error {
	for {
		err := o.follow(ctx, report)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		o.config.Log.Debug("the upgrade service is away", "error", err)
		report(supervise.Degraded, "the upgrade service does not answer")
		o.show(nil)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(o.config.Pause):
		}
	}
}

func (o *Offers) follow(ctx context.Context, report supervise.Report) error {
	u, err := o.config.Dial(ctx)
	if err != nil {
		return err
	}
	defer u.Close()
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	stream, err := u.Watch(ctx, &upgradepb.WatchRequest{})
	if err != nil {
		return err
	}
	work.Go(func() { o.passOn(ctx, u) })
	for {
		state, err := stream.Recv()
		if err != nil {
			return err
		}
		report(supervise.OK, "")
		o.show(translate(state))
		// Not when this is it already: one restart for each change.
		if state.GetRestart() && state.GetRunningVersion() != o.config.Version {
			o.config.Log.Info("another version is current now; the service ends to be started as it", "version", state.GetRunningVersion())
			o.config.Restart()
		}
	}
}

// passOn hands accepted digests to the upgrade service, one at a time.
func (o *Offers) passOn(ctx context.Context, u Upgrader) {
	for {
		select {
		case <-ctx.Done():
			return
		case digest := <-o.install:
			if _, err := u.Install(ctx, &upgradepb.InstallRequest{Digest: digest}); err != nil && ctx.Err() == nil {
				o.config.Log.Error("the upgrade was not installed", "digest", digest, "error", err)
			}
		}
	}
}

func (o *Offers) show(next *hostpb.Upgrade) {
	o.mu.Lock()
	changed := !proto.Equal(o.current, next)
	o.current = next
	o.mu.Unlock()
	if changed {
		o.config.Changed(proto.CloneOf(next))
	}
}

// phases are the upgrade service's phases that people are shown, in the words
// of the local API. In the others there is nothing to show.
var phases = map[string]string{
	"offered": "offered", "downloading": "downloading", "installing": "installing", "restarting": "installing",
	"health-check": "checking", "installed": "installed", "failed": "failed", "rolled-back": "rolled-back",
}

func translate(s *upgradepb.State) *hostpb.Upgrade {
	state, shown := phases[s.GetPhase()]
	if !shown {
		return nil
	}
	u := &hostpb.Upgrade{
		Digest: s.GetDigest(), Version: s.GetVersion(), State: state, Percent: s.GetPercent(), Size: s.GetSize(),
		Capabilities: s.GetCapabilities(), ErrorCode: s.GetErrorCode(),
	}
	for _, n := range s.GetNotes() {
		u.Notes = append(u.Notes, &hostpb.LocalText{Language: n.GetLanguage(), Title: n.GetTitle(), Advice: n.GetText()})
	}
	return u
}
