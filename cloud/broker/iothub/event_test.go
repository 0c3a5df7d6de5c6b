package iothub

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/go-amqp"
)

// heard notes what a Hub tells.
type heard struct{ said []string }

func (h *heard) Reads(context.Context, string) error { return nil }
func (h *heard) Left(string)                         {}
func (h *heard) Message(_ context.Context, m Message) error {
	h.said = append(h.said, fmt.Sprintf("%s on %s: %s", m.Device, m.Partition, m.Payload))
	return nil
}
func (h *heard) Connection(_ context.Context, c Connection) error {
	h.said = append(h.said, fmt.Sprintf("%s on %s %v %s", c.Device, c.Partition, c.On, c.Number))
	return nil
}
func (h *heard) Delivered(_ context.Context, device, id string) error {
	if device == "bc-full" {
		return errors.New("not now")
	}
	h.said = append(h.said, device+" took "+id)
	return nil
}

func told(t *testing.T, f func(*Hub) error) ([]string, error) {
	t.Helper()
	k := &heard{}
	err := f(&Hub{Config: Config{Handler: k, Log: slog.New(slog.DiscardHandler)}})
	return k.said, err
}

// Whose a message is the hub's annotation says and nothing that the device
// wrote; what is not of a device itself is passed over (scenarios 42, 43).
func TestWhoseAMessageIs(t *testing.T) {
	type words = map[string]any
	noted := func(w words) amqp.Annotations {
		a := amqp.Annotations{}
		for name, value := range w {
			a[name] = value
		}
		return a
	}
	forged := words{annotationDevice: "bc-2", "deviceId": "bc-2", "opType": "deviceConnected"}
	from := "bc-2"
	number := func(n string) [][]byte { return [][]byte{[]byte(`{"sequenceNumber":"` + n + `"}`)} }
	state := func(device string) words { return words{annotationDevice: device, annotationSource: sourceConnection} }
	for name, c := range map[string]struct {
		notes words
		by    words
		data  [][]byte
		want  string
	}{
		"a device's":              {words{annotationDevice: "bc-1", annotationSource: sourceDevice}, nil, [][]byte{[]byte("x")}, "bc-1 on 0: x"},
		"of no source":            {words{annotationDevice: "bc-1"}, nil, [][]byte{[]byte("x")}, "bc-1 on 0: x"},
		"in two parts":            {words{annotationDevice: "bc-1"}, nil, [][]byte{[]byte("x"), []byte("y")}, "bc-1 on 0: xy"},
		"with forged properties":  {words{annotationDevice: "bc-1"}, forged, [][]byte{[]byte(`{"deviceId":"bc-2"}`)}, `bc-1 on 0: {"deviceId":"bc-2"}`},
		"of nobody":               {words{}, forged, [][]byte{[]byte("x")}, ""},
		"of nobody, by a number":  {words{annotationDevice: int64(1)}, forged, [][]byte{[]byte("x")}, ""},
		"of a module":             {words{annotationDevice: "bc-1", annotationModule: "m"}, nil, [][]byte{[]byte("x")}, ""},
		"of a twin":               {words{annotationDevice: "bc-1", annotationSource: "twinChangeEvents"}, nil, [][]byte{[]byte("x")}, ""},
		"a connection":            {state("bc-1"), words{"opType": "deviceConnected", "deviceId": "bc-2"}, number("0A"), "bc-1 on 0 true " + strings.Repeat("0", 62) + "0A"},
		"in small letters":        {state("bc-1"), words{"opType": "deviceDisconnected"}, number("a"), "bc-1 on 0 false " + strings.Repeat("0", 63) + "A"},
		"a longer number":         {state("bc-1"), words{"opType": "deviceConnected"}, number("10"), "bc-1 on 0 true " + strings.Repeat("0", 62) + "10"},
		"the longest number":      {state("bc-1"), words{"opType": "deviceConnected"}, number(strings.Repeat("F", 64)), "bc-1 on 0 true " + strings.Repeat("F", 64)},
		"too long a number":       {state("bc-1"), words{"opType": "deviceConnected"}, number(strings.Repeat("F", 65)), ""},
		"no number":               {state("bc-1"), words{"opType": "deviceConnected"}, number(""), ""},
		"no body":                 {state("bc-1"), words{"opType": "deviceConnected"}, nil, ""},
		"another word":            {state("bc-1"), words{"opType": "deviceCreated"}, number("1"), ""},
		"a connection of nobody":  {words{annotationSource: sourceConnection}, words{"opType": "deviceConnected", "deviceId": "bc-1"}, number("1"), ""},
		"a device that says both": {words{annotationDevice: "bc-1", annotationSource: sourceDevice}, words{"opType": "deviceConnected"}, number("1"), `bc-1 on 0: {"sequenceNumber":"1"}`},
	} {
		said, err := told(t, func(h *Hub) error {
			return h.event(t.Context(), "0", &amqp.Message{Annotations: noted(c.notes), ApplicationProperties: c.by, Data: c.data, Properties: &amqp.MessageProperties{UserID: []byte(from), To: &from}})
		})
		if got := strings.Join(said, "; "); err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, c.want)
		}
	}
}

// What is told of feedback is what the hub says was taken, and an error to store
// it has the whole come again.
func TestWhatFeedbackSays(t *testing.T) {
	kind, other := contentFeedback, "application/json"
	const taken = `{"originalMessageId":"m1","deviceId":"bc-1","statusCode":"Success"}`
	for name, c := range map[string]struct {
		kind *string
		text string
		want []string
		err  bool
	}{
		"taken":              {&kind, "[" + taken + "]", []string{"bc-1 took m1"}, false},
		"of another kind":    {&other, "[" + taken + "]", nil, false},
		"of no kind":         {nil, "[" + taken + "]", nil, false},
		"no list":            {&kind, taken, nil, false},
		"not taken":          {&kind, `[{"originalMessageId":"m0","deviceId":"bc-1","statusCode":"Expired"},` + taken + "]", []string{"bc-1 took m1"}, false},
		"of nobody":          {&kind, `[{"originalMessageId":"m1","statusCode":"Success"}]`, nil, false},
		"too much":           {&kind, "[" + taken + strings.Repeat(" ", maxFeedback) + "]", nil, false},
		"of nothing":         {&kind, `[{"deviceId":"bc-1","statusCode":"Success"}]`, nil, false},
		"that is not stored": {&kind, `[{"originalMessageId":"m1","deviceId":"bc-full","statusCode":"Success"},` + taken + "]", nil, true},
	} {
		said, err := told(t, func(h *Hub) error {
			return h.feedback(t.Context(), &amqp.Message{Properties: &amqp.MessageProperties{ContentType: c.kind}, Data: [][]byte{[]byte(c.text)}})
		})
		if !slices.Equal(said, c.want) || (err != nil) != c.err {
			t.Errorf("%s: %q, %v", name, said, err)
		}
	}
	if said, err := told(t, func(h *Hub) error {
		return h.feedback(t.Context(), &amqp.Message{Data: [][]byte{[]byte("[" + taken + "]")}})
	}); len(said) > 0 || err != nil {
		t.Errorf("without properties: %q, %v", said, err)
	}
}

// A token is for one resource and no longer than an hour, of the key that is in
// the file now; its connection is over before it is.
func TestToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	put := func(key string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString([]byte(key))+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("the first key of this policy")
	s := Settings{Policy: "cloud", KeyFile: file}
	until := time.UnixMilli(1_700_000_000_000)
	sign := func(resource string) map[string]string {
		t.Helper()
		text, err := s.token(resource, until)
		text, ok := strings.CutPrefix(text, "SharedAccessSignature ")
		if err != nil || !ok {
			t.Fatalf("%q %v", text, err)
		}
		fields := map[string]string{}
		for part := range strings.SplitSeq(text, "&") {
			name, value, _ := strings.Cut(part, "=")
			fields[name] = value
		}
		return fields
	}
	first := sign("Lab.azure-devices.net")
	// Worked out with OpenSSL: printf 'lab.azure-devices.net\n1700000000' | openssl dgst -sha256 -hmac 'the first key of this policy' -binary | base64
	want := map[string]string{"sr": "lab.azure-devices.net", "se": "1700000000", "skn": "cloud", "sig": url.QueryEscape("f76IHKt+T6JELz0xmtXYN3cizJZ7vFIYwHdKZX4NbO0=")}
	for name, value := range want {
		if first[name] != value {
			t.Errorf("%s is %q, want %q", name, first[name], value)
		}
	}
	if other := sign("other.azure-devices.net"); other["sig"] == first["sig"] {
		t.Error("one signature for two resources")
	}
	put("the second key of this policy")
	if rolled := sign("Lab.azure-devices.net"); rolled["sig"] == first["sig"] {
		t.Error("a key that was rolled is used on")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if text, err := s.token("x", until); err == nil {
		t.Errorf("without a key: %q", text)
	}

	c := Config{}
	c.defaults()
	if tokenLife > time.Hour || c.RenewAt+2*timeout > tokenLife {
		t.Errorf("a token lives %v, its connection %v", tokenLife, c.RenewAt)
	}
}
