package machine

import (
	"os"
	"path/filepath"
	"testing"

	"beckmanconnect/service/notify/steady"
)

// What Windows is asked, with no more rights than everybody has.
func TestWindowsIsAsked(t *testing.T) { // P2
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(own)
	if runs, err := programsRunning(t.Context(), []string{name, "no-such-program.exe"}); err != nil || !runs[name] || len(runs) != 1 {
		t.Errorf("programs: %v %v", runs, err)
	}
	if states, err := serviceStates(t.Context(), []string{"no-such-service"}); err != nil || states["no-such-service"] != steady.Bad {
		t.Errorf("services: %v %v", states, err)
	}
	if _, err := restartPending(); err != nil {
		t.Errorf("restart: %v", err)
	}
	if a, err := volumeID(systemRoot()); err != nil || a == "" {
		t.Errorf("volume: %q %v", a, err)
	}
	for status, bad := range map[string]bool{"OK": false, "": false, "Pred Fail": true, "Degraded": true} {
		if failing(status) != bad {
			t.Errorf("disk status %q", status)
		}
	}
}
