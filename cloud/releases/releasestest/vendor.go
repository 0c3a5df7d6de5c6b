// Package releasestest is a vendor for tests: a real repository with keys of
// its own, served over HTTPS, that also publishes what a real vendor or a
// hostile mirror never should.
package releasestest

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/cloud/releases"
	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
)

// Vendor is a repository with its keys and its server.
type Vendor struct {
	Repository releases.Repository
	Root       []byte
	URL        string
	CA         *x509.CertPool
	Sent       atomic.Int64 // bytes of answers

	Certificate *x509.Certificate // of the server

	mu      sync.Mutex
	now     time.Time
	dir     string
	hostile func(w http.ResponseWriter, r *http.Request) bool
}

// New makes an empty repository and serves it until the test ends.
func New(t testing.TB) *Vendor {
	t.Helper()
	v := &Vendor{now: time.Now()}
	keys, dir := filepath.Join(t.TempDir(), "keys"), filepath.Join(t.TempDir(), "repository")
	v.dir = dir
	writeKeys(t, keys)
	v.Repository = releases.Repository{Dir: dir, Keys: keys, Now: v.Now, Deltas: releases.DefaultDeltas}
	root, err := v.Repository.Init()
	if err != nil {
		t.Fatal(err)
	}
	v.Root = root
	server := httptest.NewTLSServer(http.HandlerFunc(v.serve))
	t.Cleanup(server.Close)
	v.URL, v.CA = server.URL+"/", x509.NewCertPool()
	v.Certificate = server.Certificate()
	v.CA.AddCert(v.Certificate)
	return v
}

func writeKeys(t testing.TB, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, trust.DirTUF), 0o700); err != nil {
		t.Fatal(err)
	}
	for role, count := range trust.TUFKeys {
		for n := range count {
			_, key, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			der, err := x509.MarshalPKCS8PrivateKey(key)
			if err != nil {
				t.Fatal(err)
			}
			text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
			if err := os.WriteFile(trust.TUFKeyFile(dir, role, n+1), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Now is the vendor's clock.
func (v *Vendor) Now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// Pass lets time go by at the vendor's.
func (v *Vendor) Pass(d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now = v.now.Add(d)
}

// Hostile has answer asked before the repository; it returns true when it has
// answered. Nil: an honest server.
func (v *Vendor) Hostile(answer func(w http.ResponseWriter, r *http.Request) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hostile = answer
}

// Serve serves another folder: an old copy of the repository, for example.
func (v *Vendor) Serve(dir string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.dir = dir
}

// Copy keeps the repository as it is now in a folder of its own.
func (v *Vendor) Copy(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(v.Repository.Dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (v *Vendor) serve(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	hostile, dir := v.hostile, v.dir
	v.mu.Unlock()
	counted := &counter{ResponseWriter: w, sent: &v.Sent}
	if hostile != nil && hostile(counted, r) {
		return
	}
	http.FileServerFS(os.DirFS(dir)).ServeHTTP(counted, r)
}

type counter struct {
	http.ResponseWriter
	sent *atomic.Int64
}

// Unwrap is for http.ResponseController.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.sent.Add(int64(n))
	return n, err
}

// Publish adds a release as the release officers would and returns its digest.
// archive is a packed one, or any bytes, which are packed.
func (v *Vendor) Publish(t testing.TB, version, platform string, archive []byte) string {
	t.Helper()
	return v.PublishAs(t, Describe(version, platform), archive)
}

// PublishAs is Publish with a description.
func (v *Vendor) PublishAs(t testing.TB, d release.Release, archive []byte) string {
	t.Helper()
	archive = Pack(t, archive)
	path := filepath.Join(t.TempDir(), release.ArchiveName(d.Version, d.Platform))
	if err := os.WriteFile(path, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := v.Repository.Add(path, d); err != nil {
		t.Fatal(err)
	}
	return Digest(t, archive)
}

// Pack compresses bytes as releases travel; what is packed stays as it is.
func Pack(t testing.TB, tar []byte) []byte {
	t.Helper()
	if bytes.HasPrefix(tar, []byte("\x28\xb5\x2f\xfd")) {
		return tar
	}
	var b bytes.Buffer
	w, err := release.Compress(&b)
	if err == nil {
		_, err = w.Write(tar)
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Digest is that of the release in an archive.
func Digest(t testing.TB, archive []byte) string {
	t.Helper()
	r, err := release.Decompress(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, r); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// Describe is a usual description. Publish adds the digest.
func Describe(version, platform string) release.Release {
	return release.Release{
		Product: release.Product, Version: version, Platform: platform, Channel: release.Stable,
		Notes: []release.Note{{Language: "en", Title: "Version " + version, Text: "Better."}},
	}
}

// Target is a target that Sign can publish, whatever it says. A description
// without digest gets that of the bytes.
func Target(t testing.TB, archive []byte, description any) *metadata.TargetFiles {
	t.Helper()
	if r, ok := description.(release.Release); ok && r.Digest == "" {
		sum := sha256.Sum256(archive)
		r.Digest = hex.EncodeToString(sum[:])
		description = r
	}
	info, err := metadata.TargetFile().FromBytes("target", archive, "sha256")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(description)
	if err != nil {
		t.Fatal(err)
	}
	raw := json.RawMessage(text)
	info.Custom = &raw
	return info
}

// Sign publishes the newest targets after edit, signed by the keys that signers
// names ("targets-1"; the same twice is possible), with matching snapshot and
// timestamp.
func (v *Vendor) Sign(t testing.TB, edit func(*metadata.TargetsType), signers ...string) {
	t.Helper()
	targets, snapshot, timestamp := metadata.Targets(), metadata.Snapshot(), metadata.Timestamp()
	v.read(t, timestamp, "timestamp.json")
	v.read(t, snapshot, strconv.FormatInt(timestamp.Signed.Meta["snapshot.json"].Version, 10)+".snapshot.json")
	v.read(t, targets, strconv.FormatInt(snapshot.Signed.Meta["targets.json"].Version, 10)+".targets.json")
	edit(&targets.Signed)
	targets.Signed.Version++
	snapshot.Signed.Version++
	timestamp.Signed.Version++
	snapshot.Signed.Meta["targets.json"] = metadata.MetaFile(targets.Signed.Version)
	timestamp.Signed.Meta["snapshot.json"] = metadata.MetaFile(snapshot.Signed.Version)
	v.Write(t, targets, strconv.FormatInt(targets.Signed.Version, 10)+".targets.json", signers...)
	v.Write(t, snapshot, strconv.FormatInt(snapshot.Signed.Version, 10)+".snapshot.json", "snapshot-1")
	v.Write(t, timestamp, "timestamp.json", "timestamp-1")
}

// role is signed metadata of any kind.
type role interface {
	ClearSignatures()
	Sign(signature.Signer) (*metadata.Signature, error)
	ToFile(name string, pretty bool) error
}

func (v *Vendor) path(file string) string { return filepath.Join(v.Repository.Dir, "metadata", file) }

func (v *Vendor) read(t testing.TB, into any, file string) {
	t.Helper()
	text, err := os.ReadFile(v.path(file))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Write signs metadata by the keys named and publishes it.
func (v *Vendor) Write(t testing.TB, m role, file string, signers ...string) {
	t.Helper()
	m.ClearSignatures()
	for _, name := range signers {
		key, err := trust.LoadKey(filepath.Join(v.Repository.Keys, trust.DirTUF, name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		signer, err := signature.LoadSigner(key, crypto.Hash(0))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Sign(signer); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.ToFile(v.path(file), true); err != nil {
		t.Fatal(err)
	}
}
