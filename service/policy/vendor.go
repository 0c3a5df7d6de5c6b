package policy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"beckmanconnect/internal/vendorpolicy"
)

// VendorMemory remembers the vendor's policy and the highest number that was
// ever in force.
type VendorMemory interface {
	// AcceptedVendor gives that number, and the copies that were kept: there
	// is more than one place, so that a restored database does not bring back
	// who was revoked. No copy is believed before its signature was verified.
	AcceptedVendor(ctx context.Context) (number uint64, copies [][]byte, err error)
	// AcceptVendor is durable and in the log when it returns.
	AcceptVendor(ctx context.Context, p *vendorpolicy.Policy, signed []byte) error
	// RefusedVendor puts into the log that one was refused.
	RefusedVendor(ctx context.Context, why string) error
}

// vendorKeeper is the Keeper's part that keeps the vendor's policy.
type vendorKeeper struct {
	mu       sync.Mutex
	recalled bool
	number   uint64 // highest that was in force
	signed   []byte // of the one in force; nil: there is none, or it is lost
	pending  []byte // could not be kept yet; Run tries again
	// log are the reasons that are in the log already: a hostile broker can
	// send for ever, and the log has to end somewhere.
	log map[string]bool
}

// VendorRefused is why OfferVendor did not take a policy.
type VendorRefused struct {
	Code string // stable
	Err  error  // nil: the code says it all
}

func (r *VendorRefused) Error() string {
	if r.Err == nil {
		return "policy: vendor policy refused: " + r.Code
	}
	return fmt.Sprintf("policy: vendor policy refused: %s: %v", r.Code, r.Err)
}

func (r *VendorRefused) Unwrap() error { return r.Err }

// recallVendor puts the policy that was in force before the restart in force
// again. Where one was and none of its copies verifies, it cannot be told who
// was revoked: then remote support is off until the cloud has sent it again.
func (k *Keeper) recallVendor(ctx context.Context) error {
	v := &k.vendor
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.recalled {
		return nil
	}
	number, copies, err := k.config.Memory.AcceptedVendor(ctx)
	if err != nil {
		k.setVendor(nil, "it cannot be read which vendor policy was in force")
		return fmt.Errorf("policy: vendor policy: %w", err)
	}
	v.recalled = true
	var best *vendorpolicy.Policy
	var signed []byte
	for _, c := range copies {
		if p, err := vendorpolicy.Parse(c, k.config.Vendor); err == nil && (best == nil || p.Number > best.Number) {
			best, signed = p, c
		}
	}
	v.number = number
	switch {
	case best != nil && best.Number > number:
		// The database is older than the other copy.
		if err := k.config.Memory.AcceptVendor(ctx, best, signed); err != nil {
			k.config.Log.Error("vendor policy: the newer copy could not be kept again", "error", err)
		}
		v.number = best.Number
		fallthrough
	case best != nil && best.Number == number:
		v.signed = signed
		k.setVendor(best, "")
	case number > 0:
		k.setVendor(nil, fmt.Sprintf("vendor policy number %d was in force, and no copy of it can be verified", number))
	default:
		k.setVendor(nil, "")
	}
	return nil
}

// OfferVendor takes a vendor's policy from the cloud. It is in the log and on
// the disk before it is in force. Unsigned, older or not understood, it is
// refused, and what was in force stays (scenario 28).
func (k *Keeper) OfferVendor(ctx context.Context, signed []byte) error {
	v := &k.vendor
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.recalled {
		v.pending = bytes.Clone(signed)
		return &VendorRefused{Code: "not-ready"}
	}
	if v.signed != nil && bytes.Equal(signed, v.signed) {
		return nil
	}
	p, err := vendorpolicy.Parse(signed, k.config.Vendor)
	switch {
	case errors.Is(err, vendorpolicy.ErrUnsigned):
		return k.refuseVendor(ctx, &VendorRefused{Code: "unsigned"})
	case err != nil:
		return k.refuseVendor(ctx, &VendorRefused{Code: "not-understood", Err: err})
	case p.Number < v.number:
		return k.refuseVendor(ctx, &VendorRefused{Code: "older"})
	case p.Number == v.number && v.signed != nil:
		return k.refuseVendor(ctx, &VendorRefused{Code: "same-number"})
	}
	if err := k.config.Memory.AcceptVendor(ctx, p, signed); err != nil {
		v.pending = bytes.Clone(signed)
		return k.refuseVendor(ctx, &VendorRefused{Code: "not-kept", Err: err})
	}
	v.number, v.signed, v.pending = p.Number, bytes.Clone(signed), nil
	clear(v.log)
	k.setVendor(p, "")
	k.config.Log.Info("vendor policy accepted", "number", p.Number, "sha256", p.Hash)
	k.evaluate()
	return nil
}

// refuseVendor logs each reason once until a policy is accepted again.
func (k *Keeper) refuseVendor(ctx context.Context, r *VendorRefused) error {
	if k.vendor.log[r.Code] {
		return r
	}
	k.vendor.log[r.Code] = true
	if err := k.config.Memory.RefusedVendor(ctx, r.Code); err != nil {
		return errors.Join(r, err)
	}
	return r
}

// retryVendor offers again what could not be kept: while a log cannot be
// written there are no sessions, and with it comes back who was revoked.
func (k *Keeper) retryVendor(ctx context.Context) {
	k.vendor.mu.Lock()
	pending := k.vendor.pending
	k.vendor.mu.Unlock()
	if pending != nil {
		_ = k.OfferVendor(ctx, pending) // it stays pending, and its reason is in the log
	}
}

func (k *Keeper) setVendor(p *vendorpolicy.Policy, lost string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.layers.Vendor, k.layers.VendorLost = p, lost
}
