package local

import (
	"cmp"
	"context"

	"beckmanconnect/assets/terms"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/service/device"
	"beckmanconnect/store"
)

// GetTerms gives what has to be read before remote support can be switched on.
func (h *Host) GetTerms(_ context.Context, r *hostpb.GetTermsRequest) (*hostpb.Terms, error) {
	t := terms.Current(r.GetLanguage())
	return &hostpb.Terms{Version: t.Version, ItRequirements: t.ITRequirements, Terms: t.Terms, Sha256: t.SHA256}, nil
}

// AcceptTerms accepts exactly the texts that were shown: their version and
// hash, which says in which language, come back with the click (P19).
func (h *Host) AcceptTerms(ctx context.Context, r *hostpb.AcceptTermsRequest) (*hostpb.Empty, error) {
	lang, current := terms.Read(r.GetVersion(), r.GetSha256())
	switch {
	case !current:
		return nil, refuse(codeTermsChanged, "these are not the current terms; read them again")
	case !r.GetItRequirementsRead():
		return nil, refuse(codeNotRead, "the IT requirements must be read first")
	}
	if err := h.config.Acceptance.accept(ctx, person(ctx, r.GetInitials()), r.GetSha256(), lang); err != nil {
		return nil, h.fail("accept terms", err)
	}
	h.config.Changed()
	return &hostpb.Empty{}, nil
}

// Register makes this PC known to the cloud (P13). It is on record before it
// leaves this PC, and in force once the certificate is kept.
func (h *Host) Register(ctx context.Context, r *hostpb.RegisterRequest) (*hostpb.Registration, error) {
	h.registering.Lock()
	defer h.registering.Unlock()
	if !h.config.Acceptance.Current() {
		return nil, refuse(codeTerms, "the terms must be accepted first")
	}
	if _, registered := h.config.Device.Registration(); registered && !identity.FromContext(ctx).Roles.Any(identity.IT) {
		return nil, refuse(codeRegistered, "this PC is registered; only IT can register it again")
	}
	form := device.Form{
		Email: r.GetEmail(), Name: r.GetName(), InstrumentType: r.GetInstrumentType(), Serial: cmp.Or(r.GetSerial(), h.config.Serial),
		Region: h.config.Region, TermsVersion: terms.Version, LogVerifier: h.config.LogVerifier,
	}
	if err := form.Check(); err != nil {
		return nil, h.fail("register", err)
	}
	if err := h.record(ctx, "device.registering", form, nil); err != nil {
		return nil, h.fail("register", err)
	}
	registration, err := h.config.Device.Register(ctx, form)
	if err != nil {
		return nil, h.fail("register", err)
	}
	err = h.record(ctx, "device.registered", form, func(tx *store.Tx) error { return device.Keep(tx, registration) })
	if err != nil {
		return nil, h.fail("register", err)
	}
	if err := h.config.Device.Restore(registration); err != nil {
		return nil, h.fail("register", err)
	}
	h.config.Changed()
	return Registration(registration), nil
}

func (h *Host) record(ctx context.Context, kind string, form device.Form, also func(*store.Tx) error) error {
	who := person(ctx, "")
	personal := who.Fields()
	personal["email"], personal["name"] = form.Email, form.Name
	return h.config.Store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{
			Kind: kind, Actor: who.Role, Subject: form.Serial,
			Fields:   map[string]string{"instrument_type": form.InstrumentType, "region": form.Region, "terms": form.TermsVersion},
			Personal: personal,
		})
		if err == nil && also != nil {
			err = also(tx)
		}
		return err
	})
}

// Registration is a registration as the local API carries it.
func Registration(r device.Registration) *hostpb.Registration {
	return &hostpb.Registration{
		DeviceId: r.DeviceID, Email: r.Email, Name: r.Name, InstrumentType: r.InstrumentType, Serial: r.Serial,
		Region: r.Region, RegisteredUnix: r.At.Unix(),
	}
}
