package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/cloud/kms"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/engineer"
)

// Two nodes of one cloud in a network of the test's own: one name, two
// addresses, a way between them of their own, PostgreSQL and NATS.
const (
	natsAt = "10.0.0.9:4222"
	nodeA  = 0
	nodeB  = 1
)

// oneNode is a node of the cloud.
type oneNode struct {
	name, public, inner, file string
	process                   *Process
}

// twoNodes are both, and what is around them.
type twoNodes struct {
	*login
	nodes [2]*oneNode
	nats  *Process
	d     *desk
	v     *visit
	at    atomic.Int32 // where the engineer dials
}

// A session goes on through the restart of the bus, a partition between the
// nodes, a node that is killed and one that is drained for an upgrade: without
// a new code, because it resumes within its lease (B5, B13).
func TestNodesComeAndGo(t *testing.T) { // scenario 56
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("not root: a network of the test's own cannot be made")
	}
	if os.Getenv(farSide) == "" {
		if _, err := goBuild("nats", "github.com/nats-io/nats-server/v2"); err != nil {
			t.Fatal(err)
		}
		runOnFarSide(t)
		return
	}
	n := newTwoNodes(t)
	n.nodeUp(nodeA)
	n.nodeUp(nodeB)
	n.serviceUp()
	n.trayUp()
	n.trayWatches()
	n.register()
	n.d = n.h.signIn(t, n.ctx)
	n.d.over = func(ctx context.Context, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", n.nodes[n.at.Load()].public+":443")
	}
	help := n.requestHelp()
	n.listed(n.d, help.RequestId)
	n.at.Store(int32(other(n.hostAt())))
	n.v = n.d.join(help.RequestId)
	n.v.phase(engineer.Code)
	if err := n.v.client.Try(n.v.ctx, help.Code); err != nil {
		t.Fatal(err)
	}
	n.v.phase(engineer.Session)
	n.viewed(n.v)
	session := n.status().GetSupport().GetSessionId()
	goesOn := func(after string) {
		t.Helper()
		n.v.phase(engineer.Session)
		if now := n.status().GetSupport().GetSessionId(); now != session || session == "" {
			t.Fatalf("%s: session %q became %q", after, session, now)
		}
		n.v.pictured()
	}
	if links := n.metric(int(n.at.Load()), `beckmanconnect_cloud_relay_sockets{end="link-out"}`); links != "1" {
		t.Errorf("the engineer's node has %s links", links)
	}

	// The bus restarts: nothing happens to the session.
	crash(n.nats)
	n.natsUp()
	n.ready(nodeA, `"check":"nodes","ok":true`)
	n.ready(nodeB, `"check":"nodes","ok":true`)
	if phase := n.status().GetSupport().GetPhase(); phase != hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED {
		t.Fatalf("the bus restarted, and the session is %v", phase)
	}

	// The nodes lose each other: by one of them the two meet again.
	n.nft("add rule inet site between ip daddr { "+n.nodes[nodeA].inner+", "+n.nodes[nodeB].inner+" } tcp dport 8444 drop",
		"add rule inet site between ip saddr { "+n.nodes[nodeA].inner+", "+n.nodes[nodeB].inner+" } tcp sport 8444 drop")
	n.v.phase(engineer.Lost)
	n.at.Store(int32(n.hostAt()))
	goesOn("a partition between the nodes")
	n.nft("flush chain inet site between")

	// The node of both is killed: they meet at the other one.
	gone := n.hostAt()
	crash(n.nodes[gone].process)
	n.at.Store(int32(other(gone)))
	goesOn("a node was killed")

	// An upgrade: the killed node is back, and the other one is drained.
	n.nodeUp(gone)
	leaving := n.nodes[other(gone)]
	drained := make(chan error, 1)
	go func() {
		_, err := run(n.ctx, nil, n.h.bin("beckmanconnect-cloud"), "drain", "--config", leaving.file)
		drained <- err
	}()
	n.v.phase(engineer.Lost)
	n.at.Store(int32(gone))
	goesOn("a node was drained")
	if err := <-drained; err != nil {
		t.Error(err)
	}
	select {
	case <-leaving.process.Done():
	case <-n.ctx.Done():
		t.Error("a drained node does not stop")
	}
	if answer, err := try(n.site, hostpb.HostClient.EndSession, &hostpb.EndSessionRequest{How: "button"}); err != nil {
		t.Errorf("%v %v", answer, err)
	}
	n.over()
}

func other(node int) int { return 1 - node }

func newTwoNodes(t *testing.T) *twoNodes {
	t.Helper()
	for _, line := range []string{"link set lo up", "addr add 192.0.2.1/32 dev lo", "addr add 192.0.2.2/32 dev lo", "addr add 10.0.0.1/32 dev lo", "addr add 10.0.0.2/32 dev lo", "addr add 10.0.0.9/32 dev lo"} {
		if _, err := run(t.Context(), nil, "ip", strings.Fields(line)...); err != nil {
			t.Fatal(err)
		}
	}
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("127.0.0.1 localhost\n192.0.2.1 "+cloudName+"\n192.0.2.2 "+cloudName+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount(hosts, "/etc/hosts", "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	// PostgreSQL's own account may not enter this process's folder, which no
	// other test uses.
	mine := os.Getenv("TMPDIR")
	_ = os.Setenv("TMPDIR", "/tmp")
	db, err := datatest.Start(false)
	_ = os.Setenv("TMPDIR", mine)
	if errors.Is(err, datatest.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip("PostgreSQL is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	short, err := os.MkdirTemp("/tmp", "bc") // a desktop's sockets have short paths
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(short) })
	s := newSite(t, func(c *Config) { c.Name, c.Dir = cloudName, short })
	_, display, hand, err := s.h.TechnicianDesktop(s.ctx, 1024, 768)
	if err != nil {
		t.Fatal(err)
	}
	n := &twoNodes{login: &login{site: s, display: display, hand: hand, env: append(display.Env(), hand.LayoutEnv(), "LANG=en_US.UTF-8", "LANGUAGE=en")}}
	n.nft("add table inet site", "add chain inet site between { type filter hook output priority 0; policy accept; }")
	keys := n.h.dir("nodes")
	for name, addresses := range map[string][]string{"a": {"10.0.0.1"}, "b": {"10.0.0.2"}, "nats": {"10.0.0.9"}} {
		if _, err := run(n.ctx, nil, n.h.bin("beckmanconnect-cloud"), append([]string{"nodes", "certificate", "--dir", keys, "--node", name}, addresses...)...); err != nil {
			t.Fatal(err)
		}
	}
	n.natsUp()
	url := db.Database(t)
	for i, name := range []string{"a", "b"} {
		one := &oneNode{name: name, public: fmt.Sprintf("192.0.2.%d", i+1), inner: fmt.Sprintf("10.0.0.%d", i+1), file: n.h.dir(name + ".toml")}
		n.nodes[i] = one
		peer, at := "b", "10.0.0.2:8444"
		if i == nodeB {
			peer, at = "a", "10.0.0.1:8444"
		}
		// Sockets have short paths.
		data, err := os.MkdirTemp("", "bc")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(data) })
		text := fmt.Sprintf(`listen = "%s:443"
names = [%q]
url = %q
data = %q
roots = %q
private = %q
upgrades = %q
staff_networks = ["127.0.0.0/8", "192.0.2.0/24"]
database = %q
[keys]
data = %q
confidential = %q
[oidc]
issuer = %q
client = "console"
secret = "console-demo"
native = "desk"
[staff]
new_places = "off"
[cluster]
node = %q
listen = "%s:8444"
certificate = %q
key = %q
authority = %q
peers = { %s = %q }
nats = { servers = ["tls://%s"] }
[drain]
notice = "500ms"
spread = "1s"
limit = "20s"
[operator]
listen = "%s:9464"
disk_free_mib = 1
`, one.public, cloudName, n.h.cloud, data, n.h.Roots(), n.h.Keys(), n.h.Upgrades(), url, n.h.dir("data.key"), n.h.dir("confidential.key"), n.h.sso,
			name, one.inner, filepath.Join(keys, name+".pem"), filepath.Join(keys, name+".key"), filepath.Join(keys, "nodes.pem"), peer, at, natsAt, one.inner)
		if err := os.WriteFile(one.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"data.key", "confidential.key"} {
		if _, err := kms.Make(n.h.dir(key)); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func (n *twoNodes) natsUp() {
	n.t.Helper()
	keys := n.h.dir("nodes")
	bin, err := filepath.Abs(filepath.Join(repository, "build", "out", "nats", "nats-server"))
	if err != nil {
		n.t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(natsAt)
	n.nats, err = start(n.h.dir("logs"), Command{Name: "nats", Path: bin, Args: []string{"-a", host, "-p", port, "--tlsverify",
		"--tlscert", filepath.Join(keys, "nats.pem"), "--tlskey", filepath.Join(keys, "nats.key"), "--tlscacert", filepath.Join(keys, "nodes.pem")}})
	if err != nil {
		n.t.Fatal(err)
	}
	p := n.nats
	n.t.Cleanup(func() { p.Stop(3 * time.Second) })
	until(n.t, n.ctx, "NATS", func() (bool, error) {
		conn, err := net.DialTimeout("tcp", natsAt, time.Second)
		if err != nil {
			return false, err
		}
		return true, conn.Close()
	})
}

// nodeUp starts a node and waits until it is ready.
func (n *twoNodes) nodeUp(i int) {
	n.t.Helper()
	one := n.nodes[i]
	one.process = n.h.startOnce(n.t, "cloud-"+one.name, "beckmanconnect-cloud", nil, "serve", "--config", one.file)
	n.ready(i, `"ready":true`)
}

// ready waits until a node's readiness has this in it.
func (n *twoNodes) ready(i int, part string) {
	n.t.Helper()
	until(n.t, n.ctx, n.nodes[i].name+" to say "+part, func() (bool, error) {
		text, err := n.private(i, "/ready")
		return strings.Contains(text, part), err
	})
}

func (n *twoNodes) private(i int, path string) (string, error) {
	reply, err := http.Get("http://" + n.nodes[i].inner + ":9464" + path)
	if err != nil {
		return "", err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	return string(text), err
}

// metric is a figure of a node; "" when the node is not there.
func (n *twoNodes) metric(i int, name string) string {
	text, err := n.private(i, "/metrics")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// hostAt waits until the service is at a node's relay, and gives the node.
func (n *twoNodes) hostAt() (at int) {
	n.t.Helper()
	until(n.t, n.ctx, "the host at a node", func() (bool, error) {
		for i := range n.nodes {
			if n.metric(i, `beckmanconnect_cloud_relay_sockets{end="host"}`) == "1" {
				at = i
				return true, nil
			}
		}
		return false, nil
	})
	return at
}

func (n *twoNodes) nft(lines ...string) {
	n.t.Helper()
	cmd := exec.CommandContext(n.ctx, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("%v\n%s", err, out)
	}
}
