package toast

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"beckmanconnect/app/tray"
	"beckmanconnect/assets/icons"
	"beckmanconnect/internal/pagelink"
)

// TestMain lets this program play PowerShell: it keeps what it was started with,
// and the script.
func TestMain(m *testing.M) {
	// go-toast names it without its ending.
	if name := strings.ToLower(filepath.Base(os.Args[0])); strings.TrimSuffix(name, ".exe") != "powershell" {
		os.Exit(m.Run())
	}
	to := os.Getenv("RECORD_TO")
	script, err := os.ReadFile(os.Args[len(os.Args)-1])
	if err == nil {
		err = os.WriteFile(filepath.Join(to, "script"), script, 0o600)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(to, "args"), []byte(strings.Join(os.Args[1:len(os.Args)-1], " ")), 0o600)
	}
	if err != nil {
		os.Exit(1)
	}
}

// record shows a toast and gives the arguments and the script that PowerShell got.
func record(t *testing.T, toaster *Toaster, of tray.Toast) (args, script string) {
	t.Helper()
	toaster.push(of)
	folder := os.Getenv("RECORD_TO")
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(filepath.Join(folder, name))
		return string(b)
	}
	return read("args"), read("script")
}

func recorder(t *testing.T) *Toaster {
	t.Helper()
	folder, err := os.MkdirTemp("", "record $x`y ")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "PowerShell.exe"), program, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	t.Setenv("RECORD_TO", folder)
	t.Setenv("TMP", folder) // a user's name may be anything, and with it the icons' path
	t.Setenv("TEMP", folder)
	toaster, err := newToaster()
	if err != nil {
		t.Fatal(err)
	}
	toaster.links = func() bool { return true }
	return toaster
}

// texts are the places of a text in a script.
var texts = regexp.MustCompile(`(?s)<text><!\[CDATA\[(.*?)<!\[CDATA\[\]\]></text>`)

var document = regexp.MustCompile(`(?s)@"\r?\n(.*?)\r?\n"@`)

// Scenario 49, as PowerShell gets it: whatever a notification says, the script
// is the same but for the numbered letters in its places, and what Windows would
// show is what was written.
func TestNoTextBecomesCode(t *testing.T) {
	toaster := recorder(t)
	of := tray.Toast{Title: "plain", Body: "plain", Icon: icons.ActNow, View: "notification/17", Stays: true, Sound: tray.SoundLoud, Open: "Öffnen & sehen $(x)"}
	args, plain := record(t, toaster, of)
	if args != "-ExecutionPolicy Bypass -File" {
		t.Errorf("PowerShell gets %q", args)
	}
	skeleton := texts.ReplaceAllString(plain, "<>")
	if strings.Count(plain, "$") != strings.Count(toastVariables, "$") {
		t.Errorf("a dollar more or less:\n%s", plain)
	}
	for name, s := range hostile {
		of.Title, of.Body = s, s
		_, script := record(t, toaster, of)
		if got := texts.ReplaceAllString(script, "<>"); got != skeleton {
			t.Errorf("%s changes the script:\n%s", name, got)
		}
		body := document.FindStringSubmatch(script)
		if body == nil {
			t.Fatalf("%s: no document in\n%s", name, script)
		}
		var shown struct {
			Launch string   `xml:"launch,attr"`
			Texts  []string `xml:"visual>binding>text"`
			Image  struct {
				Source string `xml:"src,attr"`
			} `xml:"visual>binding>image"`
			Actions []struct {
				Label   string `xml:"content,attr"`
				Address string `xml:"arguments,attr"`
			} `xml:"actions>action"`
		}
		if err := xml.Unmarshal([]byte(body[1]), &shown); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, body[1])
		}
		if len(shown.Texts) != 2 || shown.Launch != "beckmanconnect:notification/17" || len(shown.Actions) != 1 ||
			shown.Actions[0].Address != shown.Launch || shown.Actions[0].Label != "Öffnen & sehen $(x)" ||
			shown.Image.Source != filepath.Join(toaster.folder, "act-now.png") {
			t.Errorf("%s: %+v", name, shown)
		}
		if name == "subexpression" && strings.TrimSpace(shown.Texts[1]) != s {
			t.Errorf("people read %q", shown.Texts[1])
		}
	}
}

// toastVariables are the variables of go-toast's own script, each as often as it
// is used.
const toastVariables = "$APP_ID $template $xml $xml $template $toast $xml $APP_ID $toast"

// Without our registration a toast has no link that could lead elsewhere.
func TestNoLinkWithoutRegistration(t *testing.T) {
	toaster := recorder(t)
	toaster.links = func() bool { return false }
	if _, script := record(t, toaster, tray.Toast{Title: "a", Body: "b", Icon: icons.OK, View: "help"}); strings.Contains(script, "<action ") || strings.Contains(script, pagelink.Scheme+":") {
		t.Errorf("%s", script)
	}
	if linked() {
		t.Error("this PC has our registration, which nobody made")
	}
}
