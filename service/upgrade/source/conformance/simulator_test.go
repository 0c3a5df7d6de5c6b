package conformance

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/internal/release"
)

const (
	root      = metadata.ROOT
	timestamp = metadata.TIMESTAMP
	snapshot  = metadata.SNAPSHOT
	targets   = metadata.TARGETS
)

// simulator is a TUF repository whose metadata a case edits and publishes
// step by step, with one key a role to begin with, and the server in front of
// it. What was published stays as it was.
type simulator struct {
	t         testing.TB
	Root      *metadata.Metadata[metadata.RootType]
	Timestamp *metadata.Metadata[metadata.TimestampType]
	Snapshot  *metadata.Metadata[metadata.SnapshotType]
	Targets   map[string]*metadata.Metadata[metadata.TargetsType] // "targets" and delegated roles
	Signers   map[string][]signer
	Hashes    bool // timestamp and snapshot say length and hash
	Tags      bool // the server knows entity tags, as the cloud does

	mu        sync.Mutex
	published map[string][][]byte // by role, version 1 first
	artifacts map[string][]byte   // by path below targets/
	asked     []string            // "root 2", "timestamp"
	fetched   []string            // artifacts
	unchanged int                 // answers 304

	url string
	ca  *x509.CertPool
}

func newSimulator(t testing.TB) *simulator {
	expires := time.Now().UTC().Truncate(time.Second).AddDate(0, 0, 30)
	s := &simulator{
		t: t, Root: metadata.Root(expires), Timestamp: metadata.Timestamp(expires), Snapshot: metadata.Snapshot(expires),
		Targets: map[string]*metadata.Metadata[metadata.TargetsType]{targets: metadata.Targets(expires)},
		Signers: map[string][]signer{}, published: map[string][][]byte{}, artifacts: map[string][]byte{},
	}
	s.Root.Signed.ConsistentSnapshot = true
	for _, role := range []string{root, timestamp, snapshot, targets} {
		s.addKey(role, newSigner(t, "ecdsa", nil))
	}
	s.publish(targets, snapshot, timestamp, root)
	server := httptest.NewTLSServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.url, s.ca = server.URL+"/", x509.NewCertPool()
	s.ca.AddCert(server.Certificate())
	return s
}

// addKey gives a role of the root a key that signs from now on.
func (s *simulator) addKey(role string, key signer) {
	s.t.Helper()
	if err := s.Root.Signed.AddKey(key.key, role); err != nil {
		s.t.Fatal(err)
	}
	s.Signers[role] = append(s.Signers[role], key)
}

// rotate takes all keys of a role out of use and gives it one new one.
func (s *simulator) rotate(role string) {
	s.Root.Signed.Roles[role].KeyIDs, s.Signers[role] = nil, nil
	s.addKey(role, newSigner(s.t, "ecdsa", nil))
}

// dropSigner has a role signed by one key less.
func (s *simulator) dropSigner(role string) {
	s.Signers[role] = s.Signers[role][:len(s.Signers[role])-1]
}

// publish signs the next version of each role, the first time version 1, and
// notes snapshot's and targets' in what lists them.
func (s *simulator) publish(roles ...string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, role := range roles {
		text := s.sign(role, len(s.published[role]) > 0)
		s.published[role] = append(s.published[role], text)
		info := func(version int64) *metadata.MetaFiles {
			m := metadata.MetaFile(version)
			if s.Hashes {
				sum := sha256.Sum256(text)
				m.Length, m.Hashes = int64(len(text)), metadata.Hashes{"sha256": sum[:]}
			}
			return m
		}
		switch role {
		case root, timestamp:
		case snapshot:
			s.Timestamp.Signed.Meta["snapshot.json"] = info(s.Snapshot.Signed.Version)
		default:
			s.Snapshot.Signed.Meta[role+".json"] = info(s.Targets[role].Signed.Version)
		}
	}
}

func (s *simulator) sign(role string, next bool) []byte {
	s.t.Helper()
	more := int64(0)
	if next {
		more = 1
	}
	switch role {
	case root:
		s.Root.Signed.Version += more
		return sign(s.t, s.Root, s.Signers[role])
	case timestamp:
		s.Timestamp.Signed.Version += more
		return sign(s.t, s.Timestamp, s.Signers[role])
	case snapshot:
		s.Snapshot.Signed.Version += more
		return sign(s.t, s.Snapshot, s.Signers[role])
	}
	s.Targets[role].Signed.Version += more
	return sign(s.t, s.Targets[role], s.Signers[role])
}

// forget takes back what a role published: its next version is signed as it
// stands.
func (s *simulator) forget(role string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.published, role)
}

// last is what a role published last; change replaces it.
func (s *simulator) last(role string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.published[role]
	return all[len(all)-1]
}

func (s *simulator) change(role string, text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.published[role][len(s.published[role])-1] = text
}

// requests are the requests for metadata since the last call.
func (s *simulator) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

func (s *simulator) downloads() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fetched)
}

func (s *simulator) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, isMetadata := strings.CutPrefix(r.URL.Path, "/metadata/")
	if isMetadata {
		s.serveMetadata(w, r, strings.TrimSuffix(file, ".json"))
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/targets/")
	s.fetched = append(s.fetched, path)
	data, ok := s.artifacts[path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(data)
}

func (s *simulator) serveMetadata(w http.ResponseWriter, r *http.Request, name string) {
	role, version := name, 0
	if before, after, found := strings.Cut(name, "."); found {
		if n, err := strconv.Atoi(before); err == nil {
			role, version = after, n
		}
	}
	all := s.published[role]
	if version == 0 {
		s.asked = append(s.asked, role)
		version = len(all)
	} else {
		s.asked = append(s.asked, role+" "+strconv.Itoa(version))
	}
	if version < 1 || version > len(all) {
		http.NotFound(w, r)
		return
	}
	text := all[version-1]
	if s.Tags && r.Header.Get("If-None-Match") == release.Tag(text) {
		s.unchanged++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(text)
}

// delegate adds a delegated role with a key of its own to a delegator.
func (s *simulator) delegate(delegator string, role metadata.DelegatedRole) signer {
	s.t.Helper()
	from := s.Targets[delegator]
	if from.Signed.Delegations == nil {
		from.Signed.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{}}
	}
	key := newSigner(s.t, "ecdsa", nil)
	role.KeyIDs, role.Threshold = []string{key.id}, 1
	from.Signed.Delegations.Keys[key.id] = key.key
	from.Signed.Delegations.Roles = append(from.Signed.Delegations.Roles, role)
	s.Signers[role.Name] = append(s.Signers[role.Name], key)
	if s.Targets[role.Name] == nil {
		s.Targets[role.Name] = metadata.Targets(s.Root.Signed.Expires)
	}
	return key
}

// delegated are the names of all delegated roles.
func (s *simulator) delegated() []string {
	names := slices.Sorted(maps.Keys(s.Targets))
	return slices.DeleteFunc(names, func(name string) bool { return name == targets })
}

// put has data served as the target of this name, without a word in metadata.
func (s *simulator) put(name string, hash, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.artifacts[hex.EncodeToString(hash)+"."+name] = data
}
