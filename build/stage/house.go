package stage

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/internal/freeport"
	"beckmanconnect/service/scan/scantest"
)

// Config says where the house stands.
type Config struct {
	Dir      string // everything lives under it: keys, data, logs, sockets
	Bin      string // programs of this build
	Package  string // release archive of the host's programs that is installed first
	Name     string // the cloud's host name; it then has port 443 of all addresses. Empty: localhost, a free port
	Scanner  bool   // the cloud has a malware scanner: without one nobody opens what a technician sent
	Progress func(string)
}

// House is the whole product running on one machine: the other side, and any
// number of instrument PCs.
type House struct {
	config Config
	cloud  string // https address
	sso    string
	clamd  *scantest.Clamd // nil: none runs
	// scanner is the socket of the PCs' malware scanner, "" when there is none.
	scanner string
	stop    []func()
}

// Account of the engineer the development sign-in knows. It exists in the
// stage's own folder only.
const (
	EngineerAccount  = "anna.weber@vendor.example"
	ColleagueAccount = "bob.stone@vendor.example" // of the same region
	ColleagueName    = "Bob Stone"
	EngineerName     = "Anna Weber"
	EngineerPassword = "engineer-demo"
)

func (h *House) dir(parts ...string) string {
	return filepath.Join(append([]string{h.config.Dir}, parts...)...)
}
func (h *House) bin(name string) string { return filepath.Join(h.config.Bin, name) }

// Cloud is the other side's address.
func (h *House) Cloud() string { return h.cloud }

// Roots is the folder of public trust roots.
func (h *House) Roots() string { return h.dir("trust", "roots") }

// Keys is the folder of the development set's private keys.
func (h *House) Keys() string { return h.dir("trust", "private") }

// Upgrades is the folder of the upgrade repository.
func (h *House) Upgrades() string { return h.dir("upgrades") }

// Open makes the development trust roots and starts the other side.
func Open(ctx context.Context, config Config) (*House, error) {
	h := &House{config: config}
	for _, dir := range []string{"logs", "trust", "cloud", "upgrades"} {
		if err := os.MkdirAll(h.dir(dir), 0o700); err != nil {
			return nil, fmt.Errorf("stage: %w", err)
		}
	}
	h.say("development trust roots")
	if _, err := os.Stat(h.Roots()); os.IsNotExist(err) {
		if _, err := run(ctx, nil, h.bin("beckmanconnect-cloud"), "trust", "init", "--dir", h.dir("trust")); err != nil {
			return nil, err
		}
		if _, err := run(ctx, nil, h.bin("beckmanconnect-cloud"), "release", "init", "--keys", h.Keys(), "--repo", h.Upgrades(), "--roots", h.Roots()); err != nil {
			return nil, err
		}
	}
	h.say("staff sign-in (development)")
	if err := h.startSSO(ctx); err != nil {
		h.Close()
		return nil, err
	}
	if config.Scanner {
		if err := h.runScanner(ctx); err != nil {
			h.Close()
			return nil, err
		}
	}
	h.say("cloud")
	if err := h.startCloud(ctx); err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

func (h *House) say(format string, args ...any) {
	if h.config.Progress != nil {
		h.config.Progress(fmt.Sprintf(format, args...))
	}
}

func (h *House) startSSO(ctx context.Context) error {
	port, err := freeport.Choose()
	if err != nil {
		return err
	}
	name, cloudPort := h.config.Name, 443
	if name == "" {
		name = "localhost"
		if cloudPort, err = freeport.Choose(); err != nil {
			return err
		}
	}
	h.sso = fmt.Sprintf("http://127.0.0.1:%d", port)
	h.cloud = fmt.Sprintf("https://%s:%d", name, cloudPort)
	text := fmt.Sprintf(`issuer = %q
web = "console"
secret = "console-demo"
redirects = [%q]
native = "desk"

[[user]]
account = %q
name = %q
organisation = "Service Central Europe"
regions = ["eu"]
password = %q

[[user]]
account = %q
name = %q
organisation = "Service Central Europe"
regions = ["eu"]
password = %q

[[user]]
account = "john.miller@vendor.example"
name = "John Miller"
organisation = "Service US"
regions = ["us"]
password = %[8]q

[[user]]
account = "paula.lead@vendor.example"
name = "Paula Lead"
organisation = "Service Central Europe"
regions = ["eu"]
roles = ["lead"]
password = %[8]q

[[user]]
account = "otto.audit@vendor.example"
name = "Otto Audit"
organisation = "Service Central Europe"
regions = ["eu"]
roles = ["auditor"]
password = %[8]q

[[user]]
account = "ada.admin@vendor.example"
name = "Ada Admin"
organisation = "Service Central Europe"
regions = ["eu"]
roles = ["administrator"]
password = %[8]q

[[user]]
account = "ben.admin@vendor.example"
name = "Ben Admin"
organisation = "Service Central Europe"
regions = ["eu"]
roles = ["administrator"]
password = %[8]q

[[user]]
account = "nora.new@vendor.example"
name = "Nora New"
organisation = "Service Central Europe"
regions = []
training = [{ region = "eu", until = "2020-12-31" }]
password = %[8]q
`, h.sso, h.cloud+"/staff/callback", EngineerAccount, EngineerName, EngineerPassword, ColleagueAccount, ColleagueName, EngineerPassword)
	file := h.dir("sso.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	return h.serve(ctx, Command{Name: "sso", Path: h.bin("devsso"), Args: []string{"--config", file}}, port)
}

func (h *House) startCloud(ctx context.Context) error {
	file, port, err := h.writeCloudConfig()
	if err != nil {
		return err
	}
	return h.serve(ctx, Command{Name: "cloud", Path: h.bin("beckmanconnect-cloud"), Args: []string{"serve", "--config", file}, Restart: true}, port)
}

// writeCloudConfig writes cloud.toml for the address startSSO chose.
func (h *House) writeCloudConfig() (file string, port int, err error) {
	_, text, err := net.SplitHostPort(strings.TrimPrefix(h.cloud, "https://"))
	if err != nil {
		return "", 0, err
	}
	if port, err = strconv.Atoi(text); err != nil {
		return "", 0, fmt.Errorf("stage: %w", err)
	}
	file = h.dir("cloud.toml")
	return file, port, os.WriteFile(file, []byte(h.cloudConfig(port)), 0o600)
}

func (h *House) cloudConfig(port int) string {
	listen, name := "127.0.0.1", "localhost"
	if h.config.Name != "" {
		listen, name = "0.0.0.0", h.config.Name
	}
	uploads := ""
	if h.clamd != nil {
		uploads = fmt.Sprintf("\n[uploads]\nclamd = %q\nsignatures = %q\n", h.clamd.Socket, h.clamd.Signatures)
	}
	return fmt.Sprintf(`listen = "%s:%d"
names = [%q]
url = %q
data = %q
roots = %q
private = %q
upgrades = %q
staff_networks = ["127.0.0.0/8", "::1/128"]

[oidc]
issuer = %q
client = "console"
secret = "console-demo"
native = "desk"

[staff]
new_places = "off"
`, listen, port, name, h.cloud, h.dir("cloud"), h.Roots(), h.Keys(), h.Upgrades(), h.sso) + uploads
}

// serve starts a server and waits until its port answers.
func (h *House) serve(ctx context.Context, c Command, port int) error {
	p, err := start(h.dir("logs"), c)
	if err != nil {
		return err
	}
	h.stop = append(h.stop, func() { p.Stop(5 * time.Second) })
	wait, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return Until(wait, c.Name+" to answer (see logs/"+c.Name+".log)", func() (bool, error) {
		conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if err != nil {
			return false, err
		}
		return true, conn.Close()
	})
}

// Close ends everything, the newest first.
func (h *House) Close() {
	for i := len(h.stop) - 1; i >= 0; i-- {
		h.stop[i]()
	}
	h.stop = nil
	endWithin(context.Background(), h.config.Dir)
}

// Release signs a release archive and adds it to the upgrade repository, as
// the vendor's release officers would.
func (h *House) Release(ctx context.Context, archive string) error {
	archive, err := h.signed(archive)
	if err != nil {
		return err
	}
	// A house that stood here before has published it already.
	if published, _ := filepath.Glob(filepath.Join(h.Upgrades(), "targets", "*."+filepath.Base(archive))); len(published) > 0 {
		return nil
	}
	version := archiveVersion(archive)
	notes := h.dir("notes-" + version + ".toml")
	text := `[en]
title = "Quicker and clearer"
text = "Faster start. Clearer words in the log."

[de]
title = "Schneller und klarer"
text = "Schnellerer Start. Klarere Worte im Protokoll."
`
	if err := os.WriteFile(notes, []byte(text), 0o600); err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	_, err = run(ctx, nil, h.bin("beckmanconnect-cloud"), "release", "add", "--keys", h.Keys(), "--repo", h.Upgrades(), "--file", archive, "--version", version, "--notes", notes)
	return err
}

// archiveVersion reads "0.1.1" out of "beckmanconnect-0.1.1-linux-amd64.tar.zst".
func archiveVersion(archive string) string {
	parts := strings.Split(filepath.Base(archive), "-")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

// OpenDesk starts the engineer's own program and returns the address of its
// page on loopback.
func (h *House) OpenDesk(ctx context.Context) (string, error) {
	p, err := start(h.dir("logs"), Command{Name: "desk", Path: h.bin("beckmanconnect-desk"), Args: []string{"--cloud", h.cloud, "--trust", h.Roots()}})
	if err != nil {
		return "", err
	}
	h.stop = append(h.stop, func() { p.Stop(5 * time.Second) })
	wait, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var address string
	err = Until(wait, "beckmanconnect-desk (see logs/desk.log)", func() (bool, error) {
		text, err := os.ReadFile(h.dir("logs", "desk.log"))
		if err != nil {
			return false, err
		}
		address = loopback.FindString(string(text))
		return address != "", nil
	})
	return address, err
}

var loopback = regexp.MustCompile(`http://(127\.0\.0\.1|localhost):[0-9]+/[^\s"]*`)
