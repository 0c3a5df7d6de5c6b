package local

import (
	"context"
	"slices"
	"testing"

	"google.golang.org/grpc"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/device"
	"beckmanconnect/store"
)

// progress collects what RotateKeys tells.
type progress struct {
	grpc.ServerStreamingServer[hostpb.RotateProgress]
	ctx  context.Context
	told []*hostpb.RotateProgress
}

func (p *progress) Context() context.Context { return p.ctx }
func (p *progress) Send(m *hostpb.RotateProgress) error {
	p.told = append(p.told, m)
	return nil
}

func TestRotateKeys(t *testing.T) { // P15
	l := newLab(t)
	for range 2 {
		out := &progress{ctx: root}
		if err := l.RotateKeys(&hostpb.RotateKeysRequest{}, out); err != nil {
			t.Fatal(err)
		}
		last := out.told[len(out.told)-1]
		if !last.GetFinished() || last.GetDone() > last.GetTotal() || slices.ContainsFunc(out.told[:len(out.told)-1], (*hostpb.RotateProgress).GetFinished) {
			t.Errorf("%v", out.told)
		}
	}
	kinds, newest := l.entries()
	n := 0
	for _, k := range kinds {
		if k == "keys.rotated" {
			n++
		}
	}
	if n != 2 || newest.Kind != "keys.rotated" || newest.Actor != "it" {
		t.Errorf("%q, %+v", kinds, newest)
	}
}

// Who is needed to go on is refused before anything is erased, with what to do
// first; who is not is erased, on record with who did it.
func TestErasePerson(t *testing.T) { // P15, GDPR
	l := newLab(t)
	erase := func(person, reason string, look bool) (*hostpb.Erasure, error) {
		return l.ErasePerson(root, &hostpb.ErasePersonRequest{Person: person, Reason: reason, Look: look})
	}
	set := func(key, value string) {
		t.Helper()
		if err := l.store.Update(t.Context(), func(tx *store.Tx) error { return tx.SetSetting(key, value) }); err != nil {
			t.Fatal(err)
		}
	}
	err := l.store.Update(t.Context(), func(tx *store.Tx) error {
		if err := device.Keep(tx, device.Registration{DeviceID: "bc-1", Email: "Anna.Weber@lab.example", Name: "Anna Weber"}); err != nil {
			return err
		}
		for _, p := range []map[string]string{{"account": "anna", "initials": "AW"}, {"email": "anna.weber@lab.example", "name": "Anna Weber"}} {
			if _, err := tx.Append(store.Entry{Kind: "a.b", Actor: "technician", Personal: p}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	set("support.pins", `{"AW":{"hash":{},"wrong":0}}`)
	set("alarms.handover", `{"text":"quiet night","by":"AW (anna)"}`)
	set("policy.accepted", `anna`)

	_, err = erase(" ", "asked", false)
	l.code("nobody", err, codeNobody)
	_, err = erase("anna", " ", false)
	l.code("no reason", err, codeNoReason)
	_, err = erase("ANNA.WEBER@lab.example", "asked", false)
	l.code("registered", err, codePersonRegistered)
	_, err = erase("anna weber", "asked", true)
	l.code("registered, a look", err, codePersonRegistered)
	_, err = erase("aw", "asked", false)
	l.code("with a PIN", err, codePersonPIN)

	set("support.pins", `{}`)
	found, err := erase("aw", "", true)
	if err != nil || found.GetEntries() != 1 || found.GetOther() != 1 {
		t.Fatal(found, err)
	}
	if found, err = erase("aw", "asked by letter", false); err != nil || found.GetEntries() != 1 || found.GetOther() != 1 {
		t.Fatal(found, err)
	}
	_, newest := l.entries()
	if newest.Kind != "personal.erased" || newest.Actor != "it" || newest.Personal["account"] != "root" || newest.Personal["reason"] != "asked by letter" {
		t.Errorf("%+v", newest)
	}
	for key, want := range map[string]bool{"alarms.handover": false, "policy.accepted": true, "device.registration": true} {
		if _, ok, err := l.store.Setting(t.Context(), key); err != nil || ok != want {
			t.Error(key, ok, err)
		}
	}
	if found, err := erase("aw", "", true); err != nil || found.GetEntries() != 0 {
		t.Error(found, err)
	}
}
