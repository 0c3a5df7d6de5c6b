package cluster

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/nats-io/nats-server/v2/server"

	"beckmanconnect/cloud/relay"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// node is one relay of a cluster on loopback.
type node struct {
	t     *testing.T
	name  string
	relay *relay.Relay
	c     *Cluster
	http  *httptest.Server
}

// bus runs a NATS server; at 0 a free port is taken.
func bus(t *testing.T, port int) *server.Server {
	t.Helper()
	if port == 0 {
		port = server.RANDOM_PORT
	}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("NATS does not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

// nodes starts relays "a", "b" … that know each other. Who may come is the
// cloud's business: here everybody.
func nodes(t *testing.T, s *server.Server, count int, change ...func(*relay.Config)) []*node {
	t.Helper()
	dir := t.TempDir()
	var out []*node
	var lists []map[string]string
	for i := range count {
		name := string(rune('a' + i))
		if err := MakeKeys(dir, time.Now(), name); err != nil {
			t.Fatal(err)
		}
		peers := map[string]string{}
		for k := range count {
			if k != i {
				peers[string(rune('a'+k))] = "127.0.0.1:1" // until it listens
			}
		}
		c := Config{
			Node: name, Listen: "127.0.0.1:0", Peers: peers, NATS: NATS{Servers: []string{"nats://" + s.Addr().String()}},
			Certificate: filepath.Join(dir, name+".pem"), Key: filepath.Join(dir, name+".key"), Authority: filepath.Join(dir, FileAuthority),
		}
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		lists = append(lists, peers)
		out = append(out, newNode(t, c, change...))
	}
	for i, peers := range lists {
		for k, n := range out {
			if k != i {
				peers[n.name] = n.c.Addr()
			}
		}
	}
	return out
}

func newNode(t *testing.T, c Config, change ...func(*relay.Config)) *node {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	n := &node{t: t, name: c.Node}
	var err error
	if n.c, err = Open(c, log); err != nil {
		t.Fatal(err)
	}
	rc := relay.Config{
		Host: func(context.Context, string, string) (time.Time, error) { return time.Now().Add(time.Hour), nil },
		Engineer: func(r *http.Request, _ string) (relay.Engineer, error) {
			return relay.Engineer{Account: r.Header.Get("Who")}, nil
		},
		Peers: n.c, Log: log, Now: time.Now, AskEvery: 20 * time.Millisecond,
	}
	for _, f := range change {
		f(&rc)
	}
	n.relay = relay.New(rc)
	n.c.Serve(n.relay)
	chain := deviceChain()
	n.http = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Who") == "" {
			r.TLS = &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{chain}}
		}
		n.relay.Handler().ServeHTTP(w, r)
	}))
	n.http.Config.ConnContext = web.ConnContext
	n.http.Start()
	t.Cleanup(n.stop)
	return n
}

func (n *node) stop() {
	n.relay.Close()
	if err := n.c.Close(); err != nil {
		n.t.Error(err)
	}
	n.http.Close()
}

func deviceChain() []*x509.Certificate {
	leaf := &x509.Certificate{IsCA: true, RawSubjectPublicKeyInfo: []byte(strings.Repeat("k", 91)), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	leaf.Subject.CommonName = cloudapi.DeviceID(leaf.RawSubjectPublicKeyInfo)
	return []*x509.Certificate{leaf, {IsCA: true}}
}

// end is one socket at a node.
type end struct {
	*websocket.Conn
	t *testing.T
}

func (n *node) host() *end               { return n.dial("host", "") }
func (n *node) engineer(who string) *end { return n.dial("engineer", who) }

func (n *node) dial(role, who string) *end {
	n.t.Helper()
	h := http.Header{}
	if who != "" {
		h.Set("Who", who)
	}
	ws, _, err := websocket.Dial(n.t.Context(), n.http.URL+cloudapi.PathRelay+"r1?role="+role, &websocket.DialOptions{HTTPHeader: h})
	if err != nil {
		n.t.Fatal(err)
	}
	ws.SetReadLimit(1 << 20)
	n.t.Cleanup(func() { ws.CloseNow() })
	return &end{ws, n.t}
}

func (e *end) send(text string) {
	e.t.Helper()
	if err := e.Write(e.t.Context(), websocket.MessageBinary, []byte(text)); err != nil {
		e.t.Fatal(err)
	}
}

func (e *end) hears(text string) {
	e.t.Helper()
	_, got, err := e.Read(e.t.Context())
	if err != nil || string(got) != text {
		e.t.Fatalf("%.40q came (%v), not %.40q", got, err, text)
	}
}

// closed gives the code an end is sent away with; it answers the goodbye.
func (e *end) closed() <-chan websocket.StatusCode {
	code := make(chan websocket.StatusCode, 1)
	go func() {
		for {
			if _, _, err := e.Read(context.WithoutCancel(e.t.Context())); err != nil {
				code <- websocket.CloseStatus(err)
				return
			}
		}
	}()
	return code
}

func (e *end) wants(code websocket.StatusCode) {
	e.t.Helper()
	if got := <-e.closed(); got != code {
		e.t.Fatalf("closed with %d, not %d", got, code)
	}
}

// talk proves that two ends are joined, whichever way the bytes went.
func talk(engineer, host *end) {
	engineer.t.Helper()
	engineer.send("from the engineer")
	host.hears("from the engineer")
	big := string(bytes.Repeat([]byte("x"), 200<<10))
	host.send(big)
	engineer.hears(big)
}

func TestHostAndEngineerAtDifferentNodes(t *testing.T) { // B13
	all := nodes(t, bus(t, 0), 3)
	a, b := all[0], all[1]
	for round, hostFirst := range []bool{true, false, true} {
		var host, engineer *end
		if hostFirst {
			host, engineer = a.host(), b.engineer("anna")
		} else {
			engineer, host = b.engineer("anna"), a.host()
		}
		talk(engineer, host)
		if s := a.relay.Stats(); s.LinksIn != 1 || s.Hosts != 1 || s.Engineers != 0 {
			t.Errorf("round %d: node a counts %+v", round, s)
		}
		if s := b.relay.Stats(); s.LinksOut != 1 || s.Hosts != 0 || s.Engineers != 1 {
			t.Errorf("round %d: node b counts %+v", round, s)
		}
		leaving, staying := host, engineer
		if round == 1 {
			leaving, staying = engineer, host
		}
		left := staying.closed()
		_ = leaving.Close(websocket.StatusNormalClosure, "")
		if code := <-left; code != cloudapi.ClosePeerLeft {
			t.Errorf("round %d: closed with %d", round, code)
		}
		empty(t, all)
	}
}

// empty waits until nobody is anywhere.
func empty(t *testing.T, all []*node) {
	t.Helper()
	for _, n := range all {
		for s := n.relay.Stats(); s.Meetings+int(s.Hosts+s.Engineers+s.LinksIn+s.LinksOut) > 0; s = n.relay.Stats() {
			if t.Context().Err() != nil {
				t.Fatal("somebody stays")
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func TestTheHostMovesToAnotherNode(t *testing.T) {
	all := nodes(t, bus(t, 0), 3)
	old := all[0].host()
	engineer := all[1].engineer("anna")
	talk(engineer, old)
	gone, left := old.closed(), engineer.closed()
	host := all[2].host() // its old socket is dead and does not know
	if code := <-gone; code != cloudapi.CloseReplaced {
		t.Errorf("the old socket was closed with %d", code)
	}
	if code := <-left; code != cloudapi.ClosePeerLeft && code != cloudapi.CloseReplaced {
		t.Errorf("the engineer was closed with %d", code)
	}
	talk(all[1].engineer("anna"), host)

	here := all[1].host() // where the engineer is
	if code := <-host.closed(); code != cloudapi.CloseReplaced {
		t.Errorf("the second socket was closed with %d", code)
	}
	talk(all[1].engineer("anna"), here)
}

func TestTheEngineerMovesToAnotherNode(t *testing.T) {
	all := nodes(t, bus(t, 0), 3)
	host := all[0].host()
	old := all[1].engineer("anna")
	talk(old, host)
	gone, left := old.closed(), host.closed()
	again := all[2].engineer("anna")
	if code := <-gone; code != cloudapi.CloseReplaced {
		t.Errorf("the old socket was closed with %d", code)
	}
	if code := <-left; code != cloudapi.ClosePeerLeft { // a channel is between two sockets
		t.Errorf("the host was closed with %d", code)
	}
	again.CloseNow()
	talk(all[2].engineer("anna"), all[1].host())
}

func TestOneEngineerInTheWholeCluster(t *testing.T) { // scenario 44
	all := nodes(t, bus(t, 0), 3)
	host, anna := all[0].host(), all[1].engineer("anna")
	talk(anna, host)
	all[2].engineer("bob").wants(cloudapi.CloseEnded)
	talk(anna, host)
}

func TestTheEndOfARequestReachesEveryNode(t *testing.T) {
	all := nodes(t, bus(t, 0), 3, func(c *relay.Config) { c.LastWords = time.Millisecond })
	host, engineer := all[0].host(), all[1].engineer("anna")
	talk(engineer, host)
	h, e := host.closed(), engineer.closed()
	// The device's link is at a third node, which nobody of this session is at:
	// it says so over the bus.
	all[2].relay.End("r1")
	if code := <-h; code != cloudapi.CloseEnded && code != cloudapi.ClosePeerLeft {
		t.Errorf("the host was closed with %d", code)
	}
	if code := <-e; code != cloudapi.CloseEnded && code != cloudapi.ClosePeerLeft {
		t.Errorf("the engineer was closed with %d", code)
	}
}

// A lost bus ends no session; who comes meanwhile is joined when it is back.
func TestTheBusRestarts(t *testing.T) { // scenario 56
	first := bus(t, 0)
	port := first.Addr().(*net.TCPAddr).Port
	all := nodes(t, first, 2)
	host, engineer := all[0].host(), all[1].engineer("anna")
	talk(engineer, host)
	first.Shutdown()
	first.WaitForShutdown()
	for all[0].c.Ready() == nil || all[1].c.Ready() == nil {
		time.Sleep(time.Millisecond)
	}
	talk(engineer, host)
	host.CloseNow()
	engineer.wants(cloudapi.ClosePeerLeft)
	host, engineer = all[0].host(), all[1].engineer("anna")
	bus(t, port)
	talk(engineer, host)
}

// A node that is cut off, whether its connections break or are only silent, is
// given up by the other, whose end may dial again at once.
func TestNodesAreCutOff(t *testing.T) { // scenario 56
	for name, how := range map[string]func(*wire){"broken": (*wire).cut, "silent": (*wire).freeze} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A pong may take as long as the ping's period: on a busy machine the
			// link has to outlive the talk before the wire is cut.
			all := nodes(t, bus(t, 0), 2, func(c *relay.Config) { c.LinkPing = 3 * time.Second })
			w := newWire(t, all[0].c.Addr())
			all[1].c.config.Peers["a"] = w.Addr().String()
			host, engineer := all[0].host(), all[1].engineer("anna")
			talk(engineer, host)
			left, alone := engineer.closed(), host.closed()
			how(w)
			if a, b := <-left, <-alone; a != cloudapi.ClosePeerLeft || b != cloudapi.ClosePeerLeft {
				t.Errorf("closed with %d and %d", a, b)
			}
			// At one node they meet, whatever is between the nodes.
			talk(all[0].engineer("anna"), all[0].host())
		})
	}
}

// wire is a way between two nodes that can be cut.
type wire struct {
	net.Listener
	mu     sync.Mutex
	conns  []net.Conn
	frozen chan struct{}
	group  sync.WaitGroup
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, frozen: make(chan struct{})}
	w.group.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, in, out)
			w.mu.Unlock()
			w.group.Go(func() { w.copy(in, out) })
			w.group.Go(func() { w.copy(out, in) })
		}
	})
	t.Cleanup(func() { l.Close(); w.cut(); w.group.Wait() })
	return w
}

func (w *wire) copy(to, from net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			to.Close()
			return
		}
		select {
		case <-w.frozen: // swallowed
		default:
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}
}

func (w *wire) freeze() { close(w.frozen) }

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Close()
	}
}

func TestDrain(t *testing.T) { // B5, B13
	all := nodes(t, bus(t, 0), 2)
	host, engineer := all[0].host(), all[1].engineer("anna")
	talk(engineer, host)
	h, e := host.closed(), engineer.closed()
	done := make(chan struct{})
	go func() {
		defer close(done)
		all[0].relay.Drain(t.Context(), 50*time.Millisecond)
	}()
	if a, b := <-h, <-e; a != cloudapi.CloseShutdown || b != cloudapi.CloseShutdown {
		t.Errorf("closed with %d and %d", a, b)
	}
	<-done
	if _, resp, err := websocket.Dial(t.Context(), all[0].http.URL+cloudapi.PathRelay+"r1?role=host", nil); err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a drained node lets somebody in: %v", err)
	}
	talk(all[1].engineer("anna"), all[1].host())
}

// Whoever is on the bus or has found the port is nobody: only nodes of the
// configuration are dialled and answered.
func TestOnlyConfiguredNodes(t *testing.T) { // scenario 46
	s := bus(t, 0)
	all := nodes(t, s, 2)
	a := all[0]
	for _, name := range []string{"c", "127.0.0.1", "169.254.169.254", "", "a", "localhost:22"} {
		if _, err := a.c.Dial(t.Context(), name, "r1", "tag"); err == nil || !strings.Contains(err.Error(), "not a node of the configuration") {
			t.Errorf("%q was dialled: %v", name, err)
		}
	}
	// A stranger on the bus names itself and an address: nothing is dialled.
	engineer := a.engineer("anna")
	stranger := &Cluster{config: a.c.config, log: a.c.log, bus: a.c.bus}
	for _, w := range []relay.Word{{Kind: relay.HostHere}, {Kind: relay.HostCame}, {Kind: relay.Ended}} {
		stranger.config.Node = "127.0.0.1"
		stranger.Say("r1", w)
		all[1].c.publish(all[1].c.of("r1"), relay.Word{Kind: w.Kind, Node: "c"})
	}
	talk(engineer, all[1].host())
	if n := a.relay.Stats().LinkFailed; n != 0 {
		t.Errorf("%d links were tried", n)
	}

	// A certificate of another authority, one of ours for no node of the list,
	// and none at all.
	other := t.TempDir()
	for _, name := range []string{"b", "c"} {
		if err := MakeKeys(other, time.Now(), name); err != nil {
			t.Fatal(err)
		}
	}
	ours := filepath.Dir(a.c.config.Certificate)
	if err := MakeKeys(ours, time.Now(), "c"); err != nil {
		t.Fatal(err)
	}
	for what, file := range map[string]string{"another authority": filepath.Join(other, "b"), "not listed": filepath.Join(ours, "c"), "none": ""} {
		config := &tls.Config{RootCAs: a.c.keys.authority, ServerName: "a"}
		if file != "" {
			cert, err := tls.LoadX509KeyPair(file+".pem", file+".key")
			if err != nil {
				t.Fatal(err)
			}
			config.Certificates = []tls.Certificate{cert}
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
		ws, resp, err := websocket.Dial(t.Context(), fmt.Sprintf("https://%s%sr1", a.c.Addr(), relay.PathPeer), &websocket.DialOptions{
			HTTPClient: client, HTTPHeader: http.Header{relay.HeaderTag: {"x"}}})
		if err == nil {
			ws.CloseNow()
			t.Errorf("%s: let in", what)
		} else if resp != nil && resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", what, resp.StatusCode)
		}
	}
}

func TestCheck(t *testing.T) {
	good := func() Config {
		return Config{Node: "a", Listen: "10.0.0.1:8444", Certificate: "c", Key: "k", Authority: "r",
			Peers: map[string]string{"b": "10.0.0.2:8444"}, NATS: NATS{Servers: []string{"tls://nats.example:4222"}}}
	}
	for what, change := range map[string]func(*Config){
		"":                    func(*Config) {},
		"cluster.node":        func(c *Config) { c.Node = "" },
		"plain name":          func(c *Config) { c.Node = "A.b" },
		"cluster.listen":      func(c *Config) { c.Listen = "8444" },
		"cluster.key":         func(c *Config) { c.Key = "" },
		"another node":        func(c *Config) { c.Peers["a"] = "10.0.0.3:1" },
		"address with a port": func(c *Config) { c.Peers["b"] = "10.0.0.2" },
		"wildcards":           func(c *Config) { c.Subject = "x.>" },
		"nats.servers":        func(c *Config) { c.NATS.Servers = nil },
		"tls://HOST:PORT":     func(c *Config) { c.NATS.Servers = []string{"nats://10.0.0.1:4222"} },
		"settings of their":   func(c *Config) { c.NATS.Servers = []string{"tls://u:geheim@nats.example:4222"} },
		"two ways":            func(c *Config) { c.NATS.Credentials, c.NATS.User = "f", "u" },
	} {
		c := good()
		change(&c)
		err := c.Check()
		if (err == nil) != (what == "") || err != nil && !strings.Contains(err.Error(), what) {
			t.Errorf("%q: %v", what, err)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: a password is shown: %v", what, err)
		}
	}
	c := good()
	c.Listen, c.Key, c.NATS.Servers = "", "", nil
	var many interface{ Unwrap() []error }
	if err := c.Check(); !errors.As(err, &many) || len(many.Unwrap()) != 3 {
		t.Errorf("not all at once: %v", err)
	}
}
