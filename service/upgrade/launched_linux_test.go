//go:build linux && amd64

package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/internal/program"
	"beckmanconnect/service/upgrade/versions"
)

// lifeVariable names the version that a program of this test plays for one
// life of the upgrade service; planVariable says on which PC.
const lifeVariable = "BECKMANCONNECT_TEST_LIFE"

// liveOnce is one life of the upgrade service in a process of its own.
func liveOnce(p pcPlan, version string) int {
	end, err := p.life(versions.Install{Dir: p.Dir}, version)
	switch {
	case errors.Is(err, ErrRestart):
		return program.ExitRestart
	case err != nil:
		fmt.Println(err)
		return program.ExitFailed
	}
	fmt.Printf("%s %s %s\n", endMark, end.GetPhase(), end.GetErrorCode())
	return program.ExitOK
}

// plays is an upgrade service that says its version and is this test's program
// otherwise.
func plays(t *testing.T, version, otherwise string) func(dir string) {
	return script(t, keeperProgram, fmt.Sprintf("case $1 in --version) echo '%s %s';; --self-test) ;; *) %s;; esac", keeperProgram, version, otherwise))
}

// A release whose upgrade service does not start at all passes every check
// before, and its service is well. Nobody of the new version is left to go
// back: the launcher is, at the third start in vain, and the old upgrade
// service says what happened (scenario 41).
func TestUpgradeServiceCrashesAtOnce(t *testing.T) {
	for name, crash := range map[string]string{
		"exits":     "echo started >> $BECKMANCONNECT_TEST_STARTS; exit 1",
		"is killed": "echo started >> $BECKMANCONNECT_TEST_STARTS; kill -9 $$",
	} {
		t.Run(name, func(t *testing.T) {
			r := newCutRig(t, "", "1.0.0")
			r.vendor.Publish(t, "1.2.0", Platform(), releaseOf(t, "1.2.0", plays(t, "1.2.0", crash)))
			install := adoptedWith(t, t.TempDir(), "1.0.0", plays(t, "1.0.0", "exec env "+lifeVariable+"=1.0.0 "+os.Args[0]))
			launcher := filepath.Join(install.Bin(), keeperProgram)
			if err := os.Remove(launcher); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", launcher, "../../cmd/beckmanconnect-launcher").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			plan, err := json.Marshal(r.plan(install))
			if err != nil {
				t.Fatal(err)
			}
			old, err := install.Current()
			if err != nil {
				t.Fatal(err)
			}
			starts := filepath.Join(t.TempDir(), "starts")
			var said []string
			for len(said) < 20 {
				cmd := exec.CommandContext(t.Context(), launcher, "--config", "none")
				cmd.Env = append(os.Environ(), planVariable+"="+string(plan), "BECKMANCONNECT_TEST_STARTS="+starts)
				text, err := cmd.CombinedOutput()
				said = append(said, fmt.Sprintf("%v: %s", err, text))
				if err == nil {
					break
				}
			}
			all := strings.Join(said, "\n")
			if !strings.Contains(all, endMark+" "+rolledBack+" "+codeHealth) {
				t.Fatalf("in the end: %s", all)
			}
			text, err := os.ReadFile(starts)
			if err != nil || strings.Count(string(text), "started") != versions.Attempts {
				t.Errorf("started %q, %v", text, err)
			}
			if now, err := install.Current(); err != nil || now != old {
				t.Errorf("current is %.8s, %v", now, err)
			}
			m := loadMemory(folder(install), discard)
			if !m.rejected(m.Offer.Digest) || m.Error != errNoStart.Error() {
				t.Errorf("remembered: %+v", m)
			}
			if _, err := os.Stat(install.Version(m.Offer.Digest)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the version that failed is kept: %v", err)
			}
		})
	}
}
