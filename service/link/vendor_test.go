package link

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/vendorpolicy"
)

func vendor(t testing.TB) (note.Signer, note.Verifiers) {
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

func signedTime(t testing.TB, signer note.Signer, text string) string {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

// A hostile broker: only signed time has an effect, and only forward
// (scenario 42).
func TestOnlySignedTimeCounts(t *testing.T) {
	b, s, st := newBroker(t), openStore(t), newStates()
	signer, verifiers := vendor(t)
	foreign, _ := vendor(t)
	c := config(s, b.url, b.roots, st)
	c.Vendor = verifiers
	run(t, c)
	st.until(t, Online)
	send := func(payload []byte) {
		t.Helper()
		if err := b.server.Publish(cloudapi.DeviceBoundTopic(device), payload, false, 1); err != nil {
			t.Fatal(err)
		}
	}
	timed := func(signed string) []byte {
		body, err := json.Marshal(cloudapi.SignedTime{Note: signed})
		if err != nil {
			t.Fatal(err)
		}
		payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: cloudapi.KindTime, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		return payload
	}
	send([]byte("nonsense"))
	send(bytes.Repeat([]byte("x"), maxMessage+1))
	send([]byte(`{"v":1,"kind":"run","body":{"command":"calc"}}`))
	send(timed(signedTime(t, foreign, "beckmanconnect time\n4000000000\n")))
	send(timed(signedTime(t, signer, "beckmanconnect time\n-5\n")))
	send(timed("unsigned"))
	send(timed(signedTime(t, signer, vendorpolicy.Header+"\nnumber = 4000000000\nissued = 2096-01-01T00:00:00Z\n"))) // the same key's, and no time
	send(timed(signedTime(t, signer, vendorpolicy.Header+"\n4000000000\n")))
	send(timed(signedTime(t, signer, "beckmanconnect time\n2000000000\n")))
	send(timed(signedTime(t, signer, "beckmanconnect time\n1000000000\n"))) // replayed
	send(timed(signedTime(t, signer, "beckmanconnect time\n2000000600\n")))
	for {
		at, err := TrustedTime(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if at.Unix() == 2000000600 {
			return
		}
		if u := at.Unix(); !at.IsZero() && u != 2000000000 {
			t.Fatalf("took %d", u)
		}
	}
}

// A vendor's policy is handed on as it came, to whoever verifies it; what is
// none is not.
func TestVendorPolicyIsHandedOn(t *testing.T) {
	b, s, st := newBroker(t), openStore(t), newStates()
	c := config(s, b.url, b.roots, st)
	got := make(chan string, 10)
	c.Policy = func(_ context.Context, signed string) error {
		got <- signed
		return errors.New("refused")
	}
	run(t, c)
	st.until(t, Online)
	for _, payload := range []string{
		`{"v":1,"kind":"policy"}`, `{"v":2,"kind":"policy","body":{"note":"another version"}}`, `{"v":1,"kind":"policy","body":[]}`,
		`{"v":1,"kind":"policy","body":{"note":"first"}}`, `{"v":1,"kind":"policy","body":{"note":"second"}}`,
	} {
		if err := b.server.Publish(cloudapi.DeviceBoundTopic(device), []byte(payload), false, 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"first", "second"} { // a refusal does not end the link
		if signed := <-got; signed != want {
			t.Errorf("%q, want %q", signed, want)
		}
	}
}
