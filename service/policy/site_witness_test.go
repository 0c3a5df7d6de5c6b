package policy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"beckmanconnect/internal/cosign"
)

// What a signed policy may say about witnesses, and what it may not.
func TestWitnesses(t *testing.T) { // scenarios 28, 48
	_, key, err := cosign.GenerateKey("hospital.example/witness")
	if err != nil {
		t.Fatal(err)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	table := func(name, url, key, ca string) string {
		return fmt.Sprintf("[[witness]]\nname = %q\nurl = %q\nkey = %q\nca = '''\n%s'''\n", name, url, key, ca)
	}
	good := table("it", "https://witness.hospital.example/log/", key, ca)
	site, err := decode("number = 1\n"+good+strings.Replace(strings.Split(good, "ca =")[0], "\"it\"", "\"second\"", 1), nil)
	if err != nil || len(site.Witnesses) != 2 {
		t.Fatal(site, err)
	}
	if w := site.Witnesses[0]; w.Name != "it" || w.URL != "https://witness.hospital.example/log" || w.Verifier != key || w.CA == nil || site.Witnesses[1].CA != nil {
		t.Fatalf("%+v", site.Witnesses)
	}
	inForce := Evaluate(Layers{Site: site})
	if n := len(inForce.Witnesses()); n != 2 || len(inForce.Network().Witnesses) != 2 {
		t.Fatal(n)
	}
	if refused := Evaluate(Layers{Site: site, Refused: "not signed"}); len(refused.Witnesses()) != 0 || len(refused.Network().Witnesses) != 0 {
		t.Fatal("a refused policy names witnesses")
	}
	for name, bad := range map[string]string{
		"no name": table("", "https://a.example", key, ca), "the cloud's name": table("cloud", "https://a.example", key, ca), "a path as name": table("../x", "https://a.example", key, ca),
		"twice": good + good, "http": table("it", "http://a.example", key, ca), "a query": table("it", "https://a.example?x", key, ca), "no url": "[[witness]]\nname = \"it\"\nkey = \"" + key + "\"\n",
		"no key": "[[witness]]\nname = \"it\"\nurl = \"https://a.example\"\n", "another key": table("it", "https://a.example", key+"x", ca), "no certificate": table("it", "https://a.example", key, "x"),
		"more than certificates": table("it", "https://a.example", key, ca+"x"), "unknown": good + "more = 1\n",
		"too many": strings.Join([]string{table("a", "https://a.example", key, ca), table("b", "https://a.example", key, ca), table("c", "https://a.example", key, ca), table("d", "https://a.example", key, ca), table("e", "https://a.example", key, ca)}, ""),
	} {
		if _, err := decode("number = 1\n"+bad, nil); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
