package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/freeport"
)

// relayKeys are an authority, the one in the middle and a device.
type relayKeys struct {
	roots          *x509.CertPool
	server, device tls.Certificate
	files          string // folder: ca.pem, server.pem with its key
}

func makeRelayKeys(dir string) (*relayKeys, error) {
	k := &relayKeys{roots: x509.NewCertPool(), files: dir}
	ca, err := issue(nil, "bench CA", nil)
	if err != nil {
		return nil, err
	}
	if k.server, err = issue(&ca, "localhost", []string{"localhost"}); err != nil {
		return nil, err
	}
	if k.device, err = issue(&ca, "", nil); err != nil {
		return nil, err
	}
	k.roots.AddCert(ca.Leaf)
	key, err := x509.MarshalPKCS8PrivateKey(k.server.PrivateKey)
	if err != nil {
		return nil, err
	}
	block := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), block("CERTIFICATE", ca.Certificate[0]), 0o600); err != nil {
		return nil, err
	}
	return k, os.WriteFile(filepath.Join(dir, "server.pem"), append(block("CERTIFICATE", k.server.Certificate[0]), block("PRIVATE KEY", key)...), 0o600)
}

// client is what both ends dial with.
func (k *relayKeys) client(certs ...tls.Certificate) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: k.roots, ServerName: "localhost", Certificates: certs}
}

// carrier is who carries: a process of its own, and how sessions come to it.
type carrier struct {
	process  *exec.Cmd
	children bool // one process a session
	session  func(ctx context.Context, n int) (host, engineer stream, err error)
	closed   func()
}

func (m *carrier) close() {
	_ = m.process.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(5*time.Second, func() { _ = m.process.Process.Kill() })
	_ = m.process.Wait()
	late.Stop()
	if m.closed != nil {
		m.closed()
	}
}

// processor is what it has used until now.
func (m *carrier) processor() (time.Duration, error) {
	all, err := cpuTime(m.process.Process.Pid)
	if err != nil || !m.children {
		return all, err
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", m.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	for _, word := range strings.Fields(string(text)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			return 0, err
		}
		one, err := cpuTime(pid)
		if err != nil {
			return 0, err
		}
		all += one
	}
	return all, nil
}

// startMiddle starts a program and waits until its port answers.
func startMiddle(ctx context.Context, port int, name string, args ...string) (*exec.Cmd, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return cmd, conn.Close()
		}
		select {
		case <-ctx.Done():
			_ = cmd.Process.Kill()
			return nil, errors.Join(err, cmd.Wait())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func openRelayNode(ctx context.Context, k *relayKeys, _ string) (*carrier, error) {
	port, err := freeport.Choose()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd, err := startMiddle(ctx, port, self, "--dir", k.files, nodeArgument, strconv.Itoa(port))
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, n int, role string, certs ...tls.Certificate) (stream, error) {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: k.client(certs...), DisableKeepAlives: true}}
		ws, _, err := websocket.Dial(ctx, fmt.Sprintf("wss://127.0.0.1:%d%ss%d?role=%s", port, cloudapi.PathRelay, n, role), &websocket.DialOptions{
			HTTPClient: client, CompressionMode: websocket.CompressionDisabled})
		if err != nil {
			return nil, err
		}
		ws.SetReadLimit(1 << 20)
		return byWebSocket{ws}, nil
	}
	return &carrier{process: cmd, session: func(ctx context.Context, n int) (host, engineer stream, err error) {
		if host, err = dial(ctx, n, "host", k.device); err != nil {
			return nil, nil, err
		}
		if engineer, err = dial(ctx, n, "engineer"); err != nil {
			host.close()
		}
		return host, engineer, err
	}}, nil
}

// openRelayPeer is a peer that listens for hosts and dials engineers, which are here.
func openRelayPeer(ctx context.Context, k *relayKeys, start func(in, out int) (*exec.Cmd, error)) (*carrier, error) {
	port, err := freeport.Choose()
	if err != nil {
		return nil, err
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{k.server}})
	if err != nil {
		return nil, err
	}
	cmd, err := start(port, l.Addr().(*net.TCPAddr).Port)
	if err != nil {
		l.Close()
		return nil, err
	}
	engineers := make(chan net.Conn)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			// The peer dials when a host comes; also when it was only asked whether
			// it is there, and then the handshake fails.
			go func() {
				if conn.(*tls.Conn).HandshakeContext(ctx) != nil {
					conn.Close()
					return
				}
				select {
				case engineers <- conn:
				case <-ctx.Done():
					conn.Close()
				}
			}()
		}
	}()
	return &carrier{process: cmd, closed: func() { l.Close(); <-ended }, session: func(ctx context.Context, _ int) (stream, stream, error) {
		d := tls.Dialer{Config: k.client()}
		host, err := d.DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return nil, nil, err
		}
		// Sent at once: a peer that ends TLS may dial only then.
		select {
		case engineer := <-engineers:
			return byTLS{host}, byTLS{engineer}, nil
		case <-ctx.Done():
			host.Close()
			return nil, nil, ctx.Err()
		}
	}}, nil
}

const haproxyCommon = `global
  maxconn 2000
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256
  ssl-default-server-ciphersuites TLS_AES_128_GCM_SHA256
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
`

func haproxy(ctx context.Context, k *relayKeys, dir, bind, server string) (*carrier, error) {
	return openRelayPeer(ctx, k, func(in, out int) (*exec.Cmd, error) {
		file := filepath.Join(dir, "haproxy.cfg")
		text := haproxyCommon + fmt.Sprintf("listen peer\n  bind 127.0.0.1:%d %s\n  server engineer 127.0.0.1:%d %s\n", in, bind, out, server)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, err
		}
		return startMiddle(ctx, in, "haproxy", "-db", "-f", file)
	})
}

func openTwice(ctx context.Context, k *relayKeys, dir string) (*carrier, error) {
	return haproxy(ctx, k, dir, "ssl crt "+filepath.Join(k.files, "server.pem"), "ssl verify required ca-file "+filepath.Join(k.files, "ca.pem")+" sni str(localhost) verifyhost localhost")
}

func openPassing(ctx context.Context, k *relayKeys, dir string) (*carrier, error) {
	return haproxy(ctx, k, dir, "", "")
}

func openSocat(ctx context.Context, k *relayKeys, _ string) (*carrier, error) {
	m, err := openRelayPeer(ctx, k, func(in, out int) (*exec.Cmd, error) {
		return startMiddle(ctx, in, "socat", "-b", "65536", fmt.Sprintf("TCP-LISTEN:%d,bind=127.0.0.1,fork,reuseaddr,backlog=512", in), fmt.Sprintf("TCP:127.0.0.1:%d", out))
	})
	if m != nil {
		m.children = true
	}
	return m, err
}
