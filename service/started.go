package service

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/version"
	"beckmanconnect/store"
)

const (
	// settingRunning is there while the service runs: found at a start it tells
	// of a stop that nobody put on record.
	settingRunning = "service.running"
	// settingConfig remembers the configuration by hashes of its values.
	settingConfig = "service.config"
	// maxKeys of a changed configuration are named.
	maxKeys = 40
)

// running is what settingRunning holds.
type running struct {
	Since time.Time `json:"since"`
	Boot  string    `json:"boot"` // of the PC
}

// recordStart puts the start on record, and before it what is found only then:
// a stop that left nothing behind, a configuration that was changed.
func (h *house) recordStart(ctx context.Context) {
	now := h.store.Moment()
	if before, ok := h.ranBefore(ctx); ok {
		pc := "same"
		if before.Boot != now.Boot {
			pc = "restarted"
		}
		h.append(ctx, store.Entry{Kind: "service.stop-missing", Actor: "system", Subject: version.Version(), Fields: map[string]string{
			"started": before.Since.UTC().Format(time.RFC3339), "pc": pc,
		}})
	}
	h.recordConfig(ctx)
	h.recordIdentity(ctx)
	text, err := json.Marshal(running{now.Wall, now.Boot})
	if err != nil {
		h.log.Error("the start is not remembered", "error", err)
	}
	h.record(ctx, "service.started", func(tx *store.Tx) error { return tx.SetSetting(settingRunning, string(text)) })
}

func (h *house) ranBefore(ctx context.Context) (before running, ok bool) {
	text, ok, err := h.store.Setting(ctx, settingRunning)
	if err != nil {
		h.log.Error("whether the service was stopped before is not known", "error", err)
	}
	return before, ok && json.Unmarshal([]byte(text), &before) == nil
}

// recordConfig puts on record which keys of the configuration are others than
// at the last start. Values are not told: some are secrets' places.
func (h *house) recordConfig(ctx context.Context) {
	_, holds, err := hostconfig.Text(h.config.File) // group policy's part is in it
	if err != nil {
		h.log.Warn("the configuration is not compared with the last start's", "error", err)
		return
	}
	text := []byte(holds)
	now, err := hashKeys(text)
	if err != nil {
		h.log.Warn("the configuration is not compared with the last start's", "error", err)
		return
	}
	kept, known, err := h.store.Setting(ctx, settingConfig)
	before := map[string]string{}
	if err == nil && known {
		err = json.Unmarshal([]byte(kept), &before)
	}
	if err != nil {
		h.log.Error("the configuration of the last start is not known", "error", err)
	}
	if known && maps.Equal(before, now) {
		return
	}
	sum := sha256.Sum256(text)
	fields := changes(before, now)
	fields["sha256"] = hex.EncodeToString(sum[:])
	fields["first"] = fmt.Sprint(!known)
	remember, err := json.Marshal(now)
	if err != nil {
		h.log.Error("the configuration is not remembered", "error", err)
		return
	}
	h.append(ctx, store.Entry{Kind: "config.changed", Actor: "it", Subject: "host.toml", Fields: fields},
		func(tx *store.Tx) error { return tx.SetSetting(settingConfig, string(remember)) })
}

// hashKeys gives every key of a TOML text, tables by dots, with a hash of its
// value.
func hashKeys(text []byte) (map[string]string, error) {
	var tree map[string]any
	if _, err := toml.Decode(string(text), &tree); err != nil {
		return nil, err
	}
	out := map[string]string{}
	var walk func(prefix string, table map[string]any) error
	walk = func(prefix string, table map[string]any) error {
		for key, value := range table {
			if below, ok := value.(map[string]any); ok {
				if err := walk(prefix+key+".", below); err != nil {
					return err
				}
				continue
			}
			var text bytes.Buffer
			if err := json.NewEncoder(&text).Encode(value); err != nil {
				return err
			}
			sum := sha256.Sum256(append([]byte(prefix+key+"\x00"), text.Bytes()...))
			out[prefix+key] = hex.EncodeToString(sum[:8])
		}
		return nil
	}
	return out, walk("", tree)
}

// changes names what was added, removed and changed.
func changes(before, now map[string]string) map[string]string {
	var added, removed, changed []string
	for _, key := range slices.Sorted(maps.Keys(now)) {
		if hash, ok := before[key]; !ok {
			added = append(added, key)
		} else if hash != now[key] {
			changed = append(changed, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, ok := now[key]; !ok {
			removed = append(removed, key)
		}
	}
	out := map[string]string{}
	for name, keys := range map[string][]string{"added": added, "removed": removed, "changed": changed} {
		if len(keys) > maxKeys {
			keys = append(keys[:maxKeys:maxKeys], "…")
		}
		if len(keys) > 0 {
			out[name] = strings.ToValidUTF8(strings.Join(keys, " "), "?")
		}
	}
	return out
}
