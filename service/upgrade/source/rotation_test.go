package source_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/cloud/releases/releasestest"
	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
	"beckmanconnect/service/upgrade/source"
)

// Who stole the key that is online can sign the highest number, and a time far
// ahead. New keys for its role end that, and nothing else does (TUF 5.3.11,
// scenario 36).
func TestStolenTimestampKey(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"highest number": 0, "a time far ahead": 3000 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			p := newPC(t)
			p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
			p.offers("1.0.0")
			path := filepath.Join(p.vendor.Repository.Dir, "metadata", "timestamp.json")
			honest, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			stolen := metadata.Timestamp(p.vendor.Now().Add(ahead + 7*24*time.Hour))
			stolen.Signed.Version = 1 << 40
			stolen.Signed.Meta["snapshot.json"] = metadata.MetaFile(2)
			stolen.Signed.UnrecognizedFields = map[string]any{release.SignedAt: p.vendor.Now().Add(ahead).UTC().Format(time.RFC3339)}
			p.vendor.Write(t, stolen, "timestamp.json", "timestamp-1")
			if ahead > 0 {
				p.refuses(source.ErrExpired) // all else is old by then
			} else {
				p.offers("1.0.0")
			}
			if err := os.WriteFile(path, honest, 0o600); err != nil {
				t.Fatal(err)
			}
			p.refuses(source.ErrRollback)
			if err := os.RemoveAll(filepath.Join(p.dir, "metadata")); err != nil {
				t.Fatal(err)
			}
			if ahead == 0 {
				p.refuses(source.ErrRollback) // the memory knows it, too
			}
			rotate(t, p.vendor)
			p.offers("1.0.0")
		})
	}
}

// rotate gives the timestamp's role another key.
func rotate(t *testing.T, v *releasestest.Vendor) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := metadata.KeyFromPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	root, err := metadata.Root().FromBytes(v.Root)
	if err != nil {
		t.Fatal(err)
	}
	root.Signed.Version = 2
	for _, id := range slices.Clone(root.Signed.Roles[metadata.TIMESTAMP].KeyIDs) {
		err = errors.Join(err, root.Signed.RevokeKey(id, metadata.TIMESTAMP))
	}
	err = errors.Join(err, root.Signed.AddKey(public, metadata.TIMESTAMP),
		os.WriteFile(trust.TUFKeyFile(v.Repository.Keys, metadata.TIMESTAMP, 1), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	v.Write(t, root, "2.root.json", "root-1", "root-2")
	if err := v.Repository.Timestamp(); err != nil {
		t.Fatal(err)
	}
}
