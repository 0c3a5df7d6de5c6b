package device

import (
	"context"
	"encoding/json"
	"fmt"

	"beckmanconnect/store"
)

const (
	settingRegistration = "device.registration"
	// SettingRefused keeps what the cloud said of this identity (SetRefused)
	// over a restart.
	SettingRefused = "device.refused"
)

// Keep writes a registration in the caller's transaction. Settings are sealed:
// it names a person.
func Keep(tx *store.Tx, r Registration) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return tx.SetSetting(settingRegistration, string(text))
}

// Drop forgets the registration, in the caller's transaction: its key is about
// to be set aside. What the cloud said of it goes with it.
func Drop(tx *store.Tx) error {
	if err := tx.DeleteSetting(SettingRefused); err != nil {
		return err
	}
	return tx.DeleteSetting(settingRegistration)
}

// Kept gives the registration that was kept; ok is false when there is none.
func Kept(ctx context.Context, s *store.Store) (r Registration, ok bool, err error) {
	text, ok, err := s.Setting(ctx, settingRegistration)
	if err != nil || !ok {
		return r, false, err
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, false, fmt.Errorf("device: kept registration: %w", err)
	}
	return r, true, nil
}
