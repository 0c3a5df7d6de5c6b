package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/internal/vendorpolicy"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

// policyMemory keeps accepted policies in the store and what happens to
// policies in the log.
type policyMemory struct {
	store *store.Store
	// copy is a file with the vendor's policy a second time, so that an older
	// database does not bring back who was revoked. It is verified when read.
	copy string
	log  *slog.Logger
}

const (
	settingPolicy       = "policy.accepted"
	settingPolicyNumber = "policy.number"
	settingVendor       = "policy.vendor"
	settingVendorNumber = "policy.vendor-number"
	settingKnown        = "policy.known"

	vendorCopy = "vendor-policy.note"
)

func (m policyMemory) Accepted(ctx context.Context) (number uint64, signed []byte, err error) {
	return m.note(ctx, settingPolicyNumber, settingPolicy)
}

func (m policyMemory) note(ctx context.Context, numberKey, noteKey string) (number uint64, signed []byte, err error) {
	text, ok, err := m.store.Setting(ctx, numberKey)
	if err != nil || !ok {
		return 0, nil, err
	}
	if number, err = strconv.ParseUint(text, 10, 64); err != nil {
		return 0, nil, fmt.Errorf("setting %s: %w", numberKey, err)
	}
	text, _, err = m.store.Setting(ctx, noteKey)
	return number, []byte(text), err
}

// accept keeps a note with its number, in one transaction with its entry.
func (m policyMemory) accept(ctx context.Context, numberKey, noteKey string, number uint64, signed []byte, entry store.Entry) error {
	text := strconv.FormatUint(number, 10)
	entry.Fields["number"] = text
	return m.store.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Append(entry); err != nil {
			return err
		}
		if err := tx.SetSetting(numberKey, text); err != nil {
			return err
		}
		return tx.SetSetting(noteKey, string(signed))
	})
}

func (m policyMemory) Accept(ctx context.Context, site *policy.Site, signed []byte) error {
	return m.accept(ctx, settingPolicyNumber, settingPolicy, site.Number, signed, store.Entry{
		Kind: "policy.accepted", Actor: "system", Subject: site.Hash, Fields: map[string]string{
			"site": site.Site, "class": string(site.Class), "identify": string(site.Identify), "authorise": names(site.Authorise),
		},
	})
}

func (m policyMemory) Refused(ctx context.Context, why string) error {
	return m.append(ctx, store.Entry{Kind: "policy.refused", Actor: "system", Subject: "site-policy", Fields: map[string]string{"why": why}})
}

func (m policyMemory) append(ctx context.Context, entry store.Entry) error {
	return m.store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(entry)
		return err
	})
}

// AcceptedVendor gives the database's copy and the file's; where the file
// cannot be read the database's is all there is.
func (m policyMemory) AcceptedVendor(ctx context.Context) (number uint64, copies [][]byte, err error) {
	number, signed, err := m.note(ctx, settingVendorNumber, settingVendor)
	if err != nil {
		return 0, nil, err
	}
	if signed != nil {
		copies = append(copies, signed)
	}
	if second, err := os.ReadFile(m.copy); err == nil {
		copies = append(copies, second)
	}
	return number, copies, nil
}

// AcceptVendor counts once the database has it; the file is the second copy.
func (m policyMemory) AcceptVendor(ctx context.Context, p *vendorpolicy.Policy, signed []byte) error {
	err := m.accept(ctx, settingVendorNumber, settingVendor, p.Number, signed, store.Entry{
		Kind: "vendor-policy.accepted", Actor: "cloud", Subject: p.Hash, Fields: map[string]string{"issued": p.Issued.UTC().Format(time.RFC3339)},
	})
	if err != nil {
		return err
	}
	if err := writeWhole(m.copy, signed); err != nil {
		m.log.Error("vendor policy: the second copy could not be written", "error", err)
	}
	return nil
}

func (m policyMemory) RefusedVendor(ctx context.Context, why string) error {
	return m.append(ctx, store.Entry{Kind: "vendor-policy.refused", Actor: "cloud", Subject: "vendor-policy", Fields: map[string]string{"why": why}})
}

func (m policyMemory) Known(ctx context.Context) (known policy.Known, ok bool, err error) {
	text, ok, err := m.store.Setting(ctx, settingKnown)
	if err != nil || !ok {
		return known, false, err
	}
	if err := json.Unmarshal([]byte(text), &known); err != nil {
		return policy.Known{}, false, fmt.Errorf("setting %s: %w", settingKnown, err)
	}
	return known, true, nil
}

func (m policyMemory) Keep(ctx context.Context, known policy.Known, news []policy.Capability) error {
	text, err := json.Marshal(known)
	if err != nil {
		return err
	}
	entry := store.Entry{Kind: "capabilities.installed", Actor: "system", Subject: known.Version}
	if len(news) > 0 {
		entry = store.Entry{Kind: "capabilities.new", Actor: "system", Subject: known.Grown[news[0]].Version, Fields: map[string]string{"capabilities": names(news)}}
	}
	return m.store.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Append(entry); err != nil {
			return err
		}
		return tx.SetSetting(settingKnown, string(text))
	})
}

func names(capabilities []policy.Capability) string {
	var out []string
	for _, c := range capabilities {
		out = append(out, string(c))
	}
	return strings.Join(out, " ")
}

// writeWhole replaces a file in one step.
func writeWhole(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
