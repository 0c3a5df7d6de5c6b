package policy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// asked counts how often it is asked what was accepted.
type asked struct {
	memory
	times  int   // twice by one judgement
	broken error // of Accepted
}

func (a *asked) Accepted(ctx context.Context) (uint64, []byte, error) {
	a.times++
	if a.broken != nil {
		return 0, nil, a.broken
	}
	return a.memory.Accepted(ctx)
}

// A PC without a policy, or with one that does not change, is judged once and
// tells nobody of anything. What could not be remembered is looked at again.
func TestNothingHappensWhileNothingChanges(t *testing.T) {
	signer, verifiers := keys(t)
	for name, row := range map[string]struct {
		file   bool
		broken error
		most   int
	}{
		"no policy": {false, nil, 2}, "a policy": {true, nil, 2}, "a memory that is broken": {false, errors.New("broken"), 1000},
	} {
		path := filepath.Join(t.TempDir(), "site-policy.note")
		if row.file {
			if err := os.WriteFile(path, sign(t, signer, "number=3\ninstrument_class=\"general\"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Test(t, func(t *testing.T) {
			m := &asked{broken: row.broken}
			k := NewKeeper(t.Context(), Config{Path: path, Verifiers: verifiers, Memory: m})
			told := 0
			k.Subscribe(func(*Effective) { told++ })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := k.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			if m.times > row.most || row.broken != nil && m.times < 20 || row.broken == nil && told > 0 {
				t.Errorf("%s: asked %d times, told %d times", name, m.times, told)
			}
		})
	}
}
