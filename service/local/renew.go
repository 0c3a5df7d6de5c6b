package local

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"beckmanconnect/assets/terms"
	"beckmanconnect/internal/redact"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/device"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// A device certificate lasts two years. It is renewed with the same key when
// less than renewBefore is left of it, and looked at about every renewEvery.
const (
	renewBefore = 90 * 24 * time.Hour
	renewEvery  = time.Hour
)

// RenewDevice gives this PC a new identity. The old registration ends with the
// entry that says so; the key follows. Whatever stops it in between leaves a PC
// that has to be registered again, never two with one identity.
func (h *Host) RenewDevice(ctx context.Context, r *hostpb.RenewDeviceRequest) (*hostpb.Empty, error) {
	h.registering.Lock()
	defer h.registering.Unlock()
	if s := h.config.Support.State(); s.GetRequestId() != "" || s.GetSessionId() != "" {
		return nil, refuse(codeSession, "end the session or the request for help first")
	}
	if r.GetReason() != redact.Line(r.GetReason(), 200) {
		return nil, invalid("reason-invalid", "the reason must be one line of at most 200 characters")
	}
	who := person(ctx, "")
	personal := who.Fields()
	personal["reason"] = r.GetReason()
	err := h.config.Store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{
			Kind: "device.renewed", Actor: who.Role, Subject: h.config.Device.ID(), Fields: map[string]string{"state": h.config.Device.State()}, Personal: personal,
		})
		if err != nil {
			return err
		}
		return device.Drop(tx)
	})
	if err != nil {
		return nil, h.fail("renew device", err)
	}
	if _, err := h.config.Device.Renew(); err != nil {
		return nil, h.fail("renew device", err)
	}
	h.config.Log.Info("the identity was renewed; register this PC again", "device", h.config.Device.ID())
	h.config.Changed()
	return &hostpb.Empty{}, nil
}

// KeepRegistered renews the device certificate with the same key before it
// ends. It runs until ctx ends.
func (h *Host) KeepRegistered(ctx context.Context, report supervise.Report) error {
	report(supervise.OK, "")
	for {
		if err := h.renewCertificate(ctx); err != nil && ctx.Err() == nil {
			h.config.Log.Warn("the device certificate is not renewed yet", "error", err)
			report(supervise.Degraded, "the device certificate nears its end and is not renewed yet: "+redact.Line(err.Error(), 200))
		} else {
			report(supervise.OK, "")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(renewEvery/2 + rand.N(renewEvery)):
		}
	}
}

// renewCertificate registers again as before when it is time for it.
func (h *Host) renewCertificate(ctx context.Context) error {
	h.registering.Lock()
	defer h.registering.Unlock()
	d := h.config.Device
	registration, registered := d.Registration()
	if !registered || d.State() != device.StateOK || !d.Ending(renewBefore) {
		return nil
	}
	if !h.config.Acceptance.Current() {
		return errors.New("the current terms are not accepted")
	}
	form := device.Form{
		Email: registration.Email, Name: registration.Name, InstrumentType: registration.InstrumentType, Serial: registration.Serial,
		Region: h.config.Region, TermsVersion: terms.Version, LogVerifier: h.config.LogVerifier,
	}
	fresh, err := d.Register(ctx, form)
	if err != nil {
		return err
	}
	fresh.At = registration.At // the day a person registered it
	err = h.config.Store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{Kind: "device.certificate-renewed", Actor: "system", Subject: form.Serial, Fields: map[string]string{"device": fresh.DeviceID}})
		if err != nil {
			return err
		}
		return device.Keep(tx, fresh)
	})
	if err != nil {
		return err
	}
	if err := d.Restore(fresh); err != nil {
		return err
	}
	h.config.Changed()
	return nil
}
