package service

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/netdial"
	"beckmanconnect/internal/trust"
	"beckmanconnect/service/link"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/drop"
	"beckmanconnect/service/notify/machine"
	"beckmanconnect/service/notify/probe"
	"beckmanconnect/service/notify/self"
	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/offers"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/profile"
	"beckmanconnect/service/supervise"
)

// snmpPasswords lies beside the configuration.
const snmpPasswords = "snmp-passwords.toml"

// silentFor is how long a source may give no sign of life. Each looks about once
// a minute or more often.
const silentFor = 5 * time.Minute

// startSources starts what notifications come from and reads by the profile,
// each on its own: none takes another down.
func (h *house) startSources(ctx context.Context) {
	p := h.profiles.Current()
	h.startLogs(ctx, p)
	pc := h.machine(p)
	h.pc.Store(pc)
	h.fresh.Expect(notify.SourceMachine, silentFor)
	h.source(ctx, "machine", pc.Run)
}

// startOtherSources starts those that no profile has a say in.
func (h *house) startOtherSources(ctx context.Context) {
	h.startProbes(ctx)
	h.startDrop(ctx)
	h.fresh.Expect(notify.SourceSelf, silentFor)
	h.parts.Go(ctx, "self", self.New(self.Config{
		Alarms: h.alarms, Open: h.openOf, Alive: h.fresh.Beat, Writable: h.store.Writable, Link: h.linkForPeople, Identity: h.device.State,
		NetworkDown: func() bool { return h.pc.Load().NetworkDown() },
		Upgrades:    h.upgradesForPeople,
		LogTrouble:  func() string { return h.store.WitnessTrouble().Code },
	}).Run)
}

// startLogs follows the instrument's logs. A profile that cannot be read takes
// them away, and nothing else.
func (h *house) startLogs(ctx context.Context, p *profile.Profile) {
	if p == nil {
		return
	}
	if h.config.Instrument.Log == "" {
		h.parts.Set(notify.SourceLog, supervise.Off, "no log is configured")
	}
	for _, l := range logsOf(h.config.Instrument, p) {
		source := notify.LogSource{Path: l.path, Name: l.name, Profile: p, Alarms: h.alarms, Further: l.further, Alive: h.fresh.Beat, Log: h.log}
		if !l.further {
			source.OnRun = h.runChanged
		}
		h.expect(source.Label())
		h.source(ctx, source.Label(), source.Run)
	}
}

// followedLog is a log that is followed, by its name in the profile.
type followedLog struct {
	path, name string
	further    bool // not the one that says whether a run is in progress
}

// logsOf: the log that the installation names is the profile's first; the
// profile's others lie beside it; and there are those that the installation
// names besides.
func logsOf(i hostconfig.Instrument, p *profile.Profile) (logs []followedLog) {
	add := func(path, name string) {
		if !slices.ContainsFunc(logs, func(l followedLog) bool { return l.path == path }) {
			logs = append(logs, followedLog{path, name, path != i.Log})
		}
	}
	if i.Log != "" {
		add(i.Log, p.FirstLog())
		for _, l := range p.Logs[min(1, len(p.Logs)):] {
			add(filepath.Join(filepath.Dir(i.Log), l.Name), l.Name)
		}
	}
	for _, path := range i.Logs {
		add(path, filepath.Base(path))
	}
	return logs
}

func (h *house) machine(p *profile.Profile) *machine.Source {
	c, m := h.config, h.config.Machine
	config := machine.Config{
		Alarms: h.alarms, Open: h.openOf, Alive: h.fresh.Beat, Data: c.Data, Services: m.Services, Processes: m.Processes, Events: m.Events,
		Backups: m.Backups, BackupWithin: m.BackupWithin, ClockOffset: h.clockOffset, Setting: h.store.Setting, Log: h.log,
		Certificates: []machine.Certificate{
			{Name: "this PC's own", Ends: h.ownCertificateEnds},
			machine.CertificateFile(filepath.Join(c.Trust, trust.FileCloudCA)),
		},
	}
	for _, file := range m.Certificates {
		config.Certificates = append(config.Certificates, machine.CertificateFile(file))
	}
	if d := notify.DiskRuleOf(p); d != nil && c.Instrument.Folder != "" {
		config.Folder = &machine.Folder{
			Path: c.Instrument.Folder, Code: d.Code, Severity: d.Severity, Texts: d.Texts, Raise: d.Raise, Clear: d.Clear, Sample: d.Sample,
		}
	}
	return machine.New(config)
}

// ownCertificateEnds: a PC that is not registered has none.
func (h *house) ownCertificateEnds() (time.Time, bool, error) {
	certificate, ok := h.device.Certificate()
	if !ok {
		return time.Time{}, false, nil
	}
	return certificate.Leaf.NotAfter, true, nil
}

// startProbes: what is probed is the policy's to say, at any time.
func (h *house) startProbes(ctx context.Context) {
	changed := make(chan struct{}, 1)
	h.policy.Subscribe(func(*policy.Effective) { signal(changed) })
	h.parts.Go(ctx, "probes", probe.New(probe.Config{
		Alarms: h.alarms, Open: h.openOf, Changed: changed, Log: h.log,
		Probes:    func() []policy.Probe { return h.policy.Current().Probes() },
		Passwords: filepath.Join(filepath.Dir(h.config.File), snmpPasswords),
	}).Run)
}

func (h *house) startDrop(ctx context.Context) {
	folder := h.config.Notify.Drop
	if folder == "" {
		h.parts.Set("drop-folder", supervise.Off, "no folder is configured")
		return
	}
	h.fresh.Expect(drop.Source, silentFor)
	h.parts.Go(ctx, "drop-folder", drop.New(drop.Config{
		Folder: folder, Alarms: h.alarms, Alive: h.fresh.Beat, Setting: h.store.Setting, Log: h.log,
		Allowed: func() (bool, string) {
			d := h.policy.Current().Decide(policy.Publishers)
			return d.Effect >= policy.Limited, d.Why
		},
		Verified: func(publisher, account string) (bool, bool) {
			return h.policy.Current().VerifiedPublisherAs(publisher, account)
		},
	}).Run)
}

func (h *house) linkForPeople() self.Link {
	s := h.link.State()
	return self.Link{
		Registered: s.Phase != link.Unregistered, Online: s.Phase == link.Online, Portal: s.Code == netdial.CodePortal, Inspected: s.Code == netdial.CodeInspection,
		ProxyRefuses: slices.Contains([]string{netdial.CodeProxyAuth, netdial.CodeProxyDenied, netdial.CodeProxyLoop, netdial.CodeProxyBlocked}, s.Code),
	}
}

// upgradesForPeople: while the upgrade service does not answer nothing is known.
func (h *house) upgradesForPeople() self.Upgrades {
	u := h.offers.Current()
	said := self.Upgrades{
		Known: u != nil && u.GetCheckError() != offers.CheckAway, CheckError: u.GetCheckError(), RolledBack: u.GetState() == "rolled-back",
	}
	if code := u.GetErrorCode(); u.GetState() == "failed" && (code == self.NotTrusted || code == "signature") {
		said.CheckError = self.NotTrusted // of the release, not of the list: IT security has to know as well
	}
	return said
}

// clockOffset is how far this PC's clock is from the time that the vendor signed.
func (h *house) clockOffset() (time.Duration, bool) {
	for _, f := range h.link.State().Facts {
		if f.Name == link.FactClockOffset {
			ms, err := strconv.ParseInt(f.Value, 10, 64)
			return -time.Duration(ms) * time.Millisecond, err == nil
		}
	}
	return 0, false
}

// openOf lists what of a source stands open.
func (h *house) openOf(ctx context.Context, source string) ([]steady.Key, error) {
	var keys []steady.Key
	for before := uint64(0); ; {
		list, more, err := h.store.Notifications(ctx, before, 500, true)
		if err != nil {
			return nil, err
		}
		for _, n := range list {
			if n.Source == source {
				keys = append(keys, steady.Key{Code: n.Code, Subject: n.Subject})
			}
			before = n.ID
		}
		if !more || len(list) == 0 {
			return keys, nil
		}
	}
}
