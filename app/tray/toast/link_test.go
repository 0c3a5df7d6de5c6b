package toast

import (
	"testing"

	"beckmanconnect/internal/pagelink"
)

func TestAddress(t *testing.T) {
	for _, view := range []string{"notifications", "help", "upgrade", "activity", "register", "about", "notification/17", "notification/18446744073709551615"} {
		if got, ok := View(Address(view)); !ok || got != view {
			t.Errorf("%s: %q %v", view, got, ok)
		}
	}
	for _, address := range []string{
		"", "help", "beckmanconnect:", "beckmanconnect://help", "beckmanconnect:help/", "beckmanconnect:help?x", "beckmanconnect:prompt", "http:help",
		"beckmanconnect:notification/", "beckmanconnect:notification/0", "beckmanconnect:notification/-1", "beckmanconnect:notification/+1", "beckmanconnect:notification/01",
		"beckmanconnect:notification/1 --config x", "beckmanconnect:help\x00", "beckmanconnect: help", `beckmanconnect:help" --config "\\evil\x`, "beckmanconnect:../help",
	} {
		if view, ok := View(address); ok {
			t.Errorf("%q opens %q", address, view)
		}
	}
	if Address("prompt") != "" || Address("x") != "" {
		t.Error("a view that no toast may open has an address")
	}
}

func TestRegistered(t *testing.T) {
	for command, want := range map[string]bool{
		pagelink.Command(`C:\Program Files\BeckmanConnect\bin`):                     true,
		`"c:\program files\beckmanconnect\BIN\BeckmanConnect-Tray.exe" --open "%1"`: true,
		`C:\Program Files\BeckmanConnect\bin\beckmanconnect-tray.exe --open "%1"`:   false,
		`"C:\x\calc.exe" "\bin\beckmanconnect-tray.exe" --open "%1"`:                false,
		`"C:\x\beckmanconnect-tray.exe" --open "%1"`:                                false,
		``: false,
	} {
		if got := registered(command); got != want {
			t.Errorf("%s: %v", command, got)
		}
	}
}

func FuzzView(f *testing.F) {
	f.Add("beckmanconnect:notification/17")
	f.Fuzz(func(t *testing.T, s string) {
		if view, ok := View(s); ok && Address(view) == "" {
			t.Errorf("%q opens %q", s, view)
		}
	})
}
