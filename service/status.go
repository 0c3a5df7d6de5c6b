package service

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"beckmanconnect/assets/terms"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/link"
	"beckmanconnect/service/local"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/profile"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// statusPause is the least time between two statuses: a flood of
// notifications is one new status, not thousands.
const statusPause = 50 * time.Millisecond

// status is the truth about everything, as beckmanctl and the windows get it.
func (h *house) status(ctx context.Context) (*hostpb.Status, error) {
	open, worst, err := h.store.OpenSummary(ctx)
	if err != nil {
		return nil, err
	}
	last, err := h.store.LastSeq(ctx)
	if err != nil {
		return nil, err
	}
	effective, state, p := h.policy.Current(), h.link.State(), h.profiles.Current()
	s := &hostpb.Status{
		Version: version.Version(), Link: linkPhases[state.Phase], LinkDetail: state.Detail, Cloud: h.config.CloudHost(),
		TermsAccepted: h.acceptance.Current(), TermsVersion: terms.Version,
		InstrumentClass: string(effective.Class), InstrumentRun: string(*h.runState.Load()), Policy: effective.Source,
		OpenNotifications: uint32(open), Worst: notify.Severity(worst),
		Support: h.support.State(), Upgrade: h.offers.Current(), Log: h.logState(), Components: h.components(state),
		SupportPhone: h.config.Instrument.Phone, SupportHours: h.config.Instrument.Hours,
		Profile:      profileTitle(p), ProfileSample: p != nil && p.Sample,
		DeviceState: h.device.State(),
		LastSeq:     last, Epoch: h.store.Epoch(), Identify: string(effective.Identify()), PinInitials: h.support.PINInitials(),
	}
	if s.QuietHours, err = local.QuietHours(ctx, h.alarms); err != nil {
		return nil, err
	}
	for _, f := range state.Facts {
		s.LinkFacts = append(s.LinkFacts, &hostpb.LinkFact{Name: f.Name, Value: f.Value})
	}
	s.LinkFacts = append(s.LinkFacts, h.networkFacts(state)...)
	if r, registered := h.device.Registration(); registered {
		s.Registration = local.Registration(r)
	}
	return s, nil
}

func profileTitle(p *profile.Profile) string {
	if p == nil {
		return ""
	}
	return p.Title
}

var linkPhases = map[link.Phase]hostpb.Link{
	link.Unregistered: hostpb.Link_LINK_UNREGISTERED, link.Connecting: hostpb.Link_LINK_CONNECTING,
	link.Online: hostpb.Link_LINK_ONLINE, link.Offline: hostpb.Link_LINK_OFFLINE,
}

// logState is how the log stands. Of two troubles the one is told that calls for
// more: a log that shows two histories, or lost its end, before one that was set
// aside.
func (h *house) logState() *hostpb.LogState {
	l, trouble := h.store.LogState(), h.store.Trouble()
	witnessed, at := h.store.WitnessedEntries()
	if code := h.store.WitnessTrouble().Code; code != "" && trouble != store.TroubleNotWritable {
		trouble = code
	}
	if h.away != nil {
		trouble = store.TroubleAway
	}
	s := &hostpb.LogState{
		Entries: uint64(l.Entries), RootHash: hex.EncodeToString(l.Root[:]), CheckpointUnix: l.Signed.Unix(), Writable: h.store.Writable(),
		Witnessed: uint64(witnessed), Trouble: trouble,
	}
	if witnessed > 0 {
		s.WitnessedUnix = at.Unix()
	}
	return s
}

// components: the supervised parts, with the link and the log as they are. A
// link that is offline runs as it should, but somebody should know.
func (h *house) components(state link.State) []*hostpb.Component {
	log := supervise.Part{Name: "log", State: supervise.OK}
	if !h.store.Writable() {
		log.State, log.Detail = supervise.Failed, "the log cannot be written; sessions are closed"
	}
	if h.away != nil {
		log.State, log.Detail = supervise.Failed, awayAdvice
	}
	var out []*hostpb.Component
	for _, p := range append([]supervise.Part{log}, h.parts.Parts()...) {
		if p.Name == "link" && p.State == supervise.OK && state.Phase != link.Online {
			p.State, p.Detail = supervise.Degraded, state.Detail
		}
		if p.Name == "policy" && p.State == supervise.OK && strings.HasPrefix(h.policy.Current().Source, "refused") {
			p.State, p.Detail = supervise.Degraded, h.policy.Current().SourceLine()
		}
		out = append(out, &hostpb.Component{Name: p.Name, State: p.State, Detail: p.Detail})
	}
	if c := h.trays.component(time.Now()); c != nil {
		out = append(out, c)
	}
	return out
}

// keepStatus publishes the status when something changed.
func (h *house) keepStatus(ctx context.Context) error {
	last := h.cloudStatus()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.poke:
		}
		h.offers.Poke() // a session, a run or the policy may have changed
		if err := h.publishStatus(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("the status cannot be told", "error", err)
		}
		if now := h.cloudStatus(); now != last {
			last = now
			h.link.StatusChanged()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(statusPause):
		}
	}
}

func (h *house) publishStatus(ctx context.Context) error {
	s, err := h.status(ctx)
	if err != nil {
		return err
	}
	h.hub.Publish(&hostpb.Event{Body: &hostpb.Event_Status{Status: s}})
	return nil
}

// cloudStatus is what the cloud knows continuously (P13).
func (h *house) cloudStatus() cloudapi.Status {
	// A log that cannot be read is told by "log" on this PC; the cloud gets
	// what is known without it.
	open, worst, _ := h.store.OpenSummary(context.Background())
	return cloudapi.Status{
		Version: version.Version(), Class: string(h.policy.Current().Class), Run: string(*h.runState.Load()),
		Open: open, Worst: notify.SeverityName(worst), Phase: phaseName(h.support.State().GetPhase()), TermsOK: h.acceptance.Current(),
		Machine: h.device.MachineID(), Boot: h.boot,
	}
}

func phaseName(p hostpb.SupportPhase) string {
	return strings.ToLower(strings.TrimPrefix(p.String(), "SUPPORT_PHASE_"))
}
