package local

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"beckmanconnect/assets/terms"
	"beckmanconnect/service/notify"
	"beckmanconnect/store"
)

const settingAcceptance = "terms.accepted"

// Accepted is which terms were accepted. By whom stands in the log.
type Accepted struct {
	Version  string    `json:"version"`
	SHA256   string    `json:"sha256"`             // of the words that were read
	Language string    `json:"language,omitempty"` // they were read in
	At       time.Time `json:"at"`
}

// Acceptance is whether IT requirements and terms were accepted in their
// current version, in whichever language (P19). A new version asks again.
type Acceptance struct {
	store   *store.Store
	now     func() time.Time
	current atomic.Bool
}

// NewAcceptance reads what was accepted.
func NewAcceptance(ctx context.Context, s *store.Store, now func() time.Time) (*Acceptance, error) {
	a := &Acceptance{store: s, now: now}
	text, ok, err := s.Setting(ctx, settingAcceptance)
	if err != nil {
		return nil, fmt.Errorf("local: accepted terms: %w", err)
	}
	var accepted Accepted
	if ok && json.Unmarshal([]byte(text), &accepted) == nil {
		_, current := terms.Read(accepted.Version, accepted.SHA256)
		a.current.Store(current)
	}
	return a, nil
}

// Current says whether the current version is accepted. It answers from memory.
func (a *Acceptance) Current() bool { return a.current.Load() }

// accept puts on record who accepted the current version, by its hash in the
// language it was read in; it counts once it is committed.
func (a *Acceptance) accept(ctx context.Context, who notify.Person, sha256Hex, lang string) error {
	accepted := Accepted{Version: terms.Version, SHA256: sha256Hex, Language: lang, At: a.now()}
	text, err := json.Marshal(accepted)
	if err != nil {
		return err
	}
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{
			Kind: "terms.accepted", Actor: who.Role, Subject: accepted.Version,
			Fields: map[string]string{"sha256": accepted.SHA256, "language": lang, "it_requirements_read": "yes"}, Personal: who.Fields(),
		})
		if err != nil {
			return err
		}
		return tx.SetSetting(settingAcceptance, string(text))
	})
	if err == nil {
		a.current.Store(true)
	}
	return err
}
