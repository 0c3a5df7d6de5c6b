package cloud

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/vendorpolicy"
)

const (
	vendorPolicyFile  = "vendor-policy.note"
	vendorPolicyEvery = time.Second // how often the file is looked at
)

// vendorPolicy is the vendor's signed policy as it lies in the data folder.
type vendorPolicy struct {
	path      string
	verifiers note.Verifiers

	mu     sync.Mutex
	number uint64
	signed string
	parsed *vendorpolicy.Policy // nil: there is none
}

// openVendorPolicy reads the policy. There may be none; a damaged one is an
// error, so that nobody takes a cloud that sends nothing for one that revokes.
func openVendorPolicy(dir string, verifiers note.Verifiers) (*vendorPolicy, error) {
	v := &vendorPolicy{path: filepath.Join(dir, vendorPolicyFile), verifiers: verifiers}
	if _, err := v.reload(); err != nil {
		return nil, fmt.Errorf("cloud: %w; sign it again, or restore the file", err)
	}
	return v, nil
}

// current is the signed policy, "" without one.
func (v *vendorPolicy) current() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.signed
}

// revokes tells whether the policy revokes an account: it gets nothing here
// either.
func (v *vendorPolicy) revokes(account string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.parsed.RevokesAccount(account)
}

// reload reads the file again and says whether a newer policy lies there. An
// older one is an error: devices refuse it.
func (v *vendorPolicy) reload() (changed bool, err error) {
	signed, err := os.ReadFile(v.path)
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case errors.Is(err, fs.ErrNotExist) && v.number == 0:
		return false, nil
	case err != nil:
		return false, fmt.Errorf("vendor policy: %w", err)
	case string(signed) == v.signed:
		return false, nil
	}
	p, err := vendorpolicy.Parse(signed, v.verifiers)
	if err != nil {
		return false, fmt.Errorf("%s: %w", v.path, err)
	}
	if p.Number <= v.number {
		return false, fmt.Errorf("%s: number %d is not higher than %d", v.path, p.Number, v.number)
	}
	v.number, v.signed, v.parsed = p.Number, string(signed), p
	return true, nil
}

// watchVendorPolicy tells devices of a new one until ctx ends.
func (c *Cloud) watchVendorPolicy(ctx context.Context) {
	tick := time.NewTicker(vendorPolicyEvery)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		changed, err := c.vendor.reload()
		switch {
		case err != nil && err.Error() != said:
			said = err.Error()
			c.Log.Error("the vendor policy stays as it was", "error", err)
		case changed:
			said = ""
			c.Log.Info("new vendor policy", "number", c.vendor.number)
			c.broker.TellPolicy()
		}
	}
}

// SignVendorPolicy signs what text narrows as the next vendor policy of the
// cloud with this configuration; a running one sends it to its devices. after,
// when not 0, is the number it must at least follow: for a data folder that
// was lost.
func SignVendorPolicy(c Config, text string, after uint64, now time.Time) (*vendorpolicy.Policy, error) {
	signer, err := trust.LoadNoteSigner(filepath.Join(c.Private, trust.KeyVendor))
	if err != nil {
		return nil, err
	}
	roots, err := trust.Load(c.Roots)
	if err != nil {
		return nil, err
	}
	v, err := openVendorPolicy(c.Data, roots.Vendor)
	if err != nil {
		return nil, err
	}
	signed, err := vendorpolicy.Sign(text, max(v.number, after)+1, now, signer)
	if err != nil {
		return nil, err
	}
	p, err := vendorpolicy.Parse(signed, roots.Vendor)
	if err != nil { // signed with a key that no device knows
		return nil, fmt.Errorf("cloud: %w; put the keys that belong to %s into %s", err, c.Roots, c.Private)
	}
	return p, v.replace(signed)
}

// replace puts another policy in the file's place, in one step.
func (v *vendorPolicy) replace(signed []byte) error {
	if err := os.MkdirAll(filepath.Dir(v.path), 0o700); err != nil {
		return fmt.Errorf("cloud: vendor policy: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(v.path), ".vendor-policy-*")
	if err != nil {
		return fmt.Errorf("cloud: vendor policy: %w", err)
	}
	_, err = f.Write(signed)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), v.path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("cloud: vendor policy: %w", err)
	}
	return nil
}
