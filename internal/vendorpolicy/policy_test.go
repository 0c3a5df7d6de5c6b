package vendorpolicy

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"
)

func keys(t testing.TB) (note.Signer, note.Verifiers) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "vendor")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return signer, note.VerifierList(verifier)
}

// raw signs any text, as Sign would not.
func raw(t testing.TB, signer note.Signer, text string) []byte {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

const head = Header + "\nnumber = 1\nissued = 2026-11-25T10:00:00Z\n"

func TestSignedAndRead(t *testing.T) {
	signer, verifiers := keys(t)
	issued := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	signed, err := Sign("# why\r\nrevoked_accounts = [\"Bob@Vendor.example\"]\r\nrevoked_serials = [\"00AF01\"]\r\n[capabilities]\r\nfiles = \"off\"", 7, issued, signer)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(signed, verifiers)
	if err != nil || p.Number != 7 || !p.Issued.Equal(issued) || len(p.Hash) != 64 {
		t.Fatalf("%+v %v", p, err)
	}
	if !p.SwitchesOff("files") || p.SwitchesOff("view") {
		t.Error("files is off and nothing else")
	}
	for account, want := range map[string]bool{
		"anna@vendor.example": false, "bob@vendor.example": true, "BOB@vendor.example": true,
		"bоb@vendor.example": true, "": true, // a look-alike is no account (scenario 27)
	} {
		if got := p.RevokesAccount(account); got != want {
			t.Errorf("%q: %v", account, got)
		}
	}
	for serial, want := range map[string]bool{"ab": false, "af01": true, "AF01": true, "0af01": true, "": true, "x": true} {
		if got := p.RevokesCertificate(serial); got != want {
			t.Errorf("%q: %v", serial, got)
		}
	}
	if none := (*Policy)(nil); none.SwitchesOff("view") || none.RevokesAccount("") || none.RevokesCertificate("") {
		t.Error("no policy narrows")
	}
}

func TestParseRefuses(t *testing.T) { // scenario 28
	signer, verifiers := keys(t)
	other, _ := keys(t)
	if _, err := Parse(raw(t, signer, head), verifiers); err != nil {
		t.Fatal(err)
	}
	for name, signed := range map[string][]byte{
		"empty":            nil,
		"unsigned":         []byte(head),
		"another's key":    raw(t, other, head),
		"changed":          []byte(strings.Replace(string(raw(t, signer, head)), "number = 1", "number = 2", 1)),
		"a signed time":    raw(t, signer, "beckmanconnect time\n2000000000\n"),
		"a site policy":    raw(t, signer, "number = 1\ninstrument_class = \"general\"\n"),
		"another version":  raw(t, signer, strings.Replace(head, "v1", "v2", 1)),
		"no number":        raw(t, signer, Header+"\nissued = 2026-11-25T10:00:00Z\n"),
		"no time of issue": raw(t, signer, Header+"\nnumber = 1\n"),
		"switches on":      raw(t, signer, head+"[capabilities]\nclipboard = \"ask\"\n"),
		"says nothing":     raw(t, signer, head+"[capabilities]\nclipboard = \"\"\n"),
		"no name":          raw(t, signer, head+"[capabilities]\n\"Clip Board\" = \"off\"\n"),
		"unknown key":      raw(t, signer, head+"authorise = [\"recording\"]\n"),
		"not an account":   raw(t, signer, head+"revoked_accounts = [\"*\"]\n"),
		"not a serial":     raw(t, signer, head+"revoked_serials = [\"xyz\"]\n"),
		"serial of zeros":  raw(t, signer, head+"revoked_serials = [\"000\"]\n"),
		"too large":        make([]byte, MaxSize+1),
	} {
		if p, err := Parse(signed, verifiers); err == nil {
			t.Errorf("%s: accepted %+v", name, p)
		}
	}
	if _, err := Parse(raw(t, signer, head), nil); !errors.Is(err, ErrUnsigned) {
		t.Errorf("without a key: %v", err)
	}
	// A capability of a later version is off here anyway: the rest must count.
	if p, err := Parse(raw(t, signer, head+"revoked_accounts = [\"a@b\"]\n[capabilities]\nlater = \"off\"\n"), verifiers); err != nil || !p.RevokesAccount("a@b") {
		t.Errorf("a later capability: %v", err)
	}
}

func TestSignRefuses(t *testing.T) {
	signer, _ := keys(t)
	var many strings.Builder
	many.WriteString("revoked_serials = [")
	for i := range 3000 {
		fmt.Fprintf(&many, "\"%032x\", ", i+1)
	}
	many.WriteString("]")
	for name, text := range map[string]string{
		"misspelt capability": "[capabilities]\ncontroll = \"off\"",
		"switches on":         "[capabilities]\nview = \"ask\"",
		"number of its own":   "number = 9",
		"a tab":               "revoked_accounts = []\t# none",
		"no TOML":             "revoked_accounts =",
		"too much":            many.String(),
	} {
		if _, err := Sign(text, 1, time.Now(), signer); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
	if _, err := Sign("", 0, time.Now(), signer); err == nil {
		t.Error("number 0: signed")
	}
}

func TestSerial(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9a-fA-F]{1,40}`).Draw(t, "serial")
		plain, ok := Serial(text)
		if !ok {
			if strings.Trim(text, "0") != "" {
				t.Fatalf("%q refused", text)
			}
			return
		}
		if again, ok := Serial("00" + strings.ToUpper(plain)); !ok || again != plain {
			t.Fatalf("%q, then %q", plain, again)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(head + "revoked_accounts = [\"a@b\"]\n[capabilities]\nview = \"off\"\n")
	f.Add("beckmanconnect time\n1\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := decode(text)
		if err != nil {
			return
		}
		if !strings.HasPrefix(text, Header+"\n") || p.Number == 0 || p.Issued.IsZero() {
			t.Errorf("%+v", p)
		}
		p.RevokesAccount("a@b")
	})
}
