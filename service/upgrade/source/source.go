// Package source is where upgrades come from: the vendor's TUF repository.
// What a server without the signing keys can do is to delay an upgrade, never
// to have one installed (B10, scenarios 36, 39).
//
// Beyond go-tuf's own checks: the present is never taken to be before a time
// that the vendor signed or this program was built; metadata on this PC that
// cannot be read is thrown away and fetched again without forgetting which
// versions were seen; and a target has to be of this product and platform, and
// of the channel and for the instrument that the signed site policy names.
package source

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	tuf "github.com/theupdateframework/go-tuf/v2/metadata/config"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"
	"golang.org/x/mod/semver"

	"beckmanconnect/internal/release"
)

// Kinds of failure, for errors.Is. Others are of the network or the disk.
var (
	// ErrExpired: nobody signed for too long; the mirror may hold news back.
	ErrExpired = errors.New("the vendor's signatures have expired")
	// ErrRollback: what is offered is older than what was seen.
	ErrRollback = errors.New("the repository went back to an older state")
	// ErrUntrusted: a signature, a hash or a length is wrong.
	ErrUntrusted = errors.New("the repository's signatures do not hold")
	// ErrWithdrawn: what was offered is not offered any more.
	ErrWithdrawn = errors.New("it is not offered any more")
	// ErrNoRoot: the trust roots of this PC name no repository.
	ErrNoRoot = errors.New("these trust roots offer no upgrades")
	// ErrUnreachable: the repository does not answer.
	ErrUnreachable = errors.New("the upgrade server cannot be reached")
)

// Config says where the repository is and what is wanted of it.
type Config struct {
	URL     string         // of the vendor's repository, https, with a slash at its end
	Root    []byte         // first TUF root, from the trust roots
	CloudCA *x509.CertPool // above the server's certificate
	// Client makes the way out with these roots (netdial.Dialer.Client). It
	// follows no redirect.
	Client   func(*tls.Config) *http.Client
	Dir      string // for metadata, memory and what is fetched, this package's alone
	Platform string
	// Site is what the signed site policy says, asked at each call; nil: nothing.
	Site func() Site
	// Installed is the digest of the version that runs, where deltas start; nil
	// or "": none, so that only whole archives are fetched.
	Installed func() (digest string, err error)
	// Built is when this program was built. The present is not before it.
	Built time.Time
	// MirrorCA is above the certificate of a mirror; nil: what the system trusts.
	MirrorCA *x509.CertPool
	Pause    time.Duration    // before a download that was cut goes on, doubled each time; 0: 1 s
	Clock    Clock            // what Site.Rate is kept by; nil: time as it passes
	Now      func() time.Time // nil: time.Now
	Patience time.Duration    // with one piece of metadata; 0: 30 s
	Log      *slog.Logger
}

// Site is what the site's signed policy says about where upgrades come from.
// None of it makes anything trusted.
type Site struct {
	Channel        string // "": release.Stable; release.Pilot is offered both
	Mirror         string // address that stands in for Config.URL, "": none
	Rate           int    // kbit/s at which releases are fetched at most; 0: no bound
	InstrumentType string // "": unknown, and only what is for all is offered
}

// Source is a repository. It is used by one goroutine at a time.
type Source struct {
	config   Config
	at       string // the address that the clients are for
	client   *http.Client
	again    *http.Client // resumes sessions
	sessions *sessions
	known    []way // all that is on offer, as of the last look
}

// Offer is a release that may be installed.
type Offer struct {
	release.Release
	Digest string // of the release, hex: the SHA-256 of its tar
	Size   int64  // bytes of its whole archive, as it travels
	Fetch  int64  // bytes of the cheapest way for this PC
	Delta  bool   // that way is a delta
}

// way is a file that a release can be fetched as.
type way struct {
	release.Release
	name   string
	digest string // of the file, hex
	size   int64
}

// New makes a Source; nothing is fetched before Check.
func New(c Config) *Source {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Pause <= 0 {
		c.Pause = time.Second
	}
	if c.Patience <= 0 {
		c.Patience = metadataTime
	}
	if c.Site == nil {
		c.Site = func() Site { return Site{} }
	}
	if c.Installed == nil {
		c.Installed = func() (string, error) { return "", nil }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Source{config: c}
}

// Check refreshes the metadata and returns the newest release above the
// running version, nil when there is none. Releases whose digest is in skip
// are passed over.
func (s *Source) Check(ctx context.Context, running string, skip func(digest string) bool) (*Offer, error) {
	offers, err := s.offers(ctx)
	if err != nil {
		return nil, err
	}
	var best *Offer
	for _, o := range offers {
		if !newer(o.Version, running) || skip(o.Digest) {
			continue
		}
		if best == nil || newer(o.Version, best.Version) {
			best = &o
		}
	}
	return best, nil
}

// Confirm refreshes the metadata and is an error unless the offer still
// stands: a release that was withdrawn after it was offered is not installed
// (scenario 39).
func (s *Source) Confirm(ctx context.Context, o Offer) error {
	offers, err := s.offers(ctx)
	if err != nil {
		return err
	}
	for _, now := range offers {
		if now.Digest == o.Digest && now.Version == o.Version && now.Size == o.Size {
			return nil
		}
	}
	return fmt.Errorf("upgrade source: version %s: %w", o.Version, ErrWithdrawn)
}

// offers are all releases of this product and platform that the site's channel
// and instrument may have.
func (s *Source) offers(ctx context.Context) ([]Offer, error) {
	if len(s.config.Root) == 0 {
		return nil, fmt.Errorf("upgrade source: %w", ErrNoRoot)
	}
	targets, err := s.refresh(ctx)
	if err != nil {
		return nil, fmt.Errorf("upgrade source: %w", err)
	}
	s.known = nil
	for name, target := range targets {
		r, err := release.Decode(name, target.Custom)
		if err != nil || r.Platform != s.config.Platform {
			continue // of somebody else
		}
		hash := target.Hashes["sha256"]
		if len(hash) != sha256.Size || target.Length <= 0 || target.Length > release.MaxPacked {
			continue // signed, but nothing that could be installed
		}
		s.known = append(s.known, way{Release: r, name: name, digest: hex.EncodeToString(hash), size: target.Length})
	}
	var offers []Offer
	site := s.config.Site()
	for _, w := range s.known {
		if w.From != "" || !site.may(w.Release) {
			continue
		}
		o := Offer{Release: w.Release, Digest: w.Digest, Size: w.size, Fetch: w.size}
		if d := s.delta(w); d != nil {
			o.Fetch, o.Delta = d.size, true
		}
		offers = append(offers, o)
	}
	return offers, nil
}

// may tells whether a release is for this site.
func (s Site) may(r release.Release) bool {
	channel := r.Channel == release.Stable || s.Channel == release.Pilot && r.Channel == release.Pilot
	line := len(r.Lines) == 0 || s.InstrumentType != "" && slices.Contains(r.Lines, s.InstrumentType)
	return channel && line
}

// delta is the delta from the installed version to a release, nil when there is
// none or it saves nothing.
func (s *Source) delta(full way) *way {
	installed, err := s.config.Installed()
	if err != nil || installed == "" {
		return nil
	}
	for _, w := range s.known {
		if w.From == installed && w.Digest == full.Digest && w.Version == full.Version && w.size < full.size {
			return &w
		}
	}
	return nil
}

func newer(a, b string) bool { return semver.Compare("v"+a, "v"+b) > 0 }

// refresh brings the metadata up to date and returns the targets.
func (s *Source) refresh(ctx context.Context) (map[string]*metadata.TargetFiles, error) {
	dir := s.metadataDir()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	memory := NewMemory(s.config.Dir)
	seen, err := memory.seen(ctx)
	if err != nil {
		return nil, err
	}
	if err := heal(dir); err != nil {
		return nil, err
	}
	config, err := tuf.New(s.base()+"metadata", s.trustedRoot())
	if err != nil {
		return nil, err
	}
	config.Fetcher = &fetcher{ctx: ctx, source: s}
	config.LocalMetadataDir, config.LocalTargetsDir = dir, dir
	config.MaxDelegations = 0 // there are none
	up, err := updater.New(config)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	if err := s.keepAnchor(); err != nil {
		return nil, err
	}
	present := latest(s.config.Now(), s.config.Built)
	up.UnsafeSetRefTime(present) // go-tuf's name for it; it makes the check stricter here
	if err := up.Refresh(); err != nil {
		return nil, explain(err)
	}
	set := up.GetTrustedMetadataSet()
	now := versionsOf(&set)
	seen = seen.rotated(now)
	// Once more by the times that the vendor signed, this very timestamp's among
	// them: whoever turns back our clock does not make old signatures young
	// (scenario 36).
	if at := latest(present, latest(seen.Time, now.Time)); expired(&set, at) {
		return nil, fmt.Errorf("%w: the present is %s or later", ErrExpired, at.Format(time.DateOnly))
	}
	if now.below(seen) {
		return nil, fmt.Errorf("%w (%s, seen was %s)", ErrRollback, now, seen)
	}
	if next := now.after(seen); next != seen {
		if err := memory.see(ctx, next); err != nil {
			return nil, err
		}
	}
	return up.GetTopLevelTargets(), nil
}

func expired(set *trustedmetadata.TrustedMetadata, at time.Time) bool {
	return set.Root.Signed.IsExpired(at) || set.Timestamp.Signed.IsExpired(at) || set.Snapshot.Signed.IsExpired(at) ||
		set.Targets[metadata.TARGETS].Signed.IsExpired(at)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b.UTC()
	}
	return a.UTC()
}

// explain sorts go-tuf's errors into kinds that people can be told.
func explain(err error) error {
	var expired *metadata.ErrExpiredMetadata
	var version *metadata.ErrBadVersionNumber
	var answer *metadata.ErrDownloadHTTP
	switch {
	case errors.Is(err, ErrUnreachable), errors.Is(err, ErrUntrusted), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &expired):
		return fmt.Errorf("%w: %w", ErrExpired, err)
	case errors.As(err, &version):
		return fmt.Errorf("%w: %w", ErrRollback, err)
	case errors.As(err, &answer):
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return fmt.Errorf("%w: %w", ErrUntrusted, err)
}
