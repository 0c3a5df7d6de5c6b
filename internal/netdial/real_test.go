//go:build linux

package netdial

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/freeport"
	"beckmanconnect/internal/hostconfig"
)

// proxyProgram runs one of Debian's proxies, which the tests' packages bring,
// until the test ends, and gives its address. %PORT and %DIR in the
// configuration are filled in.
func proxyProgram(t *testing.T, name, config string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		program = filepath.Join("/usr/sbin", name)
	}
	if _, err := os.Stat(program); err != nil {
		t.Skipf("Debian's %s is not installed", name)
	}
	// Not t.TempDir: squid drops root, and has to read and write here all the same.
	dir, err := os.MkdirTemp("", "bc-proxy")
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	address := freeport.Address(t)
	_, port, _ := net.SplitHostPort(address)
	hash, err := exec.Command("openssl", "passwd", "-apr1", "right").Output()
	if err != nil {
		t.Skip("openssl is not installed")
	}
	file := filepath.Join(dir, "conf")
	config = strings.NewReplacer("%PORT", port, "%DIR", dir).Replace(config)
	for name, text := range map[string]string{file: config, filepath.Join(dir, "users"): "lab:" + string(hash)} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	cmd := exec.Command(program, append(args, file)...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second // its helpers may outlive it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is killed
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "cache.log"))
			t.Logf("%s: %s\n%s", name, &out, log)
		}
	})
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return address
		}
		select {
		case <-ended:
			t.Fatalf("%s ended: %s", name, &out)
		case <-time.After(10 * time.Millisecond): // another program, and no way to be told
		}
	}
}

const squidConfig = `http_port 127.0.0.1:%PORT
pid_filename %DIR/pid
cache_log %DIR/cache.log
access_log none
coredump_dir %DIR
cache deny all
pinger_enable off
shutdown_lifetime 0 seconds
%AUTH
acl known proxy_auth REQUIRED
http_access allow CONNECT known
http_access deny all
`

// The real ones. Squid's stand-in for NTLM knows nothing of NTLMv2, so that only
// the way to it is walked here; TestNTLM walks the rest.
func TestRealProxies(t *testing.T) { // scenario 54
	withoutEnvironment(t)
	s, table := cloud(t)
	// Squid starts its helpers as another user, with a file they may read.
	const basic = "auth_param basic program /usr/lib/squid/basic_ncsa_auth %DIR/users\nauth_param basic children 1"
	const ntlm = "auth_param ntlm program /usr/lib/squid/ntlm_fake_auth\nauth_param ntlm children 1\nauth_param ntlm keep_alive on"
	squid := func(auth string) string { return strings.Replace(squidConfig, "%AUTH", auth, 1) }
	for _, row := range []struct {
		name, program, config string
		args                  []string
		user, password, code  string
	}{
		{"squid, Basic", "squid", squid(basic), []string{"-N", "-f"}, "lab", "right", ""},
		{"squid, wrong password", "squid", squid(basic), []string{"-N", "-f"}, "lab", "wrong", CodeProxyDenied},
		{"squid, no log-in", "squid", squid(basic), []string{"-N", "-f"}, "", "", CodeProxyAuth},
		{"squid, NTLM without an account", "squid", squid(ntlm), []string{"-N", "-f"}, "", "", CodeProxyScheme},
		{"tinyproxy, Basic", "tinyproxy", "Port %PORT\nListen 127.0.0.1\nBasicAuth lab right\n", []string{"-d", "-c"}, "lab", "right", ""},
		{"tinyproxy, wrong password", "tinyproxy", "Port %PORT\nListen 127.0.0.1\nBasicAuth lab right\n", []string{"-d", "-c"}, "lab", "wrong", CodeProxyDenied},
		{"tinyproxy, another port only", "tinyproxy", "Port %PORT\nListen 127.0.0.1\nConnectPort 563\n", []string{"-d", "-c"}, "", "", CodeProxyBlocked},
	} {
		t.Run(row.name, func(t *testing.T) {
			address := proxyProgram(t, row.program, row.config, row.args...)
			c := hostconfig.Proxy{URL: "http://" + address}
			if row.user != "" {
				c.User, c.PasswordFile = row.user, password(t, row.password)
			}
			d := New(Config{Table: table, Development: true, Proxy: c})
			for range 2 {
				if err := hello(t, d, s); codeFor(err) != row.code || err != nil && row.code == "" {
					t.Fatalf("%v", fmt.Errorf("want %q: %w", row.code, err))
				}
			}
		})
	}
}
