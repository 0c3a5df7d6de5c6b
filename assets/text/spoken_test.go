package text

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sentence is what reads like words for people: two words in a row, or a word
// that begins with a capital, with more than a letter or two.
var sentence = regexp.MustCompile(`\p{L}{2,} +\p{L}{2,}|^\p{Lu}\p{Ll}{2,}\b`)

// silent are calls whose words people do not see in a window: what goes to the
// log, to an error that is logged, to a command's own usage.
var silent = map[string]bool{
	"Errorf": true, "New": true, "panic": true, "Fatal": true, "Fprintln": true, "Fprintf": true, "Usagef": true, "LogError": true,
	"Debug": true, "Info": true, "Warn": true, "Error": true, "With": true, "Log": true, "Printf": true, "Println": true,
	// Looked up or compared, never shown.
	"Getenv": true, "Contains": true, "HasPrefix": true, "HasSuffix": true, "TrimPrefix": true, "NewProc": true,
}

// B12: nothing that people read stands in the code: it is in the catalogue, in
// every language. What stands here and is no sentence has its reason beside it.
func TestNoSentenceOutsideTheCatalogue(t *testing.T) {
	root := filepath.Join("..", "..")
	looked := 0
	for _, dir := range []string{"ui/ask", "ui/model", "ui/part", "ui/view", "app/tray", "app/window"} {
		err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(dir)), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name, _ := filepath.Rel(root, path)
			name = filepath.ToSlash(name)
			if d.IsDir() {
				if slices.Contains([]string{"ui/sample", "testdata"}, name) || d.Name() == "testdata" || strings.HasSuffix(d.Name(), "testing") {
					return filepath.SkipDir
				}
				return nil
			}
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			looked++
			for _, found := range spoken(t, path) {
				if !slices.Contains(unspoken[name], found) {
					t.Errorf("%s says %q itself", name, found)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if looked < 80 {
		t.Errorf("only %d files were read", looked)
	}
}

// unspoken are literals that look like a sentence and are none.
var unspoken = map[string][]string{
	// Names of rows in the code's own tables, which the catalogue's texts are found by.
	"ui/model/pages.go": {"may be asked"},
	"ui/model/privacy.go": {
		"request for help", "session event", "help logs", "proof of the code", "signed time", "message to technicians", "place in the queue", "vendor policy",
		"with the device's record; no time limit is built in", "until the next one replaces it", "the newest", "number and epoch: the newest, to count each message once",
		"not kept", "until 30 days after the request is over, 20 a device at most", "400 days after it is over", "400 days, and the newest change",
		"not kept by the vendor's cloud: the relay carries bytes it has no key for", "as the hospital decides",
	},
	// Names of products, and a command, in every language the same.
	"ui/model/register.go": {"beckmanctl device renew", "Access 2", "DxM MicroScan", "Navios", "Navios EX", "AQUIOS CL", "CellMek SPS", "Data Innovations Instrument Manager"},
	"ui/view/about.go":     {"abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	// What was tried, for the log; names of methods.
	"app/tray/native.go":            {"look for a window"},
	"app/tray/proxy.go":             {"take this desktop's proxy over"},
	"app/tray/toast/toast_linux.go": {"Notify"},
	"app/tray/tray.go":              {"raise a test alarm", "end the session"},
	"app/window/again.go":           {"window: another version is current now"},
	"app/window/calls.go":           {"Register"},
}

// spoken finds literals that read like words for people.
func spoken(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.Field:
			_, isField := n.(*ast.Field)
			return isField && n.(*ast.Field).Tag == nil
		case *ast.CallExpr:
			switch f := n.Fun.(type) {
			case *ast.SelectorExpr:
				return !silent[f.Sel.Name]
			case *ast.Ident:
				return !silent[f.Name]
			}
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && sentence.MatchString(s) {
				found = append(found, s)
			}
		}
		return true
	})
	return found
}
