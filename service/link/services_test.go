package link_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	nats "github.com/nats-io/nats-server/v2/server"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/freeport"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/service/link"
	"beckmanconnect/service/link/dialect"
	"beckmanconnect/service/link/linktest"
)

const device = "bc-0123456789abcdef"

// service is a message service that the suite runs against.
type service struct {
	t       *testing.T
	name    string
	dialect dialect.Dialect
	roots   *x509.CertPool
	dial    func(*tls.Config) *http.Client
	client  []tls.Certificate
	cut     func()                     // every connection, without a word
	send    func(payload []byte) error // to the device

	mu    sync.Mutex
	last  uint64
	got   []cloudapi.Envelope // numbered ones, each once, as the cloud keeps them
	again int
	other int // statuses
	bad   []string
	news  chan struct{}
}

// take is a message that the service accepted, as the cloud takes it in.
func (s *service) take(payload []byte) {
	var e cloudapi.Envelope
	s.mu.Lock()
	defer s.mu.Unlock()
	switch err := json.Unmarshal(payload, &e); {
	case err != nil:
		s.bad = append(s.bad, string(payload))
	case e.Seq == 0:
		s.other++
	case e.Seq <= s.last:
		s.again++
	case e.Seq != s.last+1:
		s.bad = append(s.bad, fmt.Sprintf("number %d after %d", e.Seq, s.last))
	default:
		s.last = e.Seq
		s.got = append(s.got, e)
	}
	select {
	case s.news <- struct{}{}:
	default:
	}
}

func (s *service) until(what string, ok func() bool) {
	s.t.Helper()
	for {
		s.mu.Lock()
		done := ok()
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-s.news:
		case <-s.t.Context().Done():
			s.t.Fatalf("%s never came", what)
		}
	}
}

// services are all that the suite runs against. denied: the device may not
// subscribe.
var services = []struct {
	name  string
	start func(t *testing.T, denied bool) *service
}{
	{"mochi", startMochi}, {"mosquitto", startMosquitto}, {"nats", startNATS}, {"iothub-sas", startHubSAS}, {"iothub-x509", startHubX509},
}

func newService(t *testing.T, name string) *service {
	return &service{t: t, name: name, news: make(chan struct{}, 1)}
}

// door is the cloud's one TLS port before a broker that knows nothing of TLS,
// which can cut what goes through it.
func (s *service) door(broker, path string) {
	s.t.Helper()
	target, err := url.Parse("http://" + broker)
	if err != nil {
		s.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.URL.Path, r.Out.URL.RawPath = path, ""
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != cloudapi.PathMQTT {
			http.NotFound(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	front.Config.ErrorLog = log.New(io.Discard, "", 0)
	cutter := &cutter{Listener: front.Listener, open: map[net.Conn]bool{}}
	front.Listener = cutter
	front.StartTLS()
	s.t.Cleanup(func() {
		cutter.cut()
		front.Close()
	})
	s.roots = x509.NewCertPool()
	s.roots.AddCert(front.Certificate())
	s.cut, s.dialect, s.dial = cutter.cut, dialect.Plain{URL: front.URL}, netdialtest.Client(front.URL)
}

// cutter is a listener that can cut its connections.
type cutter struct {
	net.Listener
	mu   sync.Mutex
	open map[net.Conn]bool
}

func (c *cutter) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.mu.Lock()
		c.open[conn] = true
		c.mu.Unlock()
	}
	return conn, err
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		conn.Close()
	}
	clear(c.open)
}

// watch is the cloud behind a broker: it reads what devices publish, and sends.
func (s *service) watch(broker, path string, options func(*paho.ClientOptions)) {
	s.t.Helper()
	o := paho.NewClientOptions().AddBroker("ws://" + broker + path).SetClientID("cloud").SetProtocolVersion(4).SetOrderMatters(true)
	if options != nil {
		options(o)
	}
	c := paho.NewClient(o)
	wait := func(what string, t paho.Token) {
		s.t.Helper()
		if !t.WaitTimeout(30*time.Second) || t.Error() != nil {
			s.t.Fatalf("%s: the cloud's own end: %s: %v", s.name, what, t.Error())
		}
	}
	wait("connect", c.Connect())
	s.t.Cleanup(func() { c.Disconnect(100) })
	wait("subscribe", c.Subscribe("devices/+/messages/events/#", 1, func(_ paho.Client, m paho.Message) { s.take(m.Payload()) }))
	s.send = func(payload []byte) error {
		t := c.Publish(cloudapi.DeviceBoundTopic(device), 1, false, payload)
		if !t.WaitTimeout(30 * time.Second) {
			return errors.New("the broker does not acknowledge")
		}
		return t.Error()
	}
}

// mochiRights lets everybody in and, where denied, nobody read devicebound.
type mochiRights struct {
	mochi.HookBase
	denied bool
}

func (*mochiRights) ID() string { return "rights" }
func (*mochiRights) Provides(what byte) bool {
	return what == mochi.OnConnectAuthenticate || what == mochi.OnACLCheck
}
func (*mochiRights) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (r *mochiRights) OnACLCheck(_ *mochi.Client, topic string, write bool) bool {
	return write || !r.denied || !strings.Contains(topic, "devicebound")
}

func startMochi(t *testing.T, denied bool) *service {
	s := newService(t, "mochi")
	server := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	if err := server.AddHook(&mochiRights{denied: denied}, nil); err != nil {
		t.Fatal(err)
	}
	address := freeport.Address(t)
	if err := server.AddListener(listeners.NewWebsocket(listeners.Config{ID: "ws", Address: address})); err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	answers(t, address, nil)
	s.door(address, "/")
	s.watch(address, "/", nil)
	return s
}

// startMosquitto runs Debian's, which the tests' packages bring.
func startMosquitto(t *testing.T, denied bool) *service {
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto"
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("Debian's mosquitto is not installed")
	}
	if denied {
		t.Skip("its access list grants every subscription, and delivers nothing")
	}
	s := newService(t, "mosquitto")
	dir, address := t.TempDir(), freeport.Address(t)
	_, port, _ := net.SplitHostPort(address)
	const rights = "pattern readwrite #\n" // patterns count for clients with a user name, too
	// This version does not start without a listener that is none of WebSocket.
	config := fmt.Sprintf("listener 0 %s\nlistener %s\nbind_interface lo\nprotocol websockets\nallow_anonymous true\nacl_file %s\nuser root\nmax_inflight_messages 0\n", filepath.Join(dir, "socket"), port, filepath.Join(dir, "acl"))
	for name, text := range map[string]string{"acl": rights, "mosquitto.conf": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	cmd := exec.Command(program, "-c", filepath.Join(dir, "mosquitto.conf"))
	cmd.Stdout, cmd.Stderr = &out, &out
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
			t.Logf("mosquitto: %s", &out)
		}
	})
	answers(t, address, ended)
	s.door(address, "/")
	s.watch(address, "/", func(o *paho.ClientOptions) { o.SetUsername("cloud") })
	return s
}

// answers waits until somebody listens at an address, unless who should has
// ended.
func answers(t *testing.T, address string, ended <-chan struct{}) {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatal("the broker ended")
		case <-time.After(5 * time.Millisecond): // another program, and no way to be told
		}
	}
}

func startNATS(t *testing.T, denied bool) *service {
	s := newService(t, "nats")
	address := freeport.Address(t)
	_, text, _ := net.SplitHostPort(address)
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	o := &nats.Options{
		ServerName: "suite", Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
		Websocket: nats.WebsocketOpts{Host: "127.0.0.1", Port: port, NoTLS: true},
		MQTT:      nats.MQTTOpts{Host: "127.0.0.1", Port: -1},
	}
	if denied {
		o.CustomClientAuthentication = natsRights{}
	}
	server, err := nats.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	go server.Start()
	t.Cleanup(func() {
		server.Shutdown()
		server.WaitForShutdown()
	})
	if !server.ReadyForConnections(30 * time.Second) {
		t.Fatal("NATS does not come up")
	}
	s.door(address, "/mqtt")
	s.watch(address, "/mqtt", func(o *paho.ClientOptions) { o.SetUsername("cloud") })
	return s
}

// natsRights lets everybody in, and nobody but the cloud read devicebound.
type natsRights struct{}

func (natsRights) Check(c nats.ClientAuthentication) bool {
	user := &nats.User{Username: c.GetOpts().Username}
	if user.Username != "cloud" {
		user.Permissions = &nats.Permissions{Subscribe: &nats.SubjectPermission{Deny: []string{"devices.*.messages.devicebound.>"}}}
	}
	c.RegisterUser(user)
	return true
}

var key = []byte("0123456789abcdef0123456789abcdef")

func keyFile(t testing.TB, key []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "device.key")
	if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(key)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func startHubSAS(t *testing.T, denied bool) *service {
	return startHub(t, denied, linktest.Device{Key: key}, hostconfig.IoTHub{Auth: hostconfig.AuthSAS, KeyFile: keyFile(t, key)})
}

func startHubX509(t *testing.T, denied bool) *service {
	s := startHub(t, denied, linktest.Device{}, hostconfig.IoTHub{Auth: hostconfig.AuthX509})
	return s
}

// startHub runs the double of IoT Hub, which no test of the suite may get to
// refuse something.
func startHub(t *testing.T, denied bool, d linktest.Device, settings hostconfig.IoTHub) *service {
	if denied {
		t.Skip("IoT Hub grants a device its own topic or closes the connection")
	}
	s := newService(t, "iothub")
	hub := linktest.NewHub(t, map[string]linktest.Device{device: d})
	hub.Take = func(m linktest.Message) error {
		if m.Properties.Get("$.ct") != "application/json" || m.Properties.Get("$.ce") != "utf-8" {
			t.Errorf("properties %v", m.Properties)
		}
		s.take(m.Payload)
		return nil
	}
	t.Cleanup(func() {
		if v := hub.Violations(); len(v) > 0 {
			t.Errorf("IoT Hub does not allow: %q", v)
		}
	})
	settings.Host = hub.Host
	s.client = []tls.Certificate{linktest.Certificate(t, device)}
	s.roots, s.cut, s.dial = hub.Roots, hub.Cut, netdialtest.Client("https://"+hub.Host)
	s.send = func(payload []byte) error { return hub.Send(device, payload) }
	s.dialect = dialect.NewIoTHub(dialect.HubConfig{Settings: settings, Now: time.Now})
	return s
}

// config is a link to the service.
func (s *service) config(changed func(link.State)) link.Config {
	return link.Config{
		Dialect: s.dialect, Client: s.dial, Identity: func() (string, bool) { return device, true },
		TLS: func() *tls.Config {
			return &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12, Certificates: s.client}
		},
		Status: func() cloudapi.Status { return cloudapi.Status{Version: "1"} }, Changed: changed,
		First: time.Millisecond, Most: 10 * time.Millisecond,
	}
}

func run(t *testing.T, c link.Config) *link.Link {
	t.Helper()
	l := link.New(c)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return l
}
