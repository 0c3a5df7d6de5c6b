package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The host can only be helped (P22): nothing in its programs opens a connection
// to another device, or takes one from the network. The import rules keep the
// engineer's side out; here stands what the rest of the code may open, and what
// the linker leaves of it.

// opens are the ways a Go program comes by a connection, by package: a new one
// of them in the host's code meets TestWhoOpensConnections.
var opens = map[string][]string{
	"net":                                 {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer", "FileConn"},
	"crypto/tls":                          {"Dial", "DialWithDialer", "Dialer", "Client"},
	"net/http":                            {"Client", "Transport", "DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
	"golang.org/x/sys/unix":               {"Connect"},
	"syscall":                             {"Connect"},
	"github.com/coder/websocket":          {"Dial"},
	"github.com/gorilla/websocket":        {"Dialer", "DefaultDialer"},
	"github.com/eclipse/paho.mqtt.golang": {"NewClient", "NewWebsocket"},
	"github.com/Microsoft/go-winio":       {"DialPipe", "DialPipeContext", "DialPipeAccess", "DialPipeAccessImpLevel"},
	"google.golang.org/grpc":              {"NewClient", "Dial", "DialContext"},
	"github.com/godbus/dbus/v5":           {"SessionBus", "SystemBus", "ConnectSessionBus", "ConnectSystemBus", "Connect", "Dial"},
	"github.com/gopcua/opcua":             {"NewClient"},
	"github.com/gosnmp/gosnmp":            {"Default", "NewGoSNMP"},
	"github.com/jezek/xgb":                {"NewConn", "NewConnDisplay", "NewConnNet"},
	"github.com/jezek/xgbutil":            {"NewConn", "NewConnDisplay"},
	Module + "/session/channel":           {"DialRelay", "Engineer"},
}

// listens are the ways it comes by a listener.
var listens = map[string][]string{
	"net":                           {"Listen", "ListenTCP", "ListenUDP", "ListenPacket", "ListenIP", "ListenMulticastUDP", "ListenUnix", "ListenUnixgram", "ListenConfig", "FileListener", "FilePacketConn"},
	"crypto/tls":                    {"Listen", "NewListener", "Server"},
	"net/http":                      {"ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS", "Server"},
	"golang.org/x/sys/unix":         {"Listen", "Bind"},
	"syscall":                       {"Listen", "Bind"},
	"github.com/coder/websocket":    {"Accept"},
	"github.com/Microsoft/go-winio": {"ListenPipe"},
}

// openers are the packages of the host that open connections, and to what.
// None of them takes an address from a session, a message or a caller; three take
// it from the policy that the site signed.
var openers = map[string]string{
	"ipc/pipe":               "the local pipe",
	"ipc/client":             "gRPC over the local pipe",
	"internal/netdial":       "the table of endpoints, and the proxy that is set: the way out of all below",
	"service/device":         "the cloud's address: registration",
	"service/link":           "the message service's address: MQTT",
	"service/link/dialect":   "the provisioning service's address: MQTT",
	"internal/clamd":         "the malware scanner's local socket",
	"service/witness":        "the hospital's witnesses that the signed site policy names: checkpoints of the log",
	"service/relay":          "the cloud's address: the relay, as the end that is helped",
	"service/upgrade/source": "the cloud's address, or the mirror that the signed site policy names: upgrades",
	"service/notify/machine": "the system's bus: whether services run, what disks say of themselves",
	"service/notify/probe":   "the hosts and ports that the signed site policy names, none as installed",
	"session/channel":        "the relay, and the host's end of a channel over it",
	"cmd/beckmanctl":         "hosts of the table of endpoints: doctor",
	"app/killkey":            "the display of this log-on",
	"app/hand":               "the display of this log-on",
	"app/window/native":      "the display of this log-on",
	"app/desktop/x11":        "the display of this log-on",
	"app/desktop/clipboard":  "the display of this log-on",
	"app/xinput":             "the display of this log-on",
	"app/desktop/lock":       "the session bus and the system's",
	"app/tray/toast":         "the session bus, the display of this log-on",
}

// listeners are those that listen.
var listeners = map[string]string{
	"ipc/pipe":        "the local pipe: a unix socket, a named pipe without network log-ons",
	"session/channel": "TLS over a stream that is there already, as the channel's host",
	"cmd/beckmanctl":  "HTTPS of the hospital's own witness (witness serve), refused on an instrument PC",
}

// programs are what the host's package holds.
func programs() []string {
	var out []string
	for _, p := range hostPrograms {
		if p == "." || strings.HasPrefix(p, "cmd/") {
			out = append(out, "./"+strings.TrimPrefix(p, "./"))
		}
	}
	return out
}

// linked lists our packages that the host's programs are made of.
func linked(t *testing.T, system string) []source {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-e", "-deps", "-json=ImportPath,Dir,GoFiles,CgoFiles"}, programs()...)...)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=1")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &errs)
	}
	var all []source
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var s source
		if err := dec.Decode(&s); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if ours(s.ImportPath) {
			all = append(all, s)
		}
	}
}

// source is a package with its files.
type source struct {
	ImportPath, Dir   string
	GoFiles, CgoFiles []string
}

// uses finds the names of a table in a package.
func (s source) uses(names map[string][]string) (found []string, err error) {
	for _, file := range append(slices.Clone(s.GoFiles), s.CgoFiles...) {
		if !filepath.IsAbs(file) {
			file = filepath.Join(s.Dir, file)
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		found = append(found, usesIn(tree, names)...)
	}
	return found, nil
}

func usesIn(tree *ast.File, names map[string][]string) (found []string) {
	imports := map[string]string{}
	for _, i := range tree.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue
		}
		for known := range names {
			if path != known {
				continue
			}
			// The name of the packages in the tables is the last element that
			// is no version, without "go-" and ".golang".
			name := path[strings.LastIndex(path, "/")+1:]
			switch path {
			case "github.com/eclipse/paho.mqtt.golang":
				name = "mqtt"
			case "github.com/Microsoft/go-winio":
				name = "winio"
			case "github.com/godbus/dbus/v5":
				name = "dbus"
			}
			if i.Name != nil {
				name = i.Name.Name
			}
			imports[name] = path
		}
	}
	if path, ok := imports["."]; ok { // hides what is used
		return []string{path + " by a dot"}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := selector.X.(*ast.Ident); ok && slices.Contains(names[imports[x.Name]], selector.Sel.Name) {
				found = append(found, imports[x.Name]+"."+selector.Sel.Name)
			}
		}
		return true
	})
	return found
}

func TestWhoOpensConnections(t *testing.T) { // P22
	for what, rule := range map[string]struct {
		names map[string][]string
		may   map[string]string
	}{"opens": {opens, openers}, "listens": {listens, listeners}} {
		unused := map[string]bool{}
		for p := range rule.may {
			unused[p] = true
		}
		for _, system := range []string{"linux", "windows"} {
			packages := linked(t, system)
			if len(packages) < 20 {
				t.Fatalf("%s: only %d packages were found", system, len(packages))
			}
			for _, p := range packages {
				found, err := p.uses(rule.names)
				if err != nil {
					t.Fatal(err)
				}
				name := strings.TrimPrefix(p.ImportPath, Module+"/")
				delete(unused, name)
				if rule.may[name] == "" && len(found) > 0 {
					t.Errorf("%s, %s: %s %s", system, name, what, found)
				}
				if slices.Contains(found, Module+"/session/channel.Engineer") {
					t.Errorf("%s, %s: is the engineer's end of a session", system, name)
				}
			}
		}
		for name := range unused {
			t.Errorf("%s is on the list and not linked", name)
		}
	}
}

// The scan sees what it is there for.
func TestUsesCatch(t *testing.T) {
	for text, want := range map[string]int{
		`package x; import "net"; var _ = net.Dial`:                                            1,
		`package x; import n "net"; func f() { var d n.Dialer; _ = d }`:                        1,
		`package x; import . "net"; var _ = Dial`:                                              1,
		`package x; import "net/http"; var c = &http.Client{}`:                                 1,
		`package x; import "net"; var _ net.Conn`:                                              0,
		`package x; type n struct{ Dial int }; var net n; var _ = net.Dial`:                    0,
		`package x; import mqtt "github.com/eclipse/paho.mqtt.golang"; var _ = mqtt.NewClient`: 1,
		`package x; import "github.com/eclipse/paho.mqtt.golang"; var _ = mqtt.NewClient`:      1,
	} {
		tree, err := parser.ParseFile(token.NewFileSet(), "x.go", text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if found := usesIn(tree, opens); len(found) != want {
			t.Errorf("%s: %q", text, found)
		}
	}
}

// What the linker left in the two services, which talk to the outside: neither
// the engineer's end of a channel nor any way to listen on the network.
func TestNothingOfTheFarSideIsLinked(t *testing.T) { // P22
	dir := t.TempDir()
	for _, program := range []string{"beckmanconnect-service", "beckmanconnect-upgrade"} {
		out := filepath.Join(dir, program)
		build := exec.CommandContext(t.Context(), "go", "build", "-o", out, "./cmd/"+program)
		build.Dir = "../.."
		if text, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		text, err := exec.CommandContext(t.Context(), "go", "tool", "nm", out).Output()
		if err != nil {
			t.Fatal(err)
		}
		symbols := map[string]bool{}
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) >= 3 {
				symbols[fields[2]] = true
			}
		}
		if !symbols["net.ListenUnix"] || !symbols["main.main"] {
			t.Fatalf("%s: the symbols cannot be read", program)
		}
		for name := range symbols {
			if strings.HasPrefix(name, Module+"/session/engineer.") || strings.HasPrefix(name, Module+"/cloud") {
				t.Errorf("%s links %s", program, name)
			}
		}
		for _, name := range []string{
			Module + "/session/channel.Engineer", "net.Listen", "net.ListenTCP", "net.ListenUDP", "net.ListenPacket", "net.ListenMulticastUDP",
			"net.(*ListenConfig).Listen", "net.(*sysListener).listenTCP", "net.(*sysListener).listenUDP", "net/http.(*Server).Serve", "crypto/tls.Listen",
		} {
			if symbols[name] {
				t.Errorf("%s links %s", program, name)
			}
		}
	}
}

// What leaves the PC leaves it by one dialer (B14): in the two services and the
// doctor nothing else makes a TCP connection or an HTTP client. Local sockets
// and the engineer's side of session/channel have their own.
func TestOneWayOut(t *testing.T) {
	out := map[string][]string{
		"net":                                 {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "Dialer"},
		"crypto/tls":                          {"Dial", "DialWithDialer", "Dialer"},
		"net/http":                            {"Transport", "DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
		"github.com/eclipse/paho.mqtt.golang": {"NewWebsocket"},
		Module + "/session/channel":           {"DialRelay"},
	}
	// Whose connections are local sockets, not the host's, or to the probes that
	// the signed policy names in the laboratory's own network.
	other := []string{"internal/netdial", "ipc/pipe", "internal/clamd", "service/notify/probe", "session/channel", "app/xinput", "app/desktop/lock"}
	seen := false
	for _, system := range []string{"linux", "windows"} {
		for _, p := range linked(t, system) {
			found, err := p.uses(out)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimPrefix(p.ImportPath, Module+"/")
			seen = seen || name == "internal/netdial" && len(found) > 0
			if len(found) > 0 && !slices.Contains(other, name) {
				t.Errorf("%s, %s: goes out by %s", system, name, found)
			}
		}
	}
	if !seen {
		t.Error("the dialer itself is not seen to dial")
	}
}
