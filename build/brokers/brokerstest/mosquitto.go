package brokerstest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/build/brokers"
	"beckmanconnect/internal/freeport"
)

// Engine is a running engine: one address, or one for each server of a cluster.
type Engine struct {
	Kind      string
	Addresses []string // mqtts://…
	Roots     *x509.CertPool
	CAFile    string
	Stop      func() // at once, as a crash does
	Start     func() // again, at the same address, with nothing of before
}

// TLS is how a node speaks to it.
func (e *Engine) TLS() *tls.Config {
	return &tls.Config{RootCAs: e.Roots, MinVersion: tls.VersionTLS12}
}

// Mosquitto starts Debian's mosquitto. Without it the test is skipped, and
// fails where CI is set.
func Mosquitto(t testing.TB) *Engine {
	t.Helper()
	program := find(t, "mosquitto")
	dir, address := t.TempDir(), freeport.Address(t)
	_, port, _ := net.SplitHostPort(address)
	e := &Engine{Kind: "mosquitto", Addresses: []string{"mqtts://" + address}, CAFile: filepath.Join(dir, "ca.pem")}
	e.Roots = certificate(t, dir)
	for _, account := range [][2]string{{"device", DevicePassword}, {"node", NodePassword}} {
		args := []string{"-b", filepath.Join(dir, "passwords"), account[0], account[1]}
		if account[0] == "device" {
			args = append([]string{"-c"}, args...)
		}
		if out, err := exec.Command(find(t, "mosquitto_passwd"), args...).CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_passwd: %v: %s", err, out)
		}
	}
	text := strings.NewReplacer("8883 192.0.2.10", port+" 127.0.0.1", "/etc/beckmanconnect-broker", dir).Replace(brokers.MosquittoConf)
	if os.Geteuid() == 0 {
		text += "user root\n" // it would give itself an account that cannot read this folder
	}
	write(t, filepath.Join(dir, "mosquitto.conf"), []byte(text))
	write(t, filepath.Join(dir, "acl"), []byte(brokers.MosquittoACL))
	var running *process
	e.Start = func() { running = start(t, address, program, "-c", filepath.Join(dir, "mosquitto.conf")) }
	e.Stop = func() { running.kill() }
	e.Start()
	t.Cleanup(func() { e.Stop() })
	return e
}

func find(t testing.TB, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

func start(t testing.TB, address, program string, args ...string) *process {
	t.Helper()
	var out bytes.Buffer
	p := &process{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &out, &out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // it is killed
	}()
	answers(t, address, p.ended, &out)
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// answers waits until somebody listens, unless who should has ended.
func answers(t testing.TB, address string, ended <-chan struct{}, out *bytes.Buffer) {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("the broker ended: %s", out)
		case <-time.After(5 * time.Millisecond): // another program, and no way to be told
		}
	}
}
