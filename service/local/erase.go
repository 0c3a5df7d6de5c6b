package local

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

// Codes of an erasure that is refused while the person is needed.
const (
	codeNobody           = "person-missing"
	codeNoReason         = "reason-missing"
	codePersonRegistered = "person-registered"
	codePersonPIN        = "person-has-pin"
)

const (
	maxPersonWord  = 300
	maxEraseReason = 500
)

// ErasePerson destroys what is kept of a person (GDPR, article 17), or counts
// it. Who is needed to go on is refused with what to do first.
func (h *Host) ErasePerson(ctx context.Context, r *hostpb.ErasePersonRequest) (*hostpb.Erasure, error) {
	word, reason := strings.TrimSpace(r.GetPerson()), strings.TrimSpace(r.GetReason())
	switch {
	case word == "" || len(word) > maxPersonWord || !utf8.ValidString(word):
		return nil, invalid(codeNobody, "name the person as in the log: account, e-mail, initials or name")
	case !r.GetLook() && reason == "", len(reason) > maxEraseReason, !utf8.ValidString(reason):
		return nil, invalid(codeNoReason, "say why, in at most 500 bytes; it stands in the log")
	}
	who := person(ctx, "")
	personal := who.Fields()
	personal["reason"] = reason
	erased, err := h.config.Store.ErasePerson(ctx, store.Erasing{Word: word, Actor: who.Role, Personal: personal, Look: r.GetLook(), Setting: erasedSetting})
	if err != nil {
		return nil, h.fail("erase person", err)
	}
	return &hostpb.Erasure{Entries: uint64(erased.Entries), Notifications: uint64(erased.Notifications), Other: uint64(erased.Other)}, nil
}

// erasedSetting says what becomes of a setting that names somebody. Settings
// that are not listed hold nobody's data, or, as the policy, what IT signed.
func erasedSetting(key, value string, names func(string) bool) (string, error) {
	switch key {
	case "device.registration":
		var kept struct{ Email, Name string }
		if err := json.Unmarshal([]byte(value), &kept); err != nil {
			return "", err
		}
		if names(kept.Email) || names(kept.Name) {
			return "", refuse(codePersonRegistered, "this PC is registered for this person; register somebody else first")
		}
	case "support.pins":
		var people map[string]json.RawMessage
		if err := json.Unmarshal([]byte(value), &people); err != nil {
			return "", err
		}
		for initials := range people {
			if names(initials) {
				return "", refuse(codePersonPIN, "these initials have a PIN; remove it first: beckmanctl support remove-pin "+initials)
			}
		}
	case "alarms.handover":
		var note struct{ By, Text string }
		if err := json.Unmarshal([]byte(value), &note); err != nil {
			return "", err
		}
		if names(note.By) || names(note.Text) {
			return "", nil // the note of a shift that is over
		}
	}
	return value, nil
}
