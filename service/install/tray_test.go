package install

import (
	"encoding/binary"
	"encoding/xml"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"beckmanconnect/internal/hostconfig"
)

func windowsLayout() Layout {
	return Layout{Root: `C:\ProgramData\BeckmanConnect`, Config: hostconfig.Config{
		File: `C:\ProgramData\BeckmanConnect\host.toml`, Install: `C:\Program Files\Müller & Söhne\BeckmanConnect`,
	}}
}

// The task as Task Scheduler takes it: UTF-16, least rights, whoever logs on.
func TestTaskXML(t *testing.T) {
	b, err := windowsLayout().taskXML()
	if err != nil {
		t.Fatal(err)
	}
	if len(b) < 4 || b[0] != 0xff || b[1] != 0xfe || len(b)%2 != 0 {
		t.Fatal("it is not UTF-16")
	}
	var units []uint16
	for i := 2; i < len(b); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(b[i:]))
	}
	got := strings.ReplaceAll(string(utf16.Decode(units)), "\r\n", "\n")
	want, err := os.ReadFile("testdata/tray-task.xml")
	if err != nil {
		t.Fatal(err)
	}
	// The separator of this system's folders is not Windows'.
	if got = strings.ReplaceAll(got, "BeckmanConnect/bin", `BeckmanConnect\bin`); got != string(want) {
		t.Errorf("got\n%s", got)
	}
	var back task
	if err := xml.Unmarshal([]byte(strings.Replace(got, `encoding="UTF-16"`, "", 1)), &back); err != nil {
		t.Fatal(err)
	}
	if back.Principal.RunLevel != "LeastPrivilege" || back.Principal.GroupID != "S-1-5-32-545" {
		t.Errorf("%+v", back)
	}
}

func TestTaskFaults(t *testing.T) {
	l := windowsLayout()
	program, arguments := l.trayCommand()
	good := task{Enabled: true, Actions: actions{Command: program, Arguments: arguments}, Principal: principal{RunLevel: "LeastPrivilege"}}
	if faults := l.taskFaults(good); faults != nil {
		t.Error(faults)
	}
	for part, change := range map[string]func(*task){
		"it starts C:\\evil.exe": func(t *task) { t.Actions.Command = `C:\evil.exe` },
		"--config x":             func(t *task) { t.Actions.Arguments = "--config x" },
		"more rights":            func(t *task) { t.Principal.RunLevel = "HighestAvailable" },
		"switched off":           func(t *task) { t.Enabled = false },
	} {
		bad := good
		change(&bad)
		if faults := l.taskFaults(bad); len(faults) != 1 || !slices.ContainsFunc(faults, func(s string) bool { return strings.Contains(s, part) }) {
			t.Errorf("%s: %v", part, faults)
		}
	}
}

func TestRunCommandIsQuoted(t *testing.T) {
	if got := windowsLayout().runCommand(); !strings.HasPrefix(got, `"C:\Program Files\`) || !strings.HasSuffix(got, `beckmanconnect-tray.exe" --config "C:\ProgramData\BeckmanConnect\host.toml"`) {
		t.Error(got)
	}
}
