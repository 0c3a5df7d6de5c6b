package channel_test

import (
	"bufio"
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
)

// openssl runs the other end's TLS where Go's cannot be told to leave the
// extended master secret out. Two channels without it may be made to export the
// same secret (RFC 7627), so such a channel must not open.
type openssl struct {
	*testing.T
	program, dir string
}

func newOpenSSL(t *testing.T) *openssl {
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("needs openssl")
	}
	return &openssl{t, program, t.TempDir()}
}

func (o *openssl) write(name string, data []byte) string {
	o.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		o.Fatal(err)
	}
	return path
}

// identity writes a certificate, what is above it, and its key.
func (o *openssl) identity(c tls.Certificate) []string {
	o.Helper()
	var chain []byte
	for _, der := range c.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(c.PrivateKey.(*rsa.PrivateKey))})
	cert := o.write("cert.pem", chain)
	return []string{"-cert", cert, "-cert_chain", cert, "-key", o.write("key.pem", key),
		"-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"}
}

func (o *openssl) start(extended bool, args ...string) (stdout io.Reader) {
	o.Helper()
	option := "-ExtendedMasterSecret"
	if extended {
		option = "ExtendedMasterSecret"
	}
	conf := o.write("openssl.cnf", []byte("openssl_conf = c\n[c]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nOptions = "+option+"\n"))
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, o.program, args...)
	cmd.Env = append(os.Environ(), "OPENSSL_CONF="+conf)
	out, err := cmd.StdoutPipe()
	if err != nil {
		o.Fatal(err)
	}
	in, err := cmd.StdinPipe() // stays open: at its end openssl says goodbye
	if err != nil {
		o.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() {
		cancel()
		in.Close()
		_ = cmd.Wait()
	})
	return out
}

func verdict(t *testing.T, extended bool, err error) {
	t.Helper()
	switch {
	case extended && err != nil:
		t.Errorf("with it the channel does not open, so the test shows nothing: %v", err)
	case !extended && (err == nil || !strings.Contains(err.Error(), "exporter")):
		t.Errorf("without it: %v", err)
	}
}

func TestNoChannelWithoutTheExtendedMasterSecret(t *testing.T) {
	k := channeltest.New(t, device)
	for name, extended := range map[string]bool{"with": true, "without": false} {
		t.Run("host, "+name, func(t *testing.T) {
			o := newOpenSSL(t)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			args := append([]string{"s_client", "-connect", l.Addr().String()}, o.identity(k.Engineer(channeltest.Anna()))...)
			out := o.start(extended, args...)
			go func() { _, _ = io.Copy(io.Discard, out) }()
			conn, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, err = channel.Host(t.Context(), conn, hostOf(k))
			verdict(t, extended, err)
		})
		t.Run("engineer, "+name, func(t *testing.T) {
			o := newOpenSSL(t)
			args := append([]string{"s_server", "-accept", "127.0.0.1:0", "-Verify", "1"}, o.identity(k.Host())...)
			lines := bufio.NewScanner(o.start(extended, args...))
			address := ""
			for address == "" && lines.Scan() {
				if rest, ok := strings.CutPrefix(lines.Text(), "ACCEPT "); ok {
					address = rest
				}
			}
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, err = channel.Engineer(t.Context(), conn, engineerOf(k))
			verdict(t, extended, err)
		})
	}
}

// Both ends have the same certificates in mind: what proofs are bound to.
func TestBothEndsNameTheSameLeaves(t *testing.T) {
	k := channeltest.New(t, device)
	h, e := hostOf(k), engineerOf(k)
	r := meet(t, h, e)
	if r.hostErr != nil || r.err != nil {
		t.Fatal(r.hostErr, r.err)
	}
	for name, c := range map[string]*channel.Conn{"host": r.host, "engineer": r.engineer} {
		host, engineer := c.Leaves()
		if string(host) != string(h.Certificate.Certificate[0]) || string(engineer) != string(e.Certificate.Certificate[0]) {
			t.Errorf("the %s's end names other certificates", name)
		}
	}
}
