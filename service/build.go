package service

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"beckmanconnect/assets/profiles"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/netdial"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/version"
	"beckmanconnect/internal/winservice"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
	"beckmanconnect/service/device"
	"beckmanconnect/service/helplogs"
	"beckmanconnect/service/link"
	"beckmanconnect/service/local"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/machine"
	"beckmanconnect/service/offers"
	"beckmanconnect/service/pins"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/profile"
	"beckmanconnect/service/relay"
	"beckmanconnect/service/scan"
	"beckmanconnect/service/supervise"
	"beckmanconnect/service/support"
	"beckmanconnect/store"
	"beckmanconnect/store/keys"
)

// house is the service with its parts.
type house struct {
	config hostconfig.Config
	roots  *trust.Roots
	log    *slog.Logger

	store      *store.Store
	data       string       // the folder that the store is in
	wrapper    keys.Wrapper // of keys in it
	away       error        // why another store stands in for the log; nil: none does
	parts      *supervise.Group
	dialer     *netdial.Dialer
	proxies    local.UserProxies // of the desktop at this PC
	device     *device.Device
	acceptance *local.Acceptance
	policy     *policy.Keeper
	profiles   *profile.Keeper
	sources    *sources
	helpLogs   *helplogs.Book
	alarms     *notify.Alarms
	fresh      *notify.Freshness
	pc         atomic.Pointer[machine.Source]
	hub        *server.Hub
	pins       *pins.Book
	scanner    *scan.Watch
	support    *relay.Support
	link       *link.Link
	messages   *notify.Messages
	offers     *offers.Offers
	witnesses  witnesses
	host       *local.Host

	runState    atomic.Pointer[notify.Run]
	poke        chan struct{} // the status may have changed
	news        chan struct{} // what sessions rest on has changed
	restart     chan struct{} // closed when the service is to be started anew
	restartOnce sync.Once
	standing    chan struct{} // the cloud may have said something of this identity
	verifier    string        // of this PC's log
	boot        string        // names this start for the cloud
	seats       <-chan winservice.Session
	people      people
	trays       trays
}

func (h *house) build(ctx context.Context) error {
	h.parts = supervise.New(supervise.Config{Log: h.log, Changed: h.statusChanged})
	h.alarms = &notify.Alarms{Store: h.store, Now: time.Now, Moment: h.store.Moment, Rules: h.alarmRules, Trusted: h.trustedTime, Changed: h.statusChanged}
	h.fresh = &notify.Freshness{Alarms: h.alarms}
	for _, step := range []func(context.Context) error{
		h.buildProfile, h.buildNetwork, h.buildDevice, h.buildPolicy, h.buildHub, h.buildSupport, h.buildCloud, h.buildHost,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return h.publishStatus(ctx)
}

// buildProfile: a bad profile takes the sources that need it away, not the
// service.
func (h *house) buildProfile(ctx context.Context) (err error) {
	unknown := notify.RunUnknown
	h.runState.Store(&unknown)
	name := h.config.Instrument.Profile
	h.profiles = profile.NewKeeper(ctx, profile.Config{
		Name: name, Dir: filepath.Join(filepath.Dir(h.config.File), "profiles"), Shipped: profiles.Read,
		Memory: profile.FromSettings(name, h.store.Setting, h.setSetting), Changed: h.profileChanged, Refused: h.profileRefused, Log: h.log,
	})
	state, detail := h.profiles.State()
	h.parts.Set("profile", state, detail)
	h.helpLogs, err = helplogs.New(helplogs.Config{
		Path: h.config.Instrument.Log, Profile: h.profiles.Current, Off: h.helpLogsOff, Open: helplogs.Shared,
	})
	return err
}

func (h *house) buildDevice(ctx context.Context) error {
	dir := filepath.Join(h.data, store.KeysDir)
	trusted, err := link.TrustedTime(ctx, h.store)
	if err != nil {
		return err
	}
	err = h.openDevice(device.Config{
		Dir: dir, Wrapper: h.wrapper, CloudURL: h.config.Cloud.URL, CloudCA: h.roots.CloudCA, DeviceCA: h.roots.DeviceCA, Log: h.log,
		Client: h.dialer.Client,
		// The present is never before a time that the vendor signed.
		Now: func() time.Time {
			if now := time.Now(); now.After(trusted) {
				return now
			}
			return trusted
		},
	})
	if err != nil {
		return err
	}
	public, err := os.ReadFile(filepath.Join(dir, keys.CheckpointPublic))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	h.verifier = strings.TrimSpace(string(public))
	registration, ok, err := device.Kept(ctx, h.store)
	if err != nil {
		return err
	}
	if ok && h.device.State() != device.StateKeyLost {
		if err := h.device.Restore(registration); err != nil {
			h.log.Error("the registration does not hold any more; register this PC again", "error", err)
			h.parts.Set("device", supervise.Failed, "register this PC again: "+err.Error())
		}
	}
	if err := h.restoreRefused(ctx); err != nil {
		return err
	}
	h.acceptance, err = local.NewAcceptance(ctx, h.store, time.Now)
	return err
}

func (h *house) buildPolicy(ctx context.Context) error {
	h.policy = policy.NewKeeper(ctx, policy.Config{
		Path: h.config.Policy, Verifiers: h.roots.Policy, Vendor: h.roots.Vendor, Version: version.Version(), Log: h.log,
		Memory: policyMemory{store: h.store, copy: filepath.Join(h.config.Data, vendorCopy), log: h.log},
	})
	h.policy.SetFacts(h.facts())
	return nil
}

func (h *house) facts() policy.Facts {
	registration, _ := h.device.Registration()
	return policy.Facts{TermsAccepted: h.acceptance.Current(), RegisteredType: registration.InstrumentType, Region: h.config.Region}
}

func (h *house) buildHub(ctx context.Context) (err error) {
	h.hub, err = server.NewHub(ctx, server.HubConfig{
		Epoch: h.store.Epoch(), History: history{h.store}, Presence: h.presence, Log: h.log,
	})
	return err
}

func (h *house) buildSupport(ctx context.Context) (err error) {
	h.pins, err = pins.Open(ctx, pins.Config{Store: h.store, Changed: h.statusChanged})
	if err != nil {
		return err
	}
	h.scanner = scan.NewWatch(scan.WatchConfig{Scanner: scan.System(h.config.Scanner), Changed: h.sessionsChanged, Log: h.log})
	h.support, err = relay.New(ctx, relay.Config{
		Machine:     support.Config{Policy: sessionPolicy{h}, Gate: h.gate, Scanner: h.scanner.Name, About: h.about},
		DeviceID:    h.device.ID,
		Certificate: h.device.Session,
		StaffCA:     h.roots.StaffCA,
		Dialer:      relay.CloudDialer{URL: h.config.Cloud.URL, TLS: h.device.TLS, Client: h.dialer.Client},
		Store:       relay.FromStore(h.store),
		TriesFile:   filepath.Join(h.data, "tries.json"),
		Publisher:   publisher{h},
		PINs:        h.pins,
		Files:       relay.FilesConfig{Spool: filepath.Join(h.data, "spool"), Scanner: h.scanner},
		Masks:       h.masks(),
		Log:         h.log,
	})
	return err
}

func (h *house) buildCloud(ctx context.Context) (err error) {
	h.messages = h.newMessages()
	h.buildWitnesses()
	h.link = link.New(link.Config{
		Dialect: h.dialect(), Store: h.store, TLS: h.device.TLS, Client: h.dialer.Client, Way: h.dialer.Way, Vendor: h.roots.Vendor, Log: h.log,
		Identity: h.identity, Status: h.cloudStatus, Checkpoint: h.checkpoint, Witnessed: h.witnesses.cloud.Take,
		Entries: func() int64 { return h.store.LogState().Entries },
		Policy:  func(ctx context.Context, signed string) error { return h.policy.OfferVendor(ctx, []byte(signed)) },
		Message: h.messages.Receive, Queue: h.support.QueuePlace,
		Digest:  func(ctx context.Context) error { return notify.Digest(ctx, h.store, time.Now()) },
		Changed: h.linkChanged,
	})
	h.offers, err = offers.New(ctx, offers.Config{
		Dial:  offers.Dial(client.Config{Socket: h.config.UpgradeSocket, Program: protocol.Host, Version: version.Version()}),
		Store: h.store, Facts: h.upgradeFacts, Changed: h.offerChanged, Restart: h.wantRestart, Version: version.Version(), Log: h.log,
	})
	return err
}

func (h *house) buildHost(context.Context) (err error) {
	h.host, err = local.New(local.Config{
		Store: h.store, Hub: h.hub, Alarms: h.alarms, Publisher: notify.NewPublisher(h.alarms), Policy: h.policy.Current,
		Device: h.device, Acceptance: h.acceptance, Support: h.support, PINs: h.pins, HelpLogs: h.helpLogs, Upgrades: h.offers, Status: h.status,
		Region: h.config.Region, Serial: h.config.Instrument.Serial, LogVerifier: h.verifier, LogState: h.logState, Witnesses: h.logWitnesses, Confidential: h.store.ConfidentialKey,
		UserProxies: &h.proxies,
		Changed:     h.registrationChanged, HelpWanted: h.link.Urgent, Log: h.log,
	})
	return err
}

// start starts everything that is supervised. ctx ends it.
func (h *house) start(ctx context.Context) {
	h.sealToHospital(h.policy.Current())
	h.policy.Subscribe(func(e *policy.Effective) {
		h.sealToHospital(e)
		h.sessionsChanged()
		h.alarms.RulesChanged()
	})
	h.store.Subscribe(h.committed)
	plain := func(run func(context.Context) error) func(context.Context, supervise.Report) error {
		return func(ctx context.Context, report supervise.Report) error {
			report(supervise.OK, "")
			return run(ctx)
		}
	}
	h.parts.Go(ctx, "status", plain(h.keepStatus))
	h.parts.Go(ctx, "sessions", plain(h.tellSessions))
	h.parts.Go(ctx, "policy", plain(h.policy.Run))
	h.parts.Go(ctx, "alarms", h.alarms.Run)
	h.parts.Go(ctx, "freshness", h.fresh.Run)
	h.parts.Go(ctx, "session-keys", plain(h.device.Run))
	if h.away != nil {
		h.parts.Go(ctx, "keys", h.waitForKeys)
	}
	h.parts.Go(ctx, "log-care", (&logCare{
		store: h.store, alarms: h.alarms, keep: h.keepLog, now: time.Now, changed: h.statusChanged, checkEvery: 7 * 24 * time.Hour,
	}).run)
	h.parts.Go(ctx, "link", plain(h.link.Run))
	h.parts.Go(ctx, "standing", plain(h.keepStanding))
	h.parts.Go(ctx, "certificate", h.host.KeepRegistered)
	h.parts.Go(ctx, "messages", plain(h.messages.Run))
	h.parts.Go(ctx, "upgrades", h.offers.Run)
	h.parts.Go(ctx, "scanner", plain(h.scanner.Run))
	h.parts.Go(ctx, "witness", h.witnesses.own.Run)
	h.runSources(ctx)
}
