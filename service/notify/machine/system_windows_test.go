package machine

import (
	"os"
	"path/filepath"
	"slices"
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
	for status, bad := range map[string]bool{"OK": false, "": false, expectsToFail: false, "Degraded": true} {
		if failing(status) != bad {
			t.Errorf("disk status %q", status)
		}
	}
}

// What the storage service says of disks.
func TestPhysicalDisks(t *testing.T) { // P2
	got := physicalStates([]physicalDisk{
		{"Samsung SSD 980", " S64DNX0R1234. ", "0", 0}, {"WDC WD40", "WD-WCC4E123", "1", 1}, {"", "", "2", 2}, {"Virtual Disk", "", "3", 5},
	})
	want := []driveState{
		{"Samsung SSD 980 …234.", steady.Good, ""}, {"WDC WD40 …E123", steady.Bad, ""}, {"PHYSICALDRIVE2", steady.Bad, ""}, {"Virtual Disk", steady.Unknown, "it says nothing"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
