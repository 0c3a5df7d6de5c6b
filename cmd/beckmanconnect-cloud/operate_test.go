package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/cluster"
)

const sampleConfig = `
listen = "127.0.0.1:0"
names = ["cloud.example"]
data = "d"
roots = "r"
private = "p"
upgrades = "u"
staff_networks = ["192.0.2.0/24"]
[oidc]
issuer = "https://sso.example"
client = "console"
native = "desk"
[staff]
new_places = "off"
[drain]
notice = "5s"
spread = "20s"
limit = "1m"
`

func TestCheckConfig(t *testing.T) { // B13
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "cloud.toml"), filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(text string) (string, error) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err := checkConfig([]string{"--config", file}, &out)
		return out.String(), err
	}
	t.Setenv(cloud.Variables+"OIDC_SECRET_FILE", secret)
	t.Setenv(cloud.Variables+"DRAIN_NOTICE", "7s")
	out, err := check(sampleConfig)
	if err != nil || strings.Contains(out, "geheim") {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, line := range [][]string{{"oidc.secret", "(set)", cloud.Variables + "OIDC_SECRET"}, {"drain.notice", "7s", cloud.Variables + "DRAIN_NOTICE"}, {"traces.token", "(not set)"}} {
		found := false
		for l := range strings.Lines(out) {
			found = found || strings.Join(strings.Fields(l), " ") == strings.Join(line, " ") || strings.HasPrefix(strings.Join(strings.Fields(l), " "), strings.Join(line, " ")+" ")
		}
		if !found {
			t.Errorf("%q is not shown:\n%s", line, out)
		}
	}
	t.Setenv(cloud.Variables+"COLOUR", "geheim")
	_, err = check("shape = 1\n" + strings.ReplaceAll(strings.ReplaceAll(sampleConfig, `listen = "127.0.0.1:0"`, ""), `"20s"`, `"2h"`) + "[operator]\nlisten = \"0.0.0.0:9\"\n[traces]\nendpoint = \"http://otel.example\"\n")
	if err == nil {
		t.Fatal("taken")
	}
	for _, part := range []string{`"shape"`, cloud.Variables + "COLOUR", `"listen" is missing`, `"drain"`, "operator.listen", "traces.endpoint"} {
		if strings.Count(err.Error(), part) == 0 {
			t.Errorf("%s is not told:\n%v", part, err)
		}
	}
	if strings.Contains(err.Error(), "geheim") {
		t.Errorf("a secret is told: %v", err)
	}
}

func TestNodesCertificate(t *testing.T) {
	dir := t.TempDir()
	for _, node := range []string{"a", "b"} {
		if err := do(t, "nodes", "certificate", "--dir", dir, "--node", node, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	c := cluster.Config{Node: "b", Listen: "127.0.0.1:0", NATS: cluster.NATS{Servers: []string{"nats://127.0.0.1:1"}}, Authority: filepath.Join(dir, cluster.FileAuthority),
		Certificate: filepath.Join(dir, "b.pem"), Key: filepath.Join(dir, "b.key")}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(c.Key); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the key is open to others: %v %v", info, err)
	}
	for _, args := range []string{"", "certificate", "certificate --dir " + dir + " --node A.b", "fly"} {
		if err := do(t, append([]string{"nodes"}, strings.Fields(args)...)...); err == nil {
			t.Errorf("%q: done", args)
		}
	}
}
