package codesign

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"
	"pgregory.net/rapid"
)

func TestSignedManifest(t *testing.T) {
	ca := issue(t, nil, nil)
	signer := issue(t, ca, nil)
	sub := issue(t, ca, authority)
	below := issue(t, sub, nil)
	for name, p := range map[string]Publisher{
		"under the CA":      {[]*x509.Certificate{signer.cert}, signer.key},
		"under a CA of its": {[]*x509.Certificate{below.cert, sub.cert}, below.key},
	} {
		t.Run(name, func(t *testing.T) {
			der, err := p.Sign([]byte(manifest))
			if err != nil {
				t.Fatal(err)
			}
			if err := gate(ca).Manifest([]byte(manifest), der); err != nil {
				t.Error(err)
			}
			later := gate(ca)
			later.Now = func() time.Time { return time.Now().AddDate(10, 0, 0) }
			if err := later.Manifest([]byte(manifest), der); err != nil {
				t.Errorf("a release does not outlive its certificate: %v", err)
			}
		})
	}
	if _, err := Sign([]byte(manifest), []*x509.Certificate{signer.cert}, below.key); err == nil {
		t.Error("signed with a key of another certificate")
	}
	if _, err := Sign([]byte(manifest), nil, below.key); err == nil {
		t.Error("signed without a certificate")
	}
}

// Scenario 39: signed, but not by the publisher, not for this product, not
// over this content, not alone, not any more.
func TestManifestRefuses(t *testing.T) {
	ca, other := issue(t, nil, nil), issue(t, nil, nil)
	good := issue(t, ca, nil)
	tests := map[string]struct {
		sign signing
		text string // what is said to be signed
		gate func(*Gate)
		say  string
	}{
		"swapped content": {sign: signing{signers: []*issued{good}}, text: strings.Replace(manifest, "1.2.3", "6.6.6", 1), say: "digest mismatch"},
		"another product": {sign: signing{content: strings.Replace(manifest, "remotesupport", "other", 1), signers: []*issued{good}}, say: "product"},
		"no product":      {sign: signing{content: `{"version":"1.2.3"}`, signers: []*issued{good}}, say: "product"},
		"product by another name": {
			sign: signing{content: `{"Product":"com.beckmanconnect.remotesupport"}`, signers: []*issued{good}}, say: "product"},
		"not JSON":   {sign: signing{content: "hello", signers: []*issued{good}}, say: "not readable"},
		"another CA": {sign: signing{signers: []*issued{issue(t, other, nil)}}, say: "unknown authority"},
		"another organisation": {sign: signing{signers: []*issued{issue(t, ca, func(c *x509.Certificate) { c.Subject.Organization = []string{"Example"} })}},
			say: "not of the publisher"},
		"two organisations": {sign: signing{signers: []*issued{issue(t, ca, func(c *x509.Certificate) {
			c.Subject.Organization = []string{vendor.Organisation, vendor.Organisation + " of elsewhere"} // sorted behind
		})}}, say: "not of the publisher"},
		"another name": {sign: signing{signers: []*issued{issue(t, ca, func(c *x509.Certificate) { c.Subject.CommonName = "Example Printer Driver" })}},
			say: "not of the publisher"},
		"no purpose": {sign: signing{signers: []*issued{issue(t, ca, func(c *x509.Certificate) { c.ExtKeyUsage = nil })}}, say: "not for code signing"},
		"for servers": {sign: signing{signers: []*issued{issue(t, ca, func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		})}}, say: "not for code signing"},
		"not for signatures": {sign: signing{signers: []*issued{issue(t, ca, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement })}},
			say: "not for signatures"},
		"the CA itself": {sign: signing{signers: []*issued{ca}}, say: "not for code signing"},
		"expired when it signed": {sign: signing{signers: []*issued{issue(t, ca, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(-time.Minute)
		})}}, say: "validity"},
		"not valid yet": {sign: signing{signers: []*issued{issue(t, ca, func(c *x509.Certificate) {
			c.NotBefore = time.Now().Add(time.Minute)
		})}}, say: "validity"},
		"signed ahead of now": {sign: signing{signers: []*issued{good}},
			gate: func(g *Gate) { g.Now = func() time.Time { return time.Now().Add(-48 * time.Hour) } }, say: "ahead of now"},
		"two signers":        {sign: signing{signers: []*issued{good, issue(t, ca, nil)}}, say: "2 signers"},
		"the same twice":     {sign: signing{signers: []*issued{good, good}}, say: "2 signers"},
		"nobody":             {sign: signing{}, say: "0 signers"},
		"SHA-1":              {sign: signing{digest: pkcs7.OIDDigestAlgorithmSHA1, signers: []*issued{good}}, say: "not strong enough"},
		"a content as well":  {sign: signing{signers: []*issued{good}, attached: true}, say: "content of its own"},
		"no attributes":      {sign: signing{signers: []*issued{good}, bare: true}, say: "content of the kind"},
		"a stuffed chain":    {sign: signing{signers: []*issued{good}, extra: []*x509.Certificate{other.cert}}, say: "does not belong"},
		"its own twice":      {sign: signing{signers: []*issued{good}, extra: []*x509.Certificate{good.cert}}, say: "twice"},
		"too many":           {sign: signing{signers: []*issued{good}, extra: []*x509.Certificate{ca.cert, ca.cert, ca.cert, ca.cert, ca.cert}}, say: "6 certificates"},
		"unsigned attribute": {sign: signing{signers: []*issued{good}, config: pkcs7.SignerInfoConfig{ExtraUnsignedAttributes: []pkcs7.Attribute{{Type: oidTimestamp, Value: "x"}}}}, say: "unsigned attribute"},
		"attribute twice": {sign: signing{signers: []*issued{good}, config: pkcs7.SignerInfoConfig{ExtraSignedAttributes: []pkcs7.Attribute{
			{Type: pkcs7.OIDAttributeSigningTime, Value: time.Now().AddDate(-1, 0, 0)}}}}, say: "twice"},
		"revoked":           {sign: signing{signers: []*issued{good}}, gate: func(g *Gate) { g.Revoked = []string{Fingerprint(good.cert)} }, say: "revoked"},
		"a revoked CA":      {sign: signing{signers: []*issued{good}}, gate: func(g *Gate) { g.Revoked = []string{Fingerprint(ca.cert)} }, say: "revoked"},
		"no roots":          {sign: signing{signers: []*issued{good}}, gate: func(g *Gate) { g.Roots = nil }, say: "names no publisher"},
		"no publisher":      {sign: signing{signers: []*issued{good}}, gate: func(g *Gate) { g.Publisher.Name = "" }, say: "names no publisher"},
		"the zero gate":     {sign: signing{signers: []*issued{good}}, gate: func(g *Gate) { *g = Gate{} }, say: "names no publisher"},
		"no product wanted": {sign: signing{content: `{"product":""}`, signers: []*issued{good}}, gate: func(g *Gate) { g.Product = "" }, say: "names no publisher"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.sign.content == "" {
				tt.sign.content = manifest
			}
			if tt.text == "" {
				tt.text = tt.sign.content
			}
			g := gate(ca)
			if tt.gate != nil {
				tt.gate(&g)
			}
			err := g.Manifest([]byte(tt.text), tt.sign.der(t))
			if !errors.Is(err, ErrRefused) || !strings.Contains(strings.ToLower(err.Error()), tt.say) {
				t.Errorf("%v, want a refusal about %q", err, tt.say)
			}
		})
	}
}

// It counts whether the certificate was valid when it signed: a release does not
// become worthless on the day its certificate expires, nor does one that expired
// sign anything new.
func TestExpiredSince(t *testing.T) {
	now := time.Now()
	ca := issue(t, nil, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.AddDate(-9, 0, 0), now.AddDate(-1, 0, 0) })
	signer := issue(t, ca, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.AddDate(-5, 0, 0), now.AddDate(-2, 0, 0) })
	for years, ok := range map[int]bool{-10: false, -7: false, -4: true, -3: true, -1: false, 0: false} {
		if err := gate(ca).accept(signer.cert, nil, now.AddDate(years, 0, 0)); (err == nil) != ok {
			t.Errorf("signed in year %d: %v", years, err)
		}
	}
}

// RSA signs as well as ECDSA; a short key does not.
func TestRSA(t *testing.T) {
	if testing.Short() {
		t.Skip("makes RSA keys")
	}
	ca := issue(t, nil, nil)
	for bits, ok := range map[int]bool{3072: true, 2048: false} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		template := *issue(t, ca, nil).cert
		der, err := x509.CreateCertificate(rand.Reader, &template, ca.cert, key.Public(), ca.key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		signature := signing{content: manifest, signers: []*issued{{cert, key}}}.der(t)
		if err := gate(ca).Manifest([]byte(manifest), signature); (err == nil) != ok {
			t.Errorf("%d bits: %v", bits, err)
		}
		if _, err := Sign([]byte(manifest), []*x509.Certificate{cert}, key); (err == nil) != ok {
			t.Errorf("signing with %d bits: %v", bits, err)
		}
	}
}

// Stuffed: no byte can be added, taken away or changed (scenario 39).
func TestManifestBytes(t *testing.T) {
	ca := issue(t, nil, nil)
	signer := issue(t, ca, nil)
	der := signing{content: manifest, signers: []*issued{signer}}.der(t)
	g := gate(ca)
	for name, bad := range map[string][]byte{
		"nothing": nil, "a byte behind": append(der[:len(der):len(der)], 0), "one less": der[:len(der)-1], "twice": append(der[:len(der):len(der)], der...),
		"no DER": append([]byte{0x30, 0x80}, der[4:]...), "deep": []byte(strings.Repeat("\x30\x80", 20_000)), "long": make([]byte, maxSignature+1),
	} {
		if err := g.Manifest([]byte(manifest), bad); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(der)-1).Draw(t, "at")
		bit := rapid.IntRange(0, 7).Draw(t, "bit")
		bad := append([]byte(nil), der...)
		bad[at] ^= 1 << bit
		p, err := parse(bad)
		if err != nil {
			return
		}
		// What is not signed of a CMS structure, its version numbers, can be
		// flipped; nothing that it says then may differ.
		q, err := parse(der)
		if err != nil {
			t.Fatal(err)
		}
		if g.Manifest([]byte(manifest), bad) == nil && !p.GetOnlySigner().Equal(q.GetOnlySigner()) {
			t.Fatalf("bit %d of byte %d: another signer is accepted", bit, at)
		}
	})
}

func FuzzManifest(f *testing.F) {
	ca := issue(f, nil, nil)
	signer := issue(f, ca, nil)
	f.Add([]byte(manifest), signing{content: manifest, signers: []*issued{signer}}.der(f))
	f.Add([]byte(manifest), signing{content: manifest, signers: []*issued{signer, signer}, attached: true}.der(f))
	f.Add([]byte("{}"), []byte{0x30, 0x80, 0, 0})
	stranger := gate(issue(f, nil, nil))
	f.Fuzz(func(t *testing.T, manifest, der []byte) {
		if err := stranger.Manifest(manifest, der); !errors.Is(err, ErrRefused) {
			t.Errorf("accepted without the CA's key: %v", err)
		}
	})
}

// OpenSSL agrees about what Sign makes, and Manifest about what OpenSSL makes.
func TestOpenSSLAgrees(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	ca := issue(t, nil, nil)
	signer := issue(t, ca, nil)
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	der, err := Sign([]byte(manifest), []*x509.Certificate{signer.cert}, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(signer.key)
	if err != nil {
		t.Fatal(err)
	}
	text, root, cert := write("manifest", []byte(manifest)), write("ca.pem", pemOf("CERTIFICATE", ca.cert.Raw)), write("cert.pem", pemOf("CERTIFICATE", signer.cert.Raw))
	out, err := exec.CommandContext(t.Context(), openssl, "cms", "-verify", "-binary", "-inform", "DER", "-in", write("ours.p7s", der), "-content", text,
		"-CAfile", root, "-purpose", "any").CombinedOutput()
	if err != nil {
		t.Errorf("OpenSSL refuses ours: %v\n%s", err, out)
	}
	theirs := filepath.Join(dir, "theirs.p7s")
	out, err = exec.CommandContext(t.Context(), openssl, "cms", "-sign", "-binary", "-md", "sha256", "-outform", "DER", "-in", text, "-out", theirs,
		"-signer", cert, "-inkey", write("key.pem", pemOf("PRIVATE KEY", key))).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	der, err = os.ReadFile(theirs)
	if err != nil {
		t.Fatal(err)
	}
	if err := gate(ca).Manifest([]byte(manifest), der); err != nil {
		t.Errorf("OpenSSL's is refused: %v", err)
	}
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
