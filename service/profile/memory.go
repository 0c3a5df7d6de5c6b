package profile

import (
	"context"
	"encoding/json"
	"fmt"
)

// FromSettings keeps the last good text of the named profile in settings.
func FromSettings(name string, get func(ctx context.Context, key string) (string, bool, error), set func(ctx context.Context, key, value string) error) Memory {
	return settings{name, get, set}
}

const settingGood = "profile.good"

type settings struct {
	name string
	get  func(ctx context.Context, key string) (string, bool, error)
	set  func(ctx context.Context, key, value string) error
}

type kept struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

func (s settings) Good(ctx context.Context) (string, bool, error) {
	value, found, err := s.get(ctx, settingGood)
	if err != nil || !found {
		return "", false, err
	}
	var k kept
	if err := json.Unmarshal([]byte(value), &k); err != nil {
		return "", false, fmt.Errorf("profile: the one that was kept cannot be read: %w", err)
	}
	return k.Text, k.Name == s.name && k.Text != "", nil
}

func (s settings) SetGood(ctx context.Context, text string) error {
	value, err := json.Marshal(kept{s.name, text})
	if err != nil {
		return err
	}
	return s.set(ctx, settingGood, string(value))
}
