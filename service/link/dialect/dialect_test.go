package dialect

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beckmanconnect/internal/hostconfig"
)

func TestPlain(t *testing.T) {
	s, err := Plain{URL: "https://cloud.example:8443"}.Session(t.Context(), "bc-1")
	want := Session{
		Host: "cloud.example:8443", Path: "/$iothub/websocket", ClientID: "bc-1", User: "cloud.example/bc-1/?api-version=2021-04-12",
		Events: "devices/bc-1/messages/events/", Bound: "devices/bc-1/messages/devicebound/#",
	}
	if err != nil || s != want {
		t.Errorf("%+v %v", s, err)
	}
	var e *Error
	if _, err := (Plain{URL: "http://cloud.example"}).Session(t.Context(), "bc-1"); !errors.As(err, &e) || e.Code != CodeAddress {
		t.Errorf("%v", err)
	}
}

// The form is that of Azure's documentation, the signature worked out by
// another program: openssl dgst -sha256 -hmac.
func TestToken(t *testing.T) {
	got := token("lab.azure-devices.net/devices/bc-1", []byte("0123456789abcdef"), time.Unix(1800000000, 0), "")
	const want = "SharedAccessSignature sr=lab.azure-devices.net%2Fdevices%2Fbc-1&sig=RrUpM5qjl8KBa%2B3huMFMg36nXsJJsitJPZ%2Fvk1R4GH0%3D&se=1800000000"
	if got != want {
		t.Errorf("%s", got)
	}
	if got := token("s/registrations/r", []byte("k"), time.Unix(1, 0), "registration"); got[len(got)-len("&skn=registration"):] != "&skn=registration" {
		t.Errorf("%s", got)
	}
}

func TestKeyFile(t *testing.T) {
	for text, ok := range map[string]bool{
		"MDEyMzQ1Njc4OWFiY2RlZg==\n": true, "": false, "short": false, "YQ==": false, "!!!": false,
	} {
		file := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readKey(file); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
	var e *Error
	if _, err := readKey(t.TempDir()); !errors.As(err, &e) || e.Code != CodeKey {
		t.Errorf("a folder: %v", err)
	}
}

func TestAnswers(t *testing.T) {
	for _, row := range []struct {
		topic, body string
		ok          bool
		status      int
		after       time.Duration
		code        string
		done        bool
	}{
		{"$dps/registrations/res/202/?$rid=7&retry-after=3", `{"operationId":"o","status":"assigning"}`, true, 202, 3 * time.Second, "", false},
		{"$dps/registrations/res/202/?$rid=7", `{}`, true, 202, 2 * time.Second, "", false},
		{"$dps/registrations/res/202/?$rid=7&retry-after=86400", `{}`, true, 202, longestPoll, "", false},
		{"$dps/registrations/res/202/?$rid=7&retry-after=-5", `{}`, true, 202, shortestPoll, "", false},
		{"$dps/registrations/res/429/?$rid=7&retry-after=5", `{"errorCode":429001}`, true, 429, 5 * time.Second, "", false},
		{"$dps/registrations/res/503/?$rid=7", ``, true, 503, 2 * time.Second, "", false},
		{"$dps/registrations/res/200/?$rid=7", `{"status":"assigned","registrationState":{"assignedHub":"h"}}`, true, 200, 2 * time.Second, "", true},
		{"$dps/registrations/res/200/?$rid=7", `{"status":"assigning"}`, true, 200, 2 * time.Second, "", false},
		{"$dps/registrations/res/200/?$rid=7", `{"status":"disabled"}`, true, 200, 2 * time.Second, CodeProvisionOff, true},
		{"$dps/registrations/res/200/?$rid=7", `{"status":"failed","registrationState":{"errorCode":400209}}`, true, 200, 2 * time.Second, CodeProvisionFailed, true},
		{"$dps/registrations/res/401/?$rid=7", `{"errorCode":401002}`, true, 401, 2 * time.Second, CodeProvisionRefused, true},
		{"$dps/registrations/res/400/?$rid=7", `{"errorCode":400004}`, true, 400, 2 * time.Second, CodeProvisionFailed, true},
		{"$dps/registrations/res/abc/?$rid=7", `{}`, false, 0, 0, "", false},
		{"$dps/registrations/res/200", `{}`, false, 0, 0, "", false},
		{"devices/x/messages/devicebound/", `{}`, false, 0, 0, "", false},
		{"$dps/registrations/res/200/?$rid=7", `nonsense`, false, 0, 0, "", false},
	} {
		a, ok := parseAnswer(row.topic, []byte(row.body))
		if ok != row.ok {
			t.Errorf("%s %s: %v", row.topic, row.body, ok)
		}
		if !ok {
			continue
		}
		_, done, err := a.verdict()
		var e *Error
		code := ""
		if errors.As(err, &e) {
			code = e.Code
		}
		if a.status != row.status || a.rid != "7" || a.after != row.after || done != row.done || code != row.code {
			t.Errorf("%s %s: %+v %v %q", row.topic, row.body, a, done, code)
		}
	}
}

func TestAssignedHub(t *testing.T) {
	for host, ok := range map[string]bool{
		"lab.azure-devices.net": true, "lab.azure-devices.net:443": true, "": false, "https://x": false, "a b": false, "*.x.example": true, "x/y": false,
	} {
		// A pattern is a host that stands in no table: the dialer refuses it.
		if _, err := checkAssigned(registrationState{AssignedHub: host}, "bc-1"); (err == nil) != ok {
			t.Errorf("%q: %v", host, err)
		}
	}
	if _, err := checkAssigned(registrationState{AssignedHub: "h.example", DeviceID: "other"}, "bc-1"); err == nil {
		t.Error("it took another device's name")
	}
}

func TestFixedHub(t *testing.T) {
	h := NewIoTHub(HubConfig{Settings: hostconfig.IoTHub{Host: "lab.azure-devices.net"}, Now: time.Now})
	s, err := h.Session(t.Context(), "bc-1")
	if err != nil || s.Host != "lab.azure-devices.net" || s.Password != "" || !s.Renew.IsZero() || s.User != "lab.azure-devices.net/bc-1/?api-version=2021-04-12" ||
		s.Events != "devices/bc-1/messages/events/$.ct=application%2Fjson&$.ce=utf-8" {
		t.Errorf("%+v %v", s, err)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add("$dps/registrations/res/202/?$rid=1&retry-after=3", []byte(`{"status":"assigning"}`))
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		a, ok := parseAnswer(topic, body)
		if ok && (a.after < shortestPoll || a.after > longestPoll) {
			t.Errorf("wait %s", a.after)
		}
		_, _, _ = a.verdict()
	})
}
