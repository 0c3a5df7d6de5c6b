package service

import (
	"context"
	"path/filepath"
	"time"

	"beckmanconnect/internal/trust"
	"beckmanconnect/service/link"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/drop"
	"beckmanconnect/service/notify/machine"
	"beckmanconnect/service/notify/probe"
	"beckmanconnect/service/notify/self"
	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/supervise"
)

// snmpPasswords lies beside the configuration.
const snmpPasswords = "snmp-passwords.toml"

// codeMetadataExpired is the upgrade service's word for a signed list that is
// too old.
const codeMetadataExpired = "metadata-expired"

// startSources starts what notifications come from, each on its own: none takes
// another down.
func (h *house) startSources(ctx context.Context) {
	h.startLogs(ctx)
	pc := h.machine()
	h.parts.Go(ctx, "machine", pc.Run)
	h.startProbes(ctx)
	h.startDrop(ctx)
	h.parts.Go(ctx, "self", self.New(self.Config{
		Alarms: h.alarms, Open: h.openOf, NetworkDown: pc.NetworkDown, Writable: h.store.Writable,
		Link:          h.linkForPeople,
		UpgradesStale: func() bool { return h.offers.Current().GetErrorCode() == codeMetadataExpired },
	}).Run)
}

// startLogs follows the instrument's logs. A profile that cannot be read takes
// them away, and nothing else.
func (h *house) startLogs(ctx context.Context) {
	instrument := h.config.Instrument
	if h.profile == nil {
		return
	}
	if instrument.Log == "" {
		h.parts.Set(notify.SourceLog, supervise.Off, "no log is configured")
	} else {
		h.parts.Go(ctx, notify.SourceLog, notify.LogSource{
			Path: instrument.Log, Profile: h.profile, Alarms: h.alarms, OnRun: h.runChanged, Log: h.log,
		}.Run)
	}
	for _, path := range instrument.Logs {
		h.parts.Go(ctx, notify.SourceLog+" "+filepath.Base(path), notify.LogSource{
			Path: path, Profile: h.profile, Alarms: h.alarms, Further: true, Log: h.log,
		}.Run)
	}
}

func (h *house) machine() *machine.Source {
	c, m := h.config, h.config.Machine
	config := machine.Config{
		Alarms: h.alarms, Open: h.openOf, Data: c.Data, Services: m.Services, Processes: m.Processes, Events: m.Events,
		Backups: m.Backups, BackupWithin: m.BackupWithin, Setting: h.store.Setting, Log: h.log,
		Certificates: []machine.Certificate{
			{Name: "this PC's own", Ends: h.ownCertificateEnds},
			machine.CertificateFile(filepath.Join(c.Trust, trust.FileCloudCA)),
		},
	}
	for _, file := range m.Certificates {
		config.Certificates = append(config.Certificates, machine.CertificateFile(file))
	}
	if h.profile != nil && h.profile.Disk != nil && c.Instrument.Folder != "" {
		d := h.profile.Disk
		config.Folder = &machine.Folder{
			Path: c.Instrument.Folder, Code: d.Code, Severity: d.Severity, Texts: d.Texts, Raise: d.Raise, Clear: d.Clear, Sample: h.profile.Sample,
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
	h.parts.Go(ctx, "drop-folder", drop.New(drop.Config{
		Folder: folder, Alarms: h.alarms, Setting: h.store.Setting, Log: h.log,
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
	phase := h.link.State().Phase
	return self.Link{Registered: phase != link.Unregistered, Online: phase == link.Online}
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
