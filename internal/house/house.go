// Package house holds the rules of who may know whom in this repository
// (docs/architecture.md), and its test checks them against what the compiler
// would link. A folder that does not exist breaks no rule.
package house

import (
	"fmt"
	"slices"
	"strings"
)

// Module is the module's path, with which all our packages begin.
const Module = "beckmanconnect"

// Package is what a rule looks at.
type Package struct {
	ImportPath string
	Imports    []string // direct
	Deps       []string // direct and indirect, everything that is linked
}

// Rule forbids something to some packages.
type Rule struct {
	Why  string   // what the rule protects
	From []string // the packages it binds: patterns below Module
	To   []string // what they must not reach: patterns below Module, or full import paths
	Only []string // of our packages, the only ones they may reach; nil: no such bound
	// Direct: the rule is about the import clause, not about what is linked.
	Direct bool
}

// Patterns of import paths: "ipc/client" is one package, "service/…" a folder
// and all below it, "." the root package. A pattern with a dot in its first
// element ("fyne.io/…") is not one of ours; neither is one beginning with
// "std:" ("std:net/…").
const below = "/…"

// The engineer's side and the other side of the cloud: nothing of it may be in
// the host's package (P22: the host can only be helped).
var farSide = []string{"cloud/…", "cmd/beckmanconnect-desk", "cmd/beckmanconnect-cloud", "session/engineer/…"}

var hostPrograms = []string{
	".", "cmd/beckmanconnect-tray", "cmd/beckmanconnect-desktop", "cmd/beckmanconnect-service",
	"cmd/beckmanconnect-upgrade", "cmd/beckmanconnect-launcher", "cmd/beckmanctl", "app/…", "ui/…", "service/…", "store/…", "ipc/…",
}

var fyne = []string{"fyne.io/fyne/…", "fyne.io/systray/…"}

// Rules of the house.
var Rules = []Rule{
	{
		Why:  "app and ui meet service and store only in ipc",
		From: []string{".", "app/…", "ui/…", "cmd/beckmanconnect-tray", "cmd/beckmanconnect-desktop"},
		To:   []string{"service/…", "store/…"},
	},
	{
		Why:  "service and store meet app and ui only in ipc",
		From: []string{"service/…", "store/…", "cmd/beckmanconnect-service", "cmd/beckmanconnect-upgrade"},
		To:   []string{"app/…", "ui/…"},
	},
	{
		Why: "services, tray, desktop helper and beckmanctl never link Fyne",
		From: []string{"service/…", "store/…", "ipc/…", "session/…", "internal/…", "cloud/…", "app/tray/…", "app/desktop/…",
			"cmd/beckmanconnect-service", "cmd/beckmanconnect-upgrade", "cmd/beckmanconnect-tray", "cmd/beckmanconnect-desktop",
			"cmd/beckmanconnect-cloud", "cmd/beckmanctl"},
		To: fyne,
	},
	{
		Why:  "ui is views and their state: it knows no socket and no file of ours",
		From: []string{"ui/…"},
		To:   []string{"ipc/client", "ipc/server", "ipc/pipe"},
	},
	{
		Why:  "the support machine is pure: no network, no files, no processes, no database",
		From: []string{"service/support"},
		To: []string{"std:net", "std:net/http", "std:os/exec", "std:database/sql", "std:crypto/tls", "ipc/client", "ipc/server", "ipc/pipe",
			"store/…", "service/relay/…", "service/link/…", "session/channel/…", "google.golang.org/grpc"},
	},
	{
		Why:    "the support machine opens nothing itself",
		From:   []string{"service/support"},
		To:     []string{"std:os", "std:io/ioutil", "std:syscall"},
		Direct: true,
	},
	{
		Why:  "cloud and service share only session and internal",
		From: []string{"cloud/…", "cmd/beckmanconnect-cloud", "cmd/beckmanconnect-desk"},
		To:   []string{"service/…", "store/…", "ipc/…", "app/…", "ui/…"},
	},
	{
		Why:  "the engineer's side and the cloud are never in the host's package",
		From: hostPrograms,
		To:   farSide,
	},
	{
		Why:  "session is shared by both ends and knows neither",
		From: []string{"session/…"},
		Only: []string{"session/…", "internal/…"},
	},
	{
		Why:  "internal packages are leaves",
		From: []string{"internal/…"},
		Only: []string{"internal/…"},
	},
	{
		Why:  "ipc is the contract and knows no duty behind it",
		From: []string{"ipc/…"},
		Only: []string{"ipc/…", "internal/…"},
	},
	{
		Why:  "beckmanctl verifies the log without the store that wrote it",
		From: []string{"cmd/beckmanctl", "internal/logproof/…"},
		To:   []string{"store/…"},
	},
	{
		Why:  "nothing that is shipped links a test fixture, a test framework or the demonstration",
		From: []string{".", "cmd/…"},
		To:   []string{"ipc/ipctest", "internal/netdial/netdialtest", "service/link/linktest", "session/channel/channeltest", "cloud/releases/releasestest", "internal/cutpower", "build/…", "pgregory.net/rapid/…", "github.com/zitadel/oidc/…", "github.com/chromedp/…"},
	},
	{
		Why:  "no program of the host serves the web (scenario 5)",
		From: []string{"cmd/beckmanconnect-tray", "cmd/beckmanconnect-desktop", "cmd/beckmanctl", ".", "app/…", "ui/…"},
		To:   []string{"std:net/http/pprof", "std:expvar"},
	},
}

// Check returns what breaks the rule, one line for each.
func (r Rule) Check(packages []Package) []string {
	var faults []string
	for _, p := range packages {
		if !ours(p.ImportPath) || !matchAny(r.From, p.ImportPath) {
			continue
		}
		reach := p.Deps
		if r.Direct {
			reach = p.Imports
		}
		for _, d := range reach {
			forbidden := matchAny(r.To, d) || r.Only != nil && ours(d) && !matchAny(r.Only, d)
			if forbidden {
				faults = append(faults, fmt.Sprintf("%s reaches %s: %s", p.ImportPath, d, r.Why))
			}
		}
	}
	return faults
}

func ours(path string) bool { return path == Module || strings.HasPrefix(path, Module+"/") }

func matchAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, path) })
}

func match(pattern, path string) bool {
	pattern = full(pattern)
	if folder, ok := strings.CutSuffix(pattern, below); ok {
		return path == folder || strings.HasPrefix(path, folder+"/")
	}
	return path == pattern
}

func full(pattern string) string {
	if std, ok := strings.CutPrefix(pattern, "std:"); ok {
		return std
	}
	first, _, _ := strings.Cut(strings.TrimSuffix(pattern, below), "/")
	switch {
	case pattern == ".":
		return Module
	case strings.Contains(first, "."):
		return pattern
	}
	return Module + "/" + pattern
}
