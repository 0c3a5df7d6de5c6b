package policy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
)

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func publicPEM(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf("PUBLIC KEY", der)
}

func TestLogTable(t *testing.T) { // P15
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{publicPEM(t, &key.PublicKey), pemOf("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey)), "\n" + publicPEM(t, &key.PublicKey) + "\n"} {
		s := site(t, "number=1\n[log]\nkeep=\"90d\"\nconfidential=[\"name\",\"reason\"]\nconfidential_key='''\n"+text+"'''\n")
		if l := evaluate(s, "", Facts{}).Log(); l.Keep != 90*24*time.Hour || !l.ConfidentialKey.Equal(&key.PublicKey) || !slices.Equal(l.Confidential, []string{"name", "reason"}) {
			t.Errorf("%+v", l)
		}
		// While another policy is refused, the key still seals (scenario 28).
		if l := evaluate(s, "the file cannot be read", Facts{}).Log(); l.Keep != 0 || !l.ConfidentialKey.Equal(&key.PublicKey) || len(l.Confidential) != 2 {
			t.Errorf("%+v", l)
		}
	}
	if l := evaluate(site(t, "number=1\n[log]\nkeep=\"720h\"\n"), "", Facts{}).Log(); l.Keep != 720*time.Hour || l.ConfidentialKey != nil {
		t.Errorf("%+v", l)
	}
	for _, s := range []*Site{nil, site(t, "number=1\n"), site(t, "number=1\n[log]\n")} {
		if l := evaluate(s, "", Facts{}).Log(); l.Keep != 0 || l.ConfidentialKey != nil || l.Confidential != nil {
			t.Errorf("%+v", l)
		}
	}
}

// What is wrong is refused as a whole, and the error says in which line.
func TestLogTableIsExact(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	huge := &rsa.PublicKey{N: new(big.Int).SetBit(new(big.Int).Lsh(big.NewInt(1), 9000), 0, 1), E: 65537}
	even := &rsa.PublicKey{N: key.N, E: 65536}
	quoted := func(text string) string { return "confidential_key='''\n" + text + "'''" }
	for name, row := range map[string]struct{ line, says string }{
		"short":           {`keep="29d"`, "30d"},
		"short hours":     {`keep="719h"`, "30d"},
		"negative":        {`keep="-90d"`, "30d"},
		"no number":       {`keep="d"`, "30d"},
		"half a day":      {`keep="30.5d"`, "30d"},
		"years":           {`keep="1y"`, "30d"},
		"for ever":        {`keep="99999999999999999999d"`, "30d"},
		"overflow":        {`keep="213503982334602d"`, "30d"},
		"a number":        {`keep=90`, "30d"},
		"no PEM":          {`confidential_key="x"`, "no PEM block"},
		"weak":            {quoted(publicPEM(t, &weak.PublicKey)), "1024 bits"},
		"huge":            {quoted(publicPEM(t, huge)), "9001 bits"},
		"even exponent":   {quoted(publicPEM(t, even)), ""},
		"a curve":         {quoted(publicPEM(t, &curve.PublicKey)), "no RSA key"},
		"private":         {quoted(pemOf("PRIVATE KEY", private)), "private key"},
		"private, RSA":    {quoted(pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))), "private key"},
		"two":             {quoted(publicPEM(t, &key.PublicKey) + publicPEM(t, &key.PublicKey)), "more than one"},
		"garbage":         {quoted(pemOf("PUBLIC KEY", []byte("x"))), "cannot be read"},
		"another block":   {quoted(pemOf("X", []byte("x"))), "PEM block"},
		"names alone":     {`confidential=["name"]`, "no confidential_key"},
		"no names":        {"confidential=[]", "0 names"},
		"a name":          {`confidential="name"`, "list of names"},
		"a capital":       {`confidential=["Name"]`, "no name of a personal field"},
		"a number inside": {`confidential=[1]`, "no name of a personal field"},
		"unknown":         {`kept="90d"`, "not known"},
	} {
		_, err := decode("number=1\n[log]\n"+row.line+"\n", Defaults())
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.HasPrefix(row.line, "keep=") && !strings.Contains(err.Error(), "line 3") {
			t.Errorf("%s: the line is not named: %v", name, err)
		}
	}
}

func FuzzConfidentialKey(f *testing.F) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(publicPEM(f, &key.PublicKey))
	f.Add("-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----\n")
	f.Fuzz(func(t *testing.T, text string) {
		var k confidentialKey
		if err := k.UnmarshalText([]byte(text)); err == nil && (k.N.BitLen() < 2048 || k.N.BitLen() > 8192) {
			t.Errorf("%d bits", k.N.BitLen())
		}
	})
}
