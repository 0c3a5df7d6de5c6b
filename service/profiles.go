package service

import (
	"context"

	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/helplogs"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/words"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/profile"
	"beckmanconnect/service/relay"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// sources are the parts that read by the instrument's profile. With another
// profile they are started anew.
type sources struct {
	parent context.Context // of the service
	stop   context.CancelFunc
	ended  []<-chan struct{}
	logs   []string // that are expected to give a sign of life
}

// runSources starts the sources, and what watches the profile they read by.
func (h *house) runSources(ctx context.Context) {
	h.sources = &sources{parent: ctx}
	h.restartSources()
	h.startOtherSources(ctx)
	h.parts.Go(ctx, "profile", h.profiles.Run)
}

// restartSources ends the sources and begins again with the profile in force.
// Each goes on where it was, since what it has read is remembered with what it
// told.
func (h *house) restartSources() {
	s := h.sources
	if s.stop != nil {
		s.stop()
		for _, ended := range s.ended {
			<-ended
		}
	}
	ctx, stop := context.WithCancel(s.parent)
	for _, name := range s.logs {
		h.fresh.Forget(name)
	}
	s.stop, s.ended, s.logs = stop, nil, nil
	h.startSources(ctx)
}

// expect has a log that says nothing of itself become an alarm.
func (h *house) expect(log string) {
	h.sources.logs = append(h.sources.logs, log)
	h.fresh.Expect(log, silentFor)
}

// source starts one part that reads by the profile.
func (h *house) source(ctx context.Context, name string, run func(context.Context, supervise.Report) error) {
	h.sources.ended = append(h.sources.ended, h.parts.Go(ctx, name, run))
}

// profileChanged is called where the profile is watched, and once while the
// service is built.
func (h *house) profileChanged() {
	if h.sources == nil {
		return
	}
	h.restartSources()
	h.support.SetMasks(h.masks())
	h.statusChanged()
}

// profileRefused is told why IT's own profile is refused, "" when that is over.
// The reason stands in the part's state; the alarm says that somebody has to
// read it there.
func (h *house) profileRefused(why string) {
	o := notify.Observation{
		Code: codeProfileRefused, Severity: store.Medium, Source: notify.SourceSelf, Subject: h.config.Instrument.Profile,
		Texts: words.Of(codeProfileRefused), Clear: why == "", Condition: true, Ends: true, Verified: true,
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if err := h.alarms.Apply(ctx, []notify.Observation{o}, nil); err != nil {
		h.log.Error("the refused profile is no alarm", "error", err)
	}
	h.statusChanged()
}

// codeProfileRefused is the alarm of a profile of IT's that cannot be used.
const codeProfileRefused = "profile-refused"

// setSetting writes one setting.
func (h *house) setSetting(ctx context.Context, key, value string) error {
	return h.store.Update(ctx, func(tx *store.Tx) error { return tx.SetSetting(key, value) })
}

// masks is what the profile hides from the engineer. Where nobody knows what
// that is, all of the screen is hidden (B6).
func (h *house) masks() []*hostpb.Mask { return masksOf(h.profiles.Current(), h.profiles.MasksKnown()) }

func masksOf(p *profile.Profile, known bool) []*hostpb.Mask {
	if p == nil || !known {
		return relay.AllMasked("profile-unreadable")
	}
	var all []*hostpb.Mask
	for _, m := range p.Masks {
		all = append(all, &hostpb.Mask{
			Id: m.ID, Title: m.Title, Class: m.Class, Process: m.Process,
			X: int32(m.X), Y: int32(m.Y), Width: uint32(m.Width), Height: uint32(m.Height),
		})
	}
	return all
}

// about is what a request for help says of this PC.
func (h *house) about() (product, instrument string) { return version.Version(), h.profiles.Label() }

// helpLogsOff says why no lines of the instrument's log may leave (P25,
// defaults.md). Only an instrument that is known to hold no patient data has any.
func (h *house) helpLogsOff() string {
	effective := h.policy.Current()
	switch {
	case effective.Class != policy.General:
		return helplogs.OffPatientData
	case !effective.Decide(policy.HelpLogs).Allowed():
		return helplogs.OffPolicy
	}
	return ""
}
