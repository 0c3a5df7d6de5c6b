// Package source is where upgrades come from: the vendor's TUF repository.
// What a server without the signing keys can do is to delay an upgrade, never
// to have one installed (B10, scenarios 36, 39).
//
// Beyond go-tuf's own checks: the present is never taken to be before a time
// that the vendor signed; metadata on this PC that cannot be read is thrown
// away and fetched again without forgetting which versions were seen; and a
// target has to be of this product, platform and channel.
package source

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
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

// maxArchive bounds a release's archive, whatever the metadata says.
const maxArchive = 1 << 30

// Config says where the repository is and what is wanted of it.
type Config struct {
	URL     string         // of the repository, https
	Root    []byte         // first TUF root, from the trust roots
	CloudCA *x509.CertPool // above the server's certificate
	// Client makes the way out with these roots (netdial.Dialer.Client). It
	// follows no redirect.
	Client   func(*tls.Config) *http.Client
	Dir      string // for metadata, this package's alone
	Platform string
	Channel  string           // empty: release.Stable
	Now      func() time.Time // nil: time.Now
	Patience time.Duration    // with one piece of metadata; 0: 30 s
}

// Source is a repository. It is used by one goroutine at a time.
type Source struct {
	config   Config
	client   *http.Client
	again    *http.Client // resumes TLS sessions
	sessions *sessions
}

// Offer is a release that may be installed.
type Offer struct {
	release.Release
	Digest string // SHA-256 of the archive, hex
	Size   int64
}

// New makes a Source; nothing is fetched before Check.
func New(c Config) *Source {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Channel == "" {
		c.Channel = release.Stable
	}
	if c.Patience <= 0 {
		c.Patience = metadataTime
	}
	s := &Source{config: c, sessions: newSessions()}
	config := tlsConfig(c.CloudCA)
	config.ClientSessionCache = s.sessions
	s.client, s.again = c.Client(config), c.Client(resuming(config))
	return s
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

// offers are all releases of this product, platform and channel.
func (s *Source) offers(ctx context.Context) ([]Offer, error) {
	if len(s.config.Root) == 0 {
		return nil, fmt.Errorf("upgrade source: %w", ErrNoRoot)
	}
	targets, err := s.refresh(ctx)
	if err != nil {
		return nil, fmt.Errorf("upgrade source: %w", err)
	}
	var offers []Offer
	for name, target := range targets {
		r, err := release.Decode(name, target.Custom)
		if err != nil || r.Platform != s.config.Platform || r.Channel != s.config.Channel {
			continue // of somebody else
		}
		hash := target.Hashes["sha256"]
		if len(hash) != sha256.Size || target.Length <= 0 || target.Length > maxArchive {
			continue // signed, but nothing that could be installed
		}
		offers = append(offers, Offer{Release: r, Digest: hex.EncodeToString(hash), Size: target.Length})
	}
	return offers, nil
}

func newer(a, b string) bool { return semver.Compare("v"+a, "v"+b) > 0 }

// Download writes the offered archive to w, and is an error unless it has
// exactly the length and hash that were signed.
func (s *Source) Download(ctx context.Context, o Offer, w io.Writer, progress func(done int64)) error {
	address := s.config.URL + "targets/" + o.Digest + "." + release.ArchiveName(o.Version, o.Platform)
	body, err := s.get(ctx, address)
	if err != nil {
		return fmt.Errorf("upgrade source: download: %w", explain(err))
	}
	defer body.Close()
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, hash, &meter{report: progress}), io.LimitReader(body, o.Size+1))
	switch {
	case err != nil:
		return fmt.Errorf("upgrade source: download: %w", err)
	case n != o.Size:
		return fmt.Errorf("upgrade source: download: %w: %d bytes instead of %d", ErrUntrusted, n, o.Size)
	case hex.EncodeToString(hash.Sum(nil)) != o.Digest:
		return fmt.Errorf("upgrade source: download: %w: the file is not the one that was signed", ErrUntrusted)
	}
	return nil
}

type meter struct {
	done   int64
	report func(int64)
}

func (m *meter) Write(b []byte) (int, error) {
	m.done += int64(len(b))
	m.report(m.done)
	return len(b), nil
}

// refresh brings the metadata up to date and returns the targets.
func (s *Source) refresh(ctx context.Context) (map[string]*metadata.TargetFiles, error) {
	dir := s.metadataDir()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	seen, err := loadSeen(s.seenFile())
	if err != nil {
		return nil, err
	}
	if err := heal(dir); err != nil {
		return nil, err
	}
	set, err := s.walk(ctx, seen)
	if set == nil {
		return nil, err
	}
	if held := seen.under(set.Root); !held.Time.Equal(seen.Time) && errors.Is(err, ErrExpired) {
		set, err = s.walk(ctx, held) // by a time that no thief signed
	}
	if err != nil {
		return nil, err
	}
	seen = seen.under(set.Root)
	now := versionsOf(set)
	// Once more by the time that this very timestamp brought: whoever turns
	// back our clock does not make old signatures young (scenario 36).
	if at := latest(s.config.Now(), latest(now.Time, seen.Time)); expired(set, at) {
		return nil, fmt.Errorf("%w: the present is %s or later", ErrExpired, at.Format(time.DateOnly))
	}
	if now.below(seen) {
		return nil, fmt.Errorf("%w (%s, seen was %s)", ErrRollback, now, seen)
	}
	if err := now.after(seen).save(s.seenFile()); err != nil {
		return nil, err
	}
	return set.Targets[metadata.TARGETS].Signed.Targets, nil
}

// walk is go-tuf's part: from the trusted root to the targets. With an error
// it returns how far it came, nil before there was a root.
func (s *Source) walk(ctx context.Context, seen seen) (*trustedmetadata.TrustedMetadata, error) {
	config, err := tuf.New(s.config.URL+"metadata", s.trustedRoot())
	if err != nil {
		return nil, err
	}
	config.Fetcher = &fetcher{ctx: ctx, source: s}
	config.LocalMetadataDir, config.LocalTargetsDir = s.metadataDir(), s.metadataDir()
	config.MaxDelegations = 0 // there are none
	up, err := updater.New(config)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	if err := s.keepAnchor(); err != nil {
		return nil, err
	}
	up.UnsafeSetRefTime(latest(s.config.Now(), seen.Time)) // go-tuf's name for it; it makes the check stricter here
	err = up.Refresh()
	set := up.GetTrustedMetadataSet()
	if err != nil {
		return &set, explain(err)
	}
	return &set, nil
}

func (s *Source) seenFile() string { return filepath.Join(s.config.Dir, "seen.json") }

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
