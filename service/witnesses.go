package service

import (
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/link"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/witness"
)

// witnesses are those of this PC's log.
type witnesses struct {
	cloud *witness.Cloud
	own   *witness.Own
}

// buildWitnesses makes them; which of the hospital's own there are is the
// policy's to say, at any time.
func (h *house) buildWitnesses() {
	cloud := witness.CloudConfig{Store: h.store, Binding: h.device.BindLog}
	if h.roots.Witness != nil { // never a nil pointer in the interface
		cloud.Verifier = h.roots.Witness
	}
	h.witnesses.cloud = witness.NewCloud(cloud)
	changed := make(chan struct{}, 1)
	h.policy.Subscribe(func(*policy.Effective) { signal(changed) })
	h.witnesses.own = witness.New(witness.Config{
		Store: h.store, Client: h.dialer.Client, Changed: changed, Told: h.statusChanged, Log: h.log,
		Witnesses: func() []policy.Witness { return h.policy.Current().Witnesses() },
	})
}

// logWitnesses says how the log stands with each of them, the cloud first.
func (h *house) logWitnesses() []*hostpb.LogWitness {
	row := func(name, state string) *hostpb.LogWitness {
		w := &hostpb.LogWitness{Name: name, State: state}
		if newest := h.store.WitnessedBy(name); newest.Size > 0 {
			w.Entries, w.Unix = uint64(newest.Size), newest.Time.Unix()
		}
		return w
	}
	list := []*hostpb.LogWitness{row(witness.NameCloud, h.witnesses.cloud.State(h.link.State().Phase == link.Online))}
	states := h.witnesses.own.States()
	for _, w := range h.policy.Current().Witnesses() {
		state := states[w.Name]
		if state == "" {
			state = witness.Waiting
		}
		list = append(list, row(w.Name, state))
	}
	return list
}
