package winservice

import (
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/rights"
)

// Known answers: what Windows itself calls these accounts.
func TestSID(t *testing.T) {
	for name, want := range map[string]string{
		"TrustedInstaller": "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
		"trustedinstaller": "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
	} {
		if got := SID(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if SID(Host().Name) == SID(Upgrade().Name) {
		t.Error("both services have one account")
	}
}

// scenario 58: both paths are quoted, whatever they hold, or there is no command.
func TestCommand(t *testing.T) {
	got, err := Host().Command(`C:\Program Files\BeckmanConnect\bin`, `C:\ProgramData\BeckmanConnect\host.toml`)
	if want := `"C:\Program Files\BeckmanConnect\bin\beckmanconnect-service.exe" --scm --config "C:\ProgramData\BeckmanConnect\host.toml"`; err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := Upgrade().Command(`D:\x`, `D:\y`); err != nil || got != `"D:\x\beckmanconnect-upgrade.exe" --scm --config "D:\y"` {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range [][2]string{{"", `C:\y`}, {`C:\x`, ""}, {`C:\x" --config "C:\evil`, `C:\y`}, {`C:\x`, `C:\y"`}, {`C:\x\`, `C:\y`}, {"C:\\x\n", `C:\y`}} {
		if got, err := Host().Command(bad[0], bad[1]); err == nil {
			t.Errorf("%q: %s", bad, got)
		}
	}
}

const command = `"C:\p\beckmanconnect-service.exe" --scm --config "C:\d\host.toml"`

// asMade is a service as Make makes it.
func asMade(s Spec) Installed {
	waits := Recovery()
	return Installed{
		Command: command, Account: s.Account, Auto: true, OwnProcess: true, Running: true, Delayed: true, SIDType: sidUnrestricted,
		Privileges: slices.Clone(s.Privileges), Restarts: waits[:], Reset: RecoveryReset, OnFailures: true, PreShutdown: PreShutdownWithin,
		Security: rights.Facts{Entries: []rights.Entry{
			{SID: rights.SystemSID, Mask: 0xf01ff, Allow: true}, {SID: rights.AdministratorsSID, Mask: 0xf01ff, Allow: true},
			{SID: "S-1-5-4", Mask: 0x2008d, Allow: true}, {SID: "S-1-5-6", Mask: 0x2008d, Allow: true},
		}},
	}
}

// scenarios 57, 58: a service that somebody set otherwise is found, each way.
func TestServiceFaults(t *testing.T) {
	for _, s := range []Spec{Host(), Upgrade()} {
		if faults := s.Faults(command, asMade(s), ""); faults != nil {
			t.Errorf("%s as it is made: %q", s.Name, faults)
		}
	}
	for part, change := range map[string]func(*Installed){
		"it starts C:\\p\\beck":   func(i *Installed) { i.Command = strings.ReplaceAll(command, `"`, "") },
		"it starts C:\\evil.exe":  func(i *Installed) { i.Command = `C:\evil.exe` },
		"runs as \"LocalSystem\"": func(i *Installed) { i.Account = "LocalSystem" },
		"not started with":        func(i *Installed) { i.Auto = false },
		"shares its process":      func(i *Installed) { i.OwnProcess = false },
		"of type 0":               func(i *Installed) { i.SIDType = 0 },
		"SeDebugPrivilege":        func(i *Installed) { i.Privileges = append(i.Privileges, "SeDebugPrivilege") },
		"its privileges are  and": func(i *Installed) { i.Privileges = nil },
		"again after a failure":   func(i *Installed) { i.Restarts = nil },
		"after a failure as":      func(i *Installed) { i.Reset = 0 },
		"after an exit code":      func(i *Installed) { i.OnFailures = false },
		"at a shutdown":           func(i *Installed) { i.PreShutdown = time.Second },
		"S-1-5-4 can stop": func(i *Installed) {
			i.Security.Entries[2].Mask |= serviceStop
		},
		"S-1-5-32-545 can stop": func(i *Installed) {
			i.Security.Entries = append(i.Security.Entries, rights.Entry{SID: "S-1-5-32-545", Mask: serviceChangeConfig, Allow: true})
		},
		"everybody can": func(i *Installed) { i.Security = rights.Facts{Everybody: true} },
	} {
		got := asMade(Host())
		change(&got)
		faults := Host().Faults(command, got, "")
		if len(faults) != 1 || !strings.Contains(faults[0], part) {
			t.Errorf("%s: %q", part, faults)
		}
	}
	// What a system does not tell is no fault, and delayed start is none at all.
	got := Installed{Command: command, Account: Host().Account, Auto: true, OwnProcess: true,
		Unknown: []Part{PartSID, PartPrivileges, PartRecovery, PartFailures, PartShutdown, PartSecurity}}
	if faults := Host().Faults(command, got, ""); faults != nil {
		t.Errorf("%q", faults)
	}
}

// The service's own list: who is no administrator sees it and changes nothing.
func TestSecurity(t *testing.T) {
	letters := map[string]uint32{"CC": 1, "DC": 2, "LC": 4, "SW": 8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100, "SD": 0x10000, "RC": 0x20000, "WD": 0x40000, "WO": 0x80000}
	rest, ok := strings.CutPrefix(Security, "D:P")
	if !ok {
		t.Fatal("it inherits")
	}
	for _, entry := range strings.Split(strings.Trim(rest, "()"), ")(") {
		parts := strings.Split(entry, ";")
		if len(parts) != 6 || parts[0] != "A" {
			t.Fatal(entry)
		}
		mask := uint32(0)
		for i := 0; i < len(parts[2]); i += 2 {
			bit, ok := letters[parts[2][i:i+2]]
			if !ok {
				t.Fatal(entry)
			}
			mask |= bit
		}
		switch parts[5] {
		case "SY", "BA":
			if mask != 0xf01ff {
				t.Errorf("%s: %#x", parts[5], mask)
			}
		case "IU", "SU":
			if mask&serviceChanges != 0 || mask&0x4 == 0 {
				t.Errorf("%s: %#x", parts[5], mask)
			}
		default:
			t.Errorf("%s has a right", parts[5])
		}
	}
}
