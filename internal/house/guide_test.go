package house

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/winservice"
)

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The IT guide's table of what an installation may set is the code's (P25), and
// it names the services as they are.
func TestITGuideNamesWhatMayBeSet(t *testing.T) {
	guide := readPage(t, "it-guide.md")
	rows := regexp.MustCompile("(?m)^\\| `([A-Z]+)` \\| (.*?) \\| (.*?) \\|$").FindAllStringSubmatch(guide, -1)
	var want []hostconfig.Property
	for _, p := range hostconfig.Properties() {
		if p.Key == "" {
			p.Key = "the file `policy` names"
		} else {
			p.Key = "`" + p.Key + "`"
		}
		want = append(want, p)
	}
	if len(rows) != len(want) {
		t.Fatalf("the guide has %d properties, the code %d", len(rows), len(want))
	}
	for i, r := range rows {
		if got := (hostconfig.Property{Name: r[1], Key: r[2], Says: r[3]}); got != want[i] {
			t.Errorf("the guide has %+v, the code %+v", got, want[i])
		}
	}
	for _, s := range []winservice.Spec{winservice.Host(), winservice.Upgrade()} {
		if !strings.Contains(guide, "| `"+s.Name+"` | ") || !strings.Contains(guide, strings.Join(s.Privileges, ", ")) || !strings.Contains(guide, s.Account) {
			t.Errorf("the guide does not have the service %s as it is", s.Name)
		}
	}
}

// The list for real Windows has every number once and no half row: what was put
// on it stays on it until somebody ran it.
func TestWindowsListIsWhole(t *testing.T) {
	seen := map[int]bool{}
	for line := range strings.Lines(readPage(t, "windows.md")) {
		if !strings.HasPrefix(line, "| ☐ |") && !strings.HasPrefix(line, "| ☑ |") && !strings.HasPrefix(line, "| ✗ |") || strings.HasPrefix(line, "| ☐ | # |") {
			continue
		}
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 7 {
			t.Errorf("%d columns: %s", len(cells), line)
			continue
		}
		number, err := strconv.Atoi(cells[1])
		if err != nil || seen[number] {
			t.Errorf("number %q is none, or stands twice", cells[1])
		}
		seen[number] = true
		for _, c := range cells {
			if strings.Trim(c, "| ") == "" {
				t.Errorf("row %d has an empty column", number)
			}
		}
	}
	for n := 1; n <= len(seen); n++ {
		if !seen[n] {
			t.Errorf("row %d is missing", n)
		}
	}
	if len(seen) < 61 {
		t.Errorf("only %d rows", len(seen))
	}
}

// Nothing is called ready for Windows before that list was run.
func TestReadmeDoesNotCallWindowsReady(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "Nobody has run them on real Windows yet") || !strings.Contains(string(text), "docs/windows.md") {
		t.Error("the README does not say that Windows is still to be run")
	}
}
