package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// list asks the go command what every package imports on a system, without
// compiling anything. Packages that do not build are somebody else's failure.
func list(t *testing.T, system string) []Package {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=1")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &errs)
	}
	var packages []Package
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p Package
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestHouse(t *testing.T) {
	for _, system := range []string{"linux", "windows"} {
		t.Run(system, func(t *testing.T) {
			packages := list(t, system)
			if len(packages) < 5 {
				t.Fatalf("only %d packages were found", len(packages))
			}
			for _, r := range Rules {
				for _, fault := range r.Check(packages) {
					t.Error(fault)
				}
			}
		})
	}
}

func TestRulesCatch(t *testing.T) {
	tests := map[string]struct {
		p    Package
		want string // part of the fault, empty: none
	}{
		"window on the service":      {Package{"beckmanconnect/app/window", nil, []string{"beckmanconnect/service/policy"}}, "only in ipc"},
		"root program on the store":  {Package{"beckmanconnect", nil, []string{"beckmanconnect/store"}}, "only in ipc"},
		"window with Fyne":           {Package{"beckmanconnect/app/window", nil, []string{"fyne.io/fyne/v2/app"}}, ""},
		"tray with Fyne":             {Package{"beckmanconnect/cmd/beckmanconnect-tray", nil, []string{"fyne.io/fyne/v2"}}, "never link Fyne"},
		"view that dials":            {Package{"beckmanconnect/ui/view", nil, []string{"beckmanconnect/ipc/client"}}, "no socket"},
		"view that reads events":     {Package{"beckmanconnect/ui/view", nil, []string{"beckmanconnect/ipc/hostpb"}}, ""},
		"machine on the network":     {Package{"beckmanconnect/service/support", nil, []string{"net/http"}}, "pure"},
		"machine opens a file":       {Package{"beckmanconnect/service/support", []string{"os"}, nil}, "opens nothing"},
		"machine that formats":       {Package{"beckmanconnect/service/support", []string{"fmt"}, []string{"fmt", "os"}}, ""},
		"cloud on the pipe":          {Package{"beckmanconnect/cloud/relay", nil, []string{"beckmanconnect/ipc/hostpb"}}, "share only"},
		"cloud on the session":       {Package{"beckmanconnect/cloud/relay", nil, []string{"beckmanconnect/session/wire"}}, ""},
		"engineer's side in service": {Package{"beckmanconnect/service/relay", nil, []string{"beckmanconnect/cloud/console"}}, "never in the host's"},
		"engineer's end in the tray": {Package{"beckmanconnect/cmd/beckmanconnect-tray", nil, []string{"beckmanconnect/session/engineer"}}, "never in the host's"},
		"session on the service":     {Package{"beckmanconnect/session/wire", nil, []string{"beckmanconnect/service/policy"}}, "knows neither"},
		"ctl on the store":           {Package{"beckmanconnect/cmd/beckmanctl", nil, []string{"beckmanconnect/store"}}, "without the store"},
		"fixture in a program":       {Package{"beckmanconnect/cmd/beckmanconnect-tray", nil, []string{"beckmanconnect/ipc/ipctest"}}, "test fixture"},
		"the fixture itself":         {Package{"beckmanconnect/ipc/ipctest", nil, []string{"testing"}}, ""},
		"somebody else's package":    {Package{"example.com/app", nil, []string{"beckmanconnect/store"}}, ""},
		"a name that only begins so": {Package{"beckmanconnect/apple", nil, []string{"beckmanconnect/store"}}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var faults []string
			for _, r := range Rules {
				faults = append(faults, r.Check([]Package{tt.p})...)
			}
			all := strings.Join(faults, "\n")
			if (tt.want == "") != (all == "") || !strings.Contains(all, tt.want) {
				t.Errorf("faults = %q, want %q", all, tt.want)
			}
		})
	}
}
