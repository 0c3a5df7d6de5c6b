package canary

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/build/canary/places"
	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/vendormessage"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/service"
	"beckmanconnect/store"
)

// child is set where this test binary is the service.
const child = "BECKMANCONNECT_CANARY_SERVICE"

func TestMain(m *testing.M) {
	file := os.Getenv(child)
	if file == "" {
		os.Exit(m.Run())
	}
	config, err := hostconfig.Load(file)
	if err == nil {
		err = service.Run(context.Background(), config, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})))
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.b.Bytes())
}

// world is an instrument PC with its service as a process of its own, and a
// cloud in this one.
type world struct {
	t         *testing.T
	dir       string
	config    hostconfig.Config
	cloud     *cloud.Cloud
	cloudDir  string
	cloudLog  *buffer
	stopCloud func()
	journal   *buffer // what the service writes to its outputs
	process   *exec.Cmd
	proxied   atomic.Int64 // connections through the hospital's proxy
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) write(name, text string) {
	w.t.Helper()
	w.must(os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600))
}

func newWorld(t *testing.T) *world {
	dir, err := os.MkdirTemp("", "bcc") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w := &world{t: t, dir: dir, cloudDir: filepath.Join(dir, "cloud"), cloudLog: &buffer{}, journal: &buffer{}}
	w.must(trust.Init(filepath.Join(dir, "trust")))
	w.startCloud()
	w.write("proxy.password", proxyPassword+"\n")
	w.write("snmp-passwords.toml", "[watcher]\nauth = \""+snmpAuth+"\"\npriv = \""+snmpPriv+"\"\n")
	w.must(os.Mkdir(filepath.Join(dir, "drop"), 0o700))
	w.write("instrument.log", "")
	w.write("host.toml", `data = "data"
socket = "host.sock"
upgrade_socket = "upgrade.sock"
trust = "trust/roots"
policy = "site-policy.note"
install = "install"
[cloud]
url = "`+w.cloud.BaseURL()+`"
[cloud.proxy]
url = "`+w.startProxy()+`"
user = "bc"
password_file = "proxy.password"
[instrument]
log = "instrument.log"
[notify]
drop = "drop"
`)
	signer, err := trust.LoadNoteSigner(filepath.Join(dir, "trust", trust.DirPrivate, trust.KeyPolicy))
	w.must(err)
	signed, err := note.Sign(&note.Note{Text: "number=1\ninstrument_class=\"general\"\nstaff_any=true\nauthorise=[\"publishers\"]\n" + probes}, signer)
	w.must(err)
	w.write("site-policy.note", string(signed))
	w.config, err = hostconfig.Load(filepath.Join(dir, "host.toml"))
	w.must(err)
	return w
}

func (w *world) startCloud() {
	w.t.Helper()
	c, err := cloud.New(cloud.Config{
		Listen: "127.0.0.1:0", Names: []string{"localhost", "127.0.0.1"}, Data: w.cloudDir,
		Roots: filepath.Join(w.dir, "trust", trust.DirRoots), Private: filepath.Join(w.dir, "trust", trust.DirPrivate), Upgrades: filepath.Join(w.dir, "upgrades"),
		StaffNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		OIDC:          cloud.OIDC{Issuer: "http://127.0.0.1:1", Client: "console", Secret: "secret", Native: "desk"},
		Staff:         cloud.Staff{NewPlaces: "off"},
		Log:           slog.New(slog.NewTextHandler(w.cloudLog, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	w.must(err)
	w.cloud = c
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	w.stopCloud = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("cloud: %v", err)
		}
	})
	w.t.Cleanup(w.stopCloud)
}

func (w *world) startService() {
	w.t.Helper()
	w.process = exec.Command(os.Args[0])
	w.process.Env = append(os.Environ(), child+"="+w.config.File, "GOTRACEBACK=crash")
	// As somebody has it who wants core files: the service goes without.
	w.process.Dir = filepath.Join(w.dir, "cores")
	w.must(os.Mkdir(w.process.Dir, 0o700))
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Cur: ^uint64(0), Max: ^uint64(0)}); err != nil {
		w.t.Logf("core files stay off here: %v", err)
	}
	w.process.Stdout, w.process.Stderr = w.journal, w.journal
	w.must(w.process.Start())
	w.t.Cleanup(func() { _ = w.process.Process.Kill(); _ = w.process.Wait() }) // it may have ended
}

func (w *world) client() *client.Client {
	w.t.Helper()
	for {
		c, err := client.Dial(w.t.Context(), client.Config{Socket: w.config.Socket, Program: protocol.Window, Version: version.Version()})
		if err == nil {
			w.t.Cleanup(func() { c.Close() })
			return c
		}
		select {
		case <-time.After(10 * time.Millisecond): // it is starting
		case <-w.t.Context().Done():
			w.t.Fatal(err)
		}
	}
}

func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(end) {
			w.t.Fatalf("%s never came\n%s", what, w.journal.bytes())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Passwords of the hospital's own, each at home in the file that holds it.
const (
	proxyPassword = "drosselbart-77-nachtschwalbe"
	snmpAuth      = "rohrdommel-auth-55"
	snmpPriv      = "wasserralle-priv-66"
	probes        = "[[probe]]\nname = \"ups\"\nkind = \"snmp\"\nhost = \"127.0.0.1\"\nport = 9\nevery = \"10s\"\nseverity = \"low\"\n" +
		"[probe.snmp]\nversion = \"3\"\nuser = \"watcher\"\noid = \"1.3.6.1.2.1.1.3.0\"\ncondition = \"value < 70\"\n"
)

// startProxy starts the hospital's proxy, which wants a log-in.
func (w *world) startProxy() string {
	w.t.Helper()
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("bc:"+proxyPassword))
	proxy := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != want {
			out.Header().Set("Proxy-Authenticate", `Basic realm="hospital"`)
			out.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		cloud, err := net.Dial("tcp", r.Host)
		if err != nil {
			out.WriteHeader(http.StatusBadGateway)
			return
		}
		defer cloud.Close()
		w.proxied.Add(1)
		out.WriteHeader(http.StatusOK)
		conn, buffered, err := http.NewResponseController(out).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		go func() { _, _ = io.Copy(cloud, buffered); _ = cloud.Close() }() // one end is gone
		_, _ = io.Copy(conn, cloud)
	}))
	w.t.Cleanup(func() { proxy.CloseClientConnections(); proxy.Close() })
	return proxy.URL
}

// sendMessage sends a message of the vendor's to the technicians, as the console
// has it sent.
func (w *world) sendMessage(device, text string) {
	w.t.Helper()
	private, err := trust.LoadNoteSigner(filepath.Join(w.dir, "trust", trust.DirPrivate, trust.KeyVendor))
	w.must(err)
	now := time.Now()
	request := cloudapi.MessageRequest{Device: device, Severity: "low", Hours: 1}
	var signed []byte
	_, err = w.cloud.DB().AddMessage(w.t.Context(), data.Draft{
		Request: request, Regions: []string{"eu"}, ExpiresMS: now.Add(time.Hour).UnixMilli(),
		Sign: func(number uint64, _ []string) (string, []byte, error) {
			id := "m-abcdefghijklmnopqrst"
			signed, err = vendormessage.Sign(vendormessage.Message{
				ID: id, Number: number, Issued: now, Expires: now.Add(time.Hour), Severity: "low", To: vendormessage.To{Device: device},
				Texts: map[string]vendormessage.Text{"en": {Title: "Reagents", Text: text}},
			}, private)
			return id, signed, err
		},
	})
	w.must(err)
	w.must(w.cloud.Send(device, cloudapi.KindMessage, cloudapi.VendorMessage{Note: string(signed)}))
}

// A code, a PIN, a passphrase, a person's and a patient's name go in by every
// way there is and are looked for wherever something is kept, written or sent
// (scenarios 25, 49; P15, P23).
func TestCanary(t *testing.T) {
	w := newWorld(t)
	w.startService()
	c := w.client()
	ctx := t.Context()
	const (
		pin     = "493817265013"
		person  = "Zaunkoenig Quendolin"
		email   = "quendolin.zaunkoenig@canary-lab.example"
		patient = "Xylander Philomena"
		reason  = "Nothing moves, says Dr. Vogelsang-Orloff"
		shift   = "Call Frau Rosendorn-Quist about the reagent"
		why     = "Cloned by Herr Tannhaeuser-Biel"
		phrase  = "grasmuecke-wiedehopf-pirol"
		said    = "Specimen of Wachtelkoenig-Ottilie leaks"
		advice  = "Ring Dr. Seidenschwanz-Ambrosia first"
		line    = "Ventilblock Kappa-Neunauge haengt"
		news    = "Please store the reagent Morgenammer-Nadel cool"
	)

	// Ways in.
	terms, err := c.Host.GetTerms(ctx, &hostpb.GetTermsRequest{Language: "de"})
	w.must(err)
	_, err = c.Host.AcceptTerms(ctx, &hostpb.AcceptTermsRequest{Version: terms.GetVersion(), Sha256: terms.GetSha256(), ItRequirementsRead: true, Initials: "ZQX"})
	w.must(err)
	_, err = c.Host.Register(ctx, &hostpb.RegisterRequest{Email: email, Name: person, InstrumentType: "DxH 900", Serial: "SN-1"})
	w.must(err)
	w.until("the link", func() bool {
		s, err := c.Host.GetStatus(ctx, &hostpb.GetStatusRequest{})
		return err == nil && s.GetLink() == hostpb.Link_LINK_ONLINE
	})
	_, err = c.Host.SetPIN(ctx, &hostpb.SetPINRequest{Initials: "mh", Pin: pin})
	w.must(err)
	_, err = c.Host.WriteHandover(ctx, &hostpb.WriteHandoverRequest{Note: shift, Initials: "ZQX"})
	w.must(err)
	_, err = c.Host.BackupLog(ctx, &hostpb.BackupLogRequest{Passphrase: phrase})
	w.must(err) // what it answers is another test's matter: the words have gone in
	for _, line := range []string{
		"2026-11-24 10:00:00 ERROR SYR-02 Sample syringe A1 worn",
		"2026-11-24 10:00:01 INFO result of patient " + patient + " born 1961",
		"2026-11-24 10:00:02 ERROR XX-99 " + patient + ": sample rejected",
		"2026-11-24 10:00:03 ERROR VLV-77 " + line,
	} {
		f, err := os.OpenFile(filepath.Join(w.dir, "instrument.log"), os.O_APPEND|os.O_WRONLY, 0)
		w.must(err)
		_, err = f.WriteString(line + "\n")
		w.must(err)
		w.must(f.Close())
	}
	w.write("drop/one.json", `{"v":1,"publisher":"lis","code":"LIS-1","severity":"low","title":"x","patient":"`+patient+`"}`)
	w.until("the alarm of the log", func() bool {
		page, err := c.Host.ListNotifications(ctx, &hostpb.ListNotificationsRequest{Limit: 50})
		return err == nil && slices.ContainsFunc(page.GetNotifications(), func(n *hostpb.Notification) bool { return n.GetCode() == "sample-syringe-worn" })
	})
	_, err = c.Host.PublishNotification(ctx, &hostpb.PublishNotificationRequest{Publisher: "lis", Code: "specimen", Severity: hostpb.Severity_SEVERITY_LOW, Title: said, Advice: advice})
	w.must(err)
	status, err := c.Host.GetStatus(ctx, &hostpb.GetStatusRequest{})
	w.must(err)
	w.sendMessage(status.GetRegistration().GetDeviceId(), news)
	w.until("the vendor's message", func() bool {
		page, err := c.Host.ListNotifications(ctx, &hostpb.ListNotificationsRequest{Limit: 50})
		return err == nil && strings.Contains(page.String(), news)
	})
	logs, err := c.Host.PrepareHelpLogs(ctx, &hostpb.PrepareHelpLogsRequest{})
	w.must(err)
	// Names that no word stands before may remain; they are shown before they go.
	if !strings.Contains(logs.GetText(), line) || strings.Contains(logs.GetText(), "patient "+patient) {
		t.Errorf("the lines that go with a request: %v", logs)
	}
	help, err := c.Host.RequestHelp(ctx, &hostpb.RequestHelpRequest{TechnicianCalled: true, Reason: reason, LogsId: logs.GetId(), LogsSha256: logs.GetSha256()})
	w.must(err)
	w.until("the request in the cloud", func() bool {
		r, err := w.cloud.DB().OpenRequest(ctx, help.GetRequestId())
		return err == nil && r.State == "waiting"
	})
	_, err = c.Host.CancelHelp(ctx, &hostpb.CancelHelpRequest{RequestId: help.GetRequestId()})
	w.must(err)

	h := &places.Search{T: t, Secrets: []places.Secret{
		{Name: "the code", Text: help.GetCode()},
		{Name: "the PIN", Text: pin},
		{Name: "a backup's passphrase", Text: phrase},
		{Name: "who registered", Text: person, Home: []string{"message register"}},
		{Name: "the e-mail address", Text: email},
		{Name: "the patient's name", Text: patient, Home: []string{"pc/instrument.log", "pc/drop/"}},
		{Name: "why help was asked for", Text: reason, Home: []string{"message request"}},
		{Name: "the note for the next shift", Text: shift},
		{Name: "why the identity was renewed", Text: why},
		{Name: "what a notify call says", Text: said, Home: []string{"message notification"}},
		{Name: "what a notify call advises", Text: advice, Home: []string{"message notification"}},
		{Name: "a line that goes with a request", Text: line, Home: []string{"pc/instrument.log", "message helplogs", "message request"}},
		{Name: "a message of the vendor's", Text: news, Home: []string{"message notification"}},
		{Name: "the proxy's password", Text: proxyPassword, Home: []string{"pc/proxy.password"}},
		{Name: "an SNMP password", Text: snmpAuth, Home: []string{"pc/snmp-passwords.toml"}},
		{Name: "an SNMP password for privacy", Text: snmpPriv, Home: []string{"pc/snmp-passwords.toml"}},
	}}
	// Places, while it runs.
	h.Tree("pc", w.dir)
	for _, name := range []string{"cmdline", "environ"} {
		content, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(w.process.Process.Pid), name))
		w.must(err)
		h.One("process "+name, content)
	}
	// With the cloud away messages wait, and can be read as they would be sent.
	w.stopCloud()
	_, err = c.Host.RequestHelp(ctx, &hostpb.RequestHelpRequest{TechnicianCalled: true, Reason: reason})
	w.must(err)
	if _, err := c.Host.RenewDevice(ctx, &hostpb.RenewDeviceRequest{Reason: why}); client.Code(err) != "session-running" {
		t.Errorf("renewed while help is asked for: %v", err)
	}
	status, err = c.Host.GetStatus(ctx, &hostpb.GetStatusRequest{})
	w.must(err)
	_, err = c.Host.CancelHelp(ctx, &hostpb.CancelHelpRequest{RequestId: status.GetSupport().GetRequestId()})
	w.must(err)
	_, err = c.Host.RenewDevice(ctx, &hostpb.RenewDeviceRequest{Reason: why})
	w.must(err)
	// A crash: what the process writes of itself then is its dump. What it held
	// in memory is its own to hold, and is not searched.
	w.must(w.process.Process.Signal(syscall.SIGABRT))
	_ = w.process.Wait() // it crashed
	dump := w.journal.bytes()
	if !bytes.Contains(dump, []byte("SIGABRT")) {
		t.Error("the crash left no dump")
	}
	h.One("journal and crash dump", dump)
	// Core files are asked for without bounds, and none is there.
	h.Tree("core files", w.process.Dir)
	if left, err := os.ReadDir(w.process.Dir); err != nil || len(left) > 0 {
		t.Errorf("the crash left %v %v", left, err)
	}
	if w.proxied.Load() == 0 {
		t.Error("nothing went through the proxy: its password was not used")
	}
	h.One("cloud's journal", w.cloudLog.bytes())
	h.Tree("pc after the crash", w.dataOnly())
	h.Tree("cloud", w.cloudDir)
	w.messages(h)
	for _, row := range h.Rows {
		t.Logf("%-28s %s, %d secrets", row[0], row[1], len(h.Secrets))
	}
	t.Logf("%d hits outside the declared places", h.Bad)
}

// dataOnly is the service's own folder.
func (w *world) dataOnly() string { return w.config.Data }

// messages searches what waits to be sent, opened as the cloud would get it.
func (w *world) messages(h *places.Search) {
	w.t.Helper()
	st, err := store.Open(w.t.Context(), store.Options{Dir: w.config.Data})
	w.must(err)
	defer st.Close()
	waiting, err := st.Outbox(w.t.Context(), 1000)
	w.must(err)
	kinds := map[string]int{}
	for _, m := range waiting {
		h.Look("message "+m.Kind, m.Body)
		kinds[m.Kind]++
	}
	if kinds["request"] == 0 {
		w.t.Errorf("no request waits among %v: nothing was searched", kinds)
	}
	h.Searched("messages", strings.TrimPrefix(fmt.Sprint(kinds), "map"))
}
