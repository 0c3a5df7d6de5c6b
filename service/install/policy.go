package install

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/trust"
	"beckmanconnect/service/policy"
)

// judgePolicy reads a signed site policy and judges it by the trust roots that
// are in place. It returns what is to be written; nil when that stands there
// already. What it authorises is authorised by its signature alone: an
// installation has no other word for it (P25, scenario 40).
func judgePolicy(path string, config hostconfig.Config) ([]byte, error) {
	signed, err := readPolicy(path)
	if err != nil {
		return nil, fmt.Errorf("site policy: %w", err)
	}
	roots, err := trust.Load(config.Trust)
	if err != nil {
		return nil, fmt.Errorf("site policy: what verifies it: %w", err)
	}
	next, err := policy.Parse(signed, roots.Policy, policy.Defaults())
	if err != nil {
		return nil, fmt.Errorf("site policy %s is refused: %w", path, err)
	}
	before, err := readPolicy(config.Policy)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return signed, nil
	case err != nil:
		return nil, fmt.Errorf("site policy in place: %w", err)
	case bytes.Equal(before, signed):
		return nil, nil
	}
	// One in place that does not hold is no reason to keep it.
	if old, err := policy.Parse(before, roots.Policy, policy.Defaults()); err == nil && old.Number >= next.Number {
		return nil, fmt.Errorf("site policy %s is refused: its number %d is not newer than %d, which is in place", path, next.Number, old.Number)
	}
	return signed, nil
}

func readPolicy(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	signed, err := io.ReadAll(io.LimitReader(f, policy.MaxSize+1))
	if err == nil && len(signed) > policy.MaxSize {
		err = fmt.Errorf("%s is larger than a policy can be", path)
	}
	return signed, err
}
