// Package local is the service as the programs on this PC see it: every call
// of the local pipe. Who may call what at all was decided before, by role
// (package ipc/server); here stands what a call may do in which state, and
// that it is on record before it takes effect.
//
// What a window greys out is refused here all the same (scenario 4).
package local

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/server"
	"beckmanconnect/service/device"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/relay"
	"beckmanconnect/service/support"
	"beckmanconnect/store"
)

// Support is the driver of support sessions.
type Support interface {
	RequestHelp(technician string, r *hostpb.RequestHelpRequest, alarmCode string, logs *support.Logs) (*hostpb.HelpRequested, error)
	CancelHelp(technician, request string) error
	AnswerPrompt(technician string, r *hostpb.AnswerPromptRequest) error
	RevokeCapability(technician string, c hostpb.Capability) error
	EndSession(technician, how string) error
	ResetTries(by string) error
	SetPIN(technician string, r *hostpb.SetPINRequest) error
	RemovePIN(by, initials string) error
	HoldSessionBar(session string, stream relay.BarStream) error
	AttachDesktop(stream relay.DesktopStream) error
	HandleFiles(technician string, stream relay.FilesStream) error
	WatchPreview(session string, stream relay.PreviewStream) error
	SendChat(technician string, r *hostpb.SendChatRequest) error
	State() *hostpb.SupportState
}

// Device registers this PC.
type Device interface {
	Register(ctx context.Context, form device.Form) (device.Registration, error)
	Restore(r device.Registration) error
	Registration() (device.Registration, bool)
	ID() string
	State() string                    // device.StateOK, …
	Ending(within time.Duration) bool // the certificate
	Renew() (id string, err error)
}

// Config is what a Host needs.
type Config struct {
	Store      *store.Store
	Hub        *server.Hub
	Alarms     *notify.Alarms
	Publisher  *notify.Publisher
	Policy     func() *policy.Effective
	Device     Device
	Acceptance *Acceptance
	Support    Support
	// PINs proves who acts, where the site's policy wants it; nil: nobody has
	// one, and such an act is refused.
	PINs PINs
	// HelpLogs has the lines that may go with a request; nil: there are none.
	HelpLogs    HelpLogs
	Upgrades    Upgrades
	Status      func(context.Context) (*hostpb.Status, error)
	Region      string
	Serial      string // of the instrument, where whoever registers gives none
	LogVerifier string // note verifier of this PC's log
	// LogState, Witnesses and Confidential are parts of how the log stands: the
	// SHA-256 of the hospital's key in hex, empty for none. Nil: not known.
	LogState     func() *hostpb.LogState
	Witnesses    func() []*hostpb.LogWitness
	Confidential func() string
	// UserProxies keeps the proxy of the desktop at this PC; nil: none is taken.
	UserProxies *UserProxies
	// Changed is told when terms or registration changed.
	Changed func()
	// HelpWanted is told when a technician asked for help: the cloud should
	// hear of it soon.
	HelpWanted func()
	Log        *slog.Logger
}

// Host implements hostpb.HostServer.
type Host struct {
	hostpb.UnimplementedHostServer
	config Config

	registering sync.Mutex // one registration at a time
	asking      sync.Mutex // one call for help at a time
	exporting   sync.Mutex // one export at a time
	tests       *rate.Limiter
	checks      *rate.Limiter // looks for upgrades
	offering    sync.Mutex    // one offer of a proxy at a time
	offers      *rate.Limiter
	// asker is the technician who asked for help last. It is read under the
	// driver's lock, so it has none of its own.
	asker atomic.Pointer[identity.Actor]
}

// New makes a Host.
func New(config Config) (*Host, error) {
	if config.Store == nil || config.Hub == nil || config.Alarms == nil || config.Publisher == nil || config.Policy == nil || config.Device == nil ||
		config.Acceptance == nil || config.Support == nil || config.Upgrades == nil || config.Status == nil {
		return nil, errors.New("local: a part is missing")
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Changed == nil {
		config.Changed = func() {}
	}
	if config.HelpWanted == nil {
		config.HelpWanted = func() {}
	}
	return &Host{config: config, tests: newTests(), checks: newChecks(), offers: newProxyOffers()}, nil
}

// GetStatus is the whole truth in one message.
func (h *Host) GetStatus(ctx context.Context, _ *hostpb.GetStatusRequest) (*hostpb.Status, error) {
	status, err := h.config.Status(ctx)
	if err != nil {
		return nil, h.fail("status", err)
	}
	return status, nil
}

// Watch streams events.
func (h *Host) Watch(r *hostpb.WatchRequest, out grpc.ServerStreamingServer[hostpb.Event]) error {
	return h.config.Hub.Watch(r, out)
}

// views are what a window can be asked to show; "prompt" asks only whether
// there is one to show the prompt, which comes forward by itself.
var views = map[string]bool{"home": true, "settings": true, "notifications": true, "help": true, "upgrade": true, "activity": true, "register": true, "about": true, "prompt": true}

// Show has windows of the caller's account come forward.
func (h *Host) Show(ctx context.Context, r *hostpb.ShowRequest) (*hostpb.ShowReply, error) {
	number, one := strings.CutPrefix(r.GetView(), "notification/") // the page of one notification
	if _, err := strconv.ParseUint(number, 10, 64); !views[r.GetView()] && (!one || err != nil) {
		return nil, invalid("view-unknown", "there is no such view")
	}
	reached := h.config.Hub.PublishTo(server.Target{ID: identity.FromContext(ctx).ID}, &hostpb.Event{Body: &hostpb.Event_Show{Show: r}})
	return &hostpb.ShowReply{Windows: uint32(reached)}, nil
}

// Person is who calls, as the log keeps it.
func Person(ctx context.Context, initials string) notify.Person { return person(ctx, initials) }

func person(ctx context.Context, initials string) notify.Person {
	actor := identity.FromContext(ctx)
	role := "it"
	if actor.Roles.Any(identity.Technician) {
		role = "technician"
	}
	return notify.Person{Role: role, Account: account(actor), Initials: plainInitials(initials)}
}

func account(a identity.Actor) string {
	if a.User != "" {
		return a.User
	}
	return a.ID
}

// Asker is the account that asked for help last: whom prompts and the desktop
// helper belong to.
func (h *Host) Asker() identity.Actor {
	if a := h.asker.Load(); a != nil {
		return *a
	}
	return identity.Actor{}
}

// isAsker: nobody is before somebody asked.
func (h *Host) isAsker(a identity.Actor) bool { return a.Known() && h.Asker().ID == a.ID }
