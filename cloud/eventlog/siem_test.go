package eventlog

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/data/dbtest"
	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/freeport"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func openData(t testing.TB) *data.DB {
	t.Helper()
	return dbtest.Open(t, nil)
}

func openStore(t testing.TB, siem SIEM) *Store {
	t.Helper()
	s, err := New(t.Context(), Config{Data: openData(t), Name: "cloud.example", Log: slog.New(slog.DiscardHandler), Now: time.Now, SIEM: siem})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// files are a certificate for 127.0.0.1 and its key, PEM.
func files(t testing.TB) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "siem"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func (s *Store) some(t testing.TB, from, n int) {
	t.Helper()
	for i := range n {
		err := s.Emit(t.Context(), events.Event{Kind: events.CaseNoted, Severity: events.Notice, Actor: "anna@vendor.example", Region: "eu", Device: "bc-1",
			Fields: map[string]string{"n": strconv.Itoa(from + i), "hostile": "a\n<13>1 forged] \"quoted\" \\ \u202eevil \x1b[31m"}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// P14: events as JSON lines over HTTPS, in order, at least once, with a token
// that is read anew, and no redirect followed.
func TestHTTPSReceiver(t *testing.T) {
	var (
		got  []string
		fail = true
		auth string
	)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		auth = r.Header.Get("Authorization")
		if fail {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			return
		}
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			got = append(got, lines.Text())
		}
	}))
	cert, key := files(t)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.StartTLS()
	defer server.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, SIEM{URL: server.URL, CA: cert, Token: token, Networks: loopback})
	s.some(t, 0, 3)
	if _, err := s.siem.once(t.Context()); err == nil || !strings.Contains(err.Error(), "307") {
		t.Errorf("a redirect: %v", err)
	}
	fail = false
	if n, err := s.siem.once(t.Context()); n != 3 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	if auth != "Bearer secret-1" {
		t.Errorf("authorization %q", auth)
	}
	s.some(t, 3, 2)
	if _, err := s.sign(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n, err := s.siem.once(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	if n, err := s.siem.once(t.Context()); n != 0 || err != nil {
		t.Fatalf("there was nothing left, and %d went: %v", n, err)
	}
	for i, line := range got[:5] {
		var l struct {
			Seq    int64
			Kind   string
			Fields map[string]string
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Seq != int64(i+1) || l.Fields["n"] != strconv.Itoa(i) || l.Kind != "case.noted" {
			t.Errorf("%d: %s %v", i, line, err)
		}
	}
	if len(got) != 6 || !strings.Contains(got[5], `"kind":"log.checkpoint"`) || !strings.Contains(got[5], "cloud.example/events") {
		t.Errorf("the checkpoint: %q", got[5:])
	}
}

// Scenario 46: what is not public is dialled only where the configuration names
// the network, whatever name led there.
func TestReach(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true,
		"127.0.0.1": false, "::1": false, "0.0.0.0": false, "::": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "fe80::1": false, "fc00::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "100.64.0.1": false,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false, "0.1.2.3": false, "198.18.0.1": false,
	} {
		a := netip.MustParseAddr(address)
		if got := reach(nil).allows(a); got != want {
			t.Errorf("%s: %v", address, got)
		}
		own := reach{netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())}
		if !own.allows(a) {
			t.Errorf("%s is named, and refused", address)
		}
	}
	reached := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer server.Close()
	for _, to := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), strings.Replace(server.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1)} {
		s := openStore(t, SIEM{URL: to})
		s.some(t, 0, 1)
		if _, err := s.siem.once(t.Context()); err == nil || !strings.Contains(err.Error(), "not a public address") {
			t.Errorf("%s: %v", to, err)
		}
	}
	if reached {
		t.Error("it was reached")
	}
}

// A receiver that is not who it should be, or speaks no TLS, gets nothing, and
// what it did not get is not counted as sent.
func TestForeignReceiver(t *testing.T) {
	cert, key := files(t)
	other, _ := files(t)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.CopyN(io.Discard, c, 10)
			c.Close() // in the middle
		}
	}()
	s := openStore(t, SIEM{Syslog: l.Addr().String(), CA: other, Networks: loopback})
	s.some(t, 0, 1)
	if _, err := s.siem.once(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v", err)
	}
	if n, err := s.Data.EventCursor(t.Context(), s.siem.name); n != 0 || err != nil {
		t.Errorf("the cursor stands at %d: %v", n, err)
	}
}

// P14: a real rsyslog over TLS takes every event once and in order, also those
// of the time while it was away, and nothing a person or a device put into a
// field makes a message of its own.
func TestRsyslog(t *testing.T) {
	program, err := exec.LookPath("rsyslogd")
	if err != nil {
		program = "/usr/sbin/rsyslogd"
	}
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("rsyslog is not installed")
		}
		t.Skip("rsyslog and rsyslog-gnutls are not installed")
	}
	cert, key := files(t)
	dir := t.TempDir()
	out := filepath.Join(dir, "out.jsonl")
	_, port, _ := net.SplitHostPort(freeport.Address(t))
	config := fmt.Sprintf(`
global(workDirectory="%[1]s" maxMessageSize="64k" defaultNetstreamDriverCAFile="%[2]s" defaultNetstreamDriverCertFile="%[2]s" defaultNetstreamDriverKeyFile="%[3]s")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imtcp" address="127.0.0.1" port="%[4]s")
template(name="json" type="list") {
  constant(value="{\"pri\":\"") property(name="pri") constant(value="\",\"host\":\"") property(name="hostname" format="json")
  constant(value="\",\"app\":\"") property(name="app-name" format="json") constant(value="\",\"id\":\"") property(name="msgid" format="json")
  constant(value="\",\"sd\":\"") property(name="structured-data" format="json") constant(value="\",\"msg\":\"") property(name="msg" format="json") constant(value="\"}\n") }
action(type="omfile" file="%[5]s" template="json" asyncWriting="off" flushOnTXEnd="on")
`, dir, cert, key, port, out)
	if err := os.WriteFile(filepath.Join(dir, "rsyslog.conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func() (stop func()) {
		t.Helper()
		cmd := exec.Command(program, "-n", "-f", filepath.Join(dir, "rsyslog.conf"), "-i", filepath.Join(dir, "pid"))
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		stop = func() {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			select {
			case <-ended:
			case <-time.After(4 * time.Second):
				_ = cmd.Process.Kill()
				<-ended
			}
		}
		for deadline := time.Now().Add(20 * time.Second); ; {
			c, err := net.Dial("tcp", "127.0.0.1:"+port)
			if err == nil {
				c.Close()
				return stop
			}
			if time.Now().After(deadline) {
				stop()
				t.Fatalf("rsyslog does not listen: %v\n%s", err, said.String())
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	s := openStore(t, SIEM{Syslog: "127.0.0.1:" + port, CA: cert, Networks: loopback})
	s.some(t, 0, 40)
	if _, err := s.siem.once(t.Context()); err == nil {
		t.Fatal("nobody listens, and it was sent")
	}
	stop := run()
	if n, err := s.siem.once(t.Context()); n != 40 || err != nil {
		stop()
		t.Fatalf("%d %v", n, err)
	}
	stop()
	s.some(t, 40, 10)
	if _, err := s.siem.once(t.Context()); err == nil {
		t.Fatal("it is away, and it was sent")
	}
	stop = run()
	s.some(t, 50, 10)
	if n, err := s.siem.once(t.Context()); n != 20 || err != nil {
		stop()
		t.Fatalf("%d %v", n, err)
	}
	stop()
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	for line := range strings.Lines(string(text)) {
		var m struct{ Pri, Host, App, ID, SD, Msg string }
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if m.App != appName {
			continue // rsyslog's own
		}
		if m.Pri != "109" || m.Host != "cloud.example" || m.ID != "case.noted" || !strings.Contains(m.SD, fmt.Sprintf(`seq="%d"`, n+1)) ||
			!strings.Contains(m.SD, fmt.Sprintf(`n="%d"`, n)) || !strings.Contains(m.SD, `<13>1 forged\] \"quoted\" \\ evil`) || strings.Contains(m.Msg, "forged") {
			t.Errorf("%d: %+v", n, m)
		}
		n++
	}
	if n != 60 {
		t.Errorf("%d events arrived, not 60", n)
	}
}

// Whatever stands in an event, one message comes out, and reads as it was
// written (scenario 49).
func FuzzSyslog(f *testing.F) {
	f.Add("kind", "name", "value")
	f.Add("a b", `x="]`, "a\nb] [c \\\" \u202e")
	f.Fuzz(func(t *testing.T, kind, name, value string) {
		m := appendSyslog(nil, "host", data.Event{Seq: 7, Kind: kind, Severity: 5, Device: value, Personal: data.EventPersonal{Actor: value, Fields: map[string]string{name: value}}})
		if bytes.ContainsAny(m, "\n\r\x00\x1b") {
			t.Fatalf("%q", m)
		}
		head := strings.SplitN(string(m), " ", 7)
		if len(head) != 7 || head[0] != "<109>1" || head[2] != "host" || head[3] != appName {
			t.Fatalf("%q", m)
		}
		// Structured data: brackets close where they should, and nowhere else.
		rest, quoted, open, ended := head[6], false, 0, -1
		for i := 0; i < len(rest) && ended < 0; i++ {
			switch c := rest[i]; {
			case quoted && c == '\\':
				i++
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == '[':
				open++
			case c == ']':
				open--
			case c == ' ' && open == 0:
				ended = i
			}
		}
		if quoted || open != 0 || ended < 0 || !strings.HasPrefix(rest[ended:], " \ufeff") {
			t.Fatalf("%q", m)
		}
		if !strings.HasPrefix(string(appendCounted(nil, m)), strconv.Itoa(len(m))+" <") {
			t.Fatal("the count is wrong")
		}
	})
}
