package upgrade

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/service/policy"
	"beckmanconnect/service/upgrade/source"
)

// siteReader reads what IT says about upgrades out of the signed site policy,
// itself: no call carries an address. An older policy than one that was in
// force is refused, also after a restart (scenario 28).
type siteReader struct {
	Path      string
	Verifiers note.Verifiers
	Memory    source.Memory
	Channel   string // where the policy names none; "": stable
	Log       *slog.Logger

	mu      sync.Mutex
	now     policy.Site // what holds; the zero Site without a policy
	refused string      // why what stands in the file does not
}

// Read looks at the file. A policy that is refused is no error: what it would
// widen does not hold then, and the bound of the last good one does. The error
// is the memory's, and then nothing of it is known to hold.
func (r *siteReader) Read(ctx context.Context) error {
	number, before, err := r.Memory.Policy(ctx)
	if err != nil {
		r.hold(policy.Site{}, "what was accepted before is not known")
		return err
	}
	signed, err := readPolicy(r.Path)
	if errors.Is(err, fs.ErrNotExist) && number == 0 {
		r.hold(policy.Site{}, "")
		return nil
	}
	var next *policy.Site
	if err == nil {
		next, err = policy.Parse(signed, r.Verifiers, policy.Defaults())
	}
	switch {
	case err != nil:
		r.refuse(before, err.Error())
	case next.Number < number:
		r.refuse(before, fmt.Sprintf("number %d is older than number %d, which was accepted before", next.Number, number))
	case next.Number == number && !bytes.Equal(signed, before):
		r.refuse(before, fmt.Sprintf("another policy with the same number %d was accepted before", number))
	case next.Number > number:
		if err := r.Memory.SetPolicy(ctx, next.Number, signed); err != nil {
			r.hold(policy.Site{}, "it could not be kept that it was accepted")
			return err
		}
		r.hold(*next, "")
	default:
		r.hold(*next, "")
	}
	return nil
}

// refuse keeps of the policy before only what tightens.
func (r *siteReader) refuse(before []byte, why string) {
	var held policy.Site
	if last, err := policy.Parse(before, r.Verifiers, policy.Defaults()); err == nil {
		held.Upgrade.Rate = last.Upgrade.Rate
	}
	r.hold(held, why)
}

func (r *siteReader) hold(site policy.Site, refused string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if refused != "" && refused != r.refused && r.Log != nil {
		r.Log.Warn("the site policy does not hold for upgrades", "why", refused)
	}
	r.now, r.refused = site, refused
}

// Source is what holds, as of the last Read.
func (r *siteReader) Source() source.Site {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.now.Upgrade
	channel := u.Channel
	if channel == "" {
		channel = r.Channel
	}
	return source.Site{Channel: channel, Mirror: u.Mirror, Rate: u.Rate, InstrumentType: r.now.InstrumentType}
}

// Every is how often the site wants upgrades looked for, 0 for as it is set.
func (r *siteReader) Every() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now.Upgrade.Every
}

func readPolicy(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, policy.MaxSize+1))
}

// siteSource looks at the site's policy before each look at the repository.
type siteSource struct {
	*source.Source
	site *siteReader
}

// Check is source.Source's.
func (s siteSource) Check(ctx context.Context, running string, skip func(digest string) bool) (*source.Offer, error) {
	if err := s.site.Read(ctx); err != nil {
		return nil, err
	}
	return s.Source.Check(ctx, running, skip)
}

// Confirm is source.Source's.
func (s siteSource) Confirm(ctx context.Context, o source.Offer) error {
	if err := s.site.Read(ctx); err != nil {
		return err
	}
	return s.Source.Confirm(ctx, o)
}
