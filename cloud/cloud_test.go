package cloud_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"beckmanconnect/build/devsso/provider"
	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/internal/clamd"
	"beckmanconnect/internal/trust"
	"beckmanconnect/session/channel/channeltest"
)

// roots is one development set for all tests: its RSA-4096 key takes seconds.
var roots = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "beckmanconnect-trust-")
	if err != nil {
		return "", err
	}
	return dir, trust.Init(dir)
})

// onPostgres are the tests of registry, inventory and desk, and of what came
// back from a backup: they run on PostgreSQL too.
const onPostgres = "^Test(Registration|SerialNumberTwice|DeviceTokens|HandedOver|RegionsOfADeployment|NoDeviceAppears|Instruments|TakeRace|PlaceAfterConnecting|" +
	"EndByStaff|OneAddress|MailThatFails|EngineersOwnRecord|RecordCannot|RemovedAccount|TwoPCs|Revocation|Replacement|TrainingByTwo|ADeviceLosesNothing)"

func TestMain(m *testing.M) {
	code := datatest.MainOf(m, onPostgres)
	if dir, err := roots(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// running is a cloud with its sign-in service, both on loopback.
type running struct {
	*cloud.Cloud
	t     *testing.T
	roots *trust.Roots
	logs  *logBuffer
	sso   *http.Server
	stop  func() // earlier than the test ends
}

const password = "correct horse battery staple"

var users = []provider.User{
	{Account: "anna.weber@vendor.example", Name: "Anna Weber", Organisation: "Vendor EU", Regions: []string{"eu"}, Password: password},
	{Account: "bob.stone@vendor.example", Name: "Bob Stone", Organisation: "Vendor EU", Regions: []string{"eu"}, Password: password},
	{Account: "carl.us@vendor.example", Name: "Carl Us", Organisation: "Vendor US", Regions: []string{"us"}, Password: password},
	{Account: "mallory@vendor.example", Name: "Mallory", Organisation: "Vendor EU", Regions: []string{"eu"}, Password: password, Unverified: true},
}

// start runs a cloud until the test ends. change may adapt the configuration.
func start(t *testing.T, change ...func(*cloud.Config)) *running {
	t.Helper()
	dir, err := roots()
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := trust.Load(filepath.Join(dir, trust.DirRoots))
	if err != nil {
		t.Fatal(err)
	}
	ssoListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	logs := &logBuffer{}
	c := cloud.Config{
		Listen: "127.0.0.1:0", Names: []string{"localhost", "127.0.0.1"}, Data: datatest.Dir(t),
		Roots: filepath.Join(dir, trust.DirRoots), Private: filepath.Join(dir, trust.DirPrivate), Upgrades: t.TempDir(),
		StaffNetworks:          []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		OIDC:                   cloud.OIDC{Issuer: "http://" + ssoListener.Addr().String(), Client: "console", Secret: "secret", Native: "desk"},
		Log:                    slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		RegistrationsPerMinute: 1000,
		Staff:                  cloud.Staff{NewPlaces: "off"},
		Uploads:                cloud.Uploads{Scanner: nothingFound{}},
	}
	if c.Database = datatest.Database(t); c.Database != "" {
		c.Node, c.Keys = "a", cloud.Keys{Data: filepath.Join(c.Data, "wrap.key"), Confidential: filepath.Join(c.Data, "confidential.key")}
	}
	for _, f := range change {
		f(&c)
	}
	cl, err := cloud.New(c)
	if err != nil {
		ssoListener.Close()
		t.Fatal(err)
	}
	sso, err := provider.New(provider.Config{
		Issuer: c.OIDC.Issuer, Web: c.OIDC.Client, Secret: c.OIDC.Secret, Native: c.OIDC.Native,
		Redirects: []string{cl.BaseURL() + "/staff/callback"}, Users: users, Key: channeltest.EngineerKey(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Cloud: cl, t: t, roots: loaded, logs: logs, sso: &http.Server{Handler: sso}}
	ctx, stop := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { _ = r.sso.Serve(ssoListener) })
	group.Go(func() {
		if err := cl.Run(ctx); err != nil {
			t.Errorf("cloud: %v", err)
		}
	})
	r.stop = sync.OnceFunc(func() {
		stop()
		_ = r.sso.Close()
		group.Wait()
	})
	t.Cleanup(r.stop)
	return r
}

// nothingFound is a scanner that calls everything clean.
type nothingFound struct{}

func (nothingFound) Describe(context.Context) (string, error) {
	return "ClamAV 1.4.2/27000/" + time.Now().UTC().Format("Mon Jan 2 15:04:05 2006"), nil
}

func (n nothingFound) Scan(ctx context.Context, r io.Reader, _ int64) (clamd.Verdict, error) {
	said, _ := n.Describe(ctx)
	_, err := io.Copy(io.Discard, r)
	return clamd.Verdict{Clean: true, Scanner: said}, err
}

// logBuffer collects the cloud's log.
type logBuffer struct {
	mu   sync.Mutex
	text []byte
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	return len(p), nil
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}
