package console_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
)

// sources reads the Go files of the folders below cloud that are not tests.
func sources(t *testing.T, folders ...string) (list []*ast.File) {
	t.Helper()
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(files), err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, f)
		}
	}
	return list
}

// literal gives the text that an expression begins with.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ := strconv.Unquote(e.Value)
			return text
		}
	case *ast.BinaryExpr:
		return literal(e.X)
	case *ast.CallExpr: // of a format
		if len(e.Args) > 0 {
			return literal(e.Args[0])
		}
	case *ast.KeyValueExpr:
		return literal(e.Value)
	}
	return ""
}

var (
	isCode     = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	isSentence = regexp.MustCompile(`^[A-Z][^ ]* `)
)

// refusalCodes are the codes that the cloud refuses the page with, as they stand in its
// code: a code beside a sentence, wherever that is, and what Fail is given.
func refusalCodes(t *testing.T) map[string]bool {
	t.Helper()
	codes := map[string]bool{}
	for _, f := range sources(t, "staff", "inventory", "cases", "acts", "web", "console/desk") {
		ast.Inspect(f, func(n ast.Node) bool {
			var list []ast.Expr
			switch n := n.(type) {
			case *ast.CallExpr:
				list = n.Args
				if name, ok := n.Fun.(*ast.SelectorExpr); ok && name.Sel.Name == "Fail" && len(list) == 4 && isCode.MatchString(literal(list[2])) {
					codes[literal(list[2])] = true
				}
			case *ast.CompositeLit:
				list = n.Elts
			case *ast.ReturnStmt:
				list = n.Results
			}
			for i := 0; i+1 < len(list); i++ {
				if code := literal(list[i]); isCode.MatchString(code) && isSentence.MatchString(literal(list[i+1])) {
					codes[code] = true
				}
			}
			return true
		})
	}
	// Put together where they are sent.
	codes["message"] = true
	for _, state := range []data.UploadState{data.UploadScanning, data.UploadRefused, data.UploadUnavailable} {
		codes["upload-"+string(state)] = true
	}
	for _, f := range sources(t, "../internal/vendormessage") {
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.CompositeLit); ok && len(lit.Elts) > 0 {
				if name, ok := lit.Type.(*ast.Ident); ok && name.Name == "TextError" {
					codes["text-"+literal(lit.Elts[0])] = true
				}
			}
			return true
		})
	}
	return codes
}

// elsewhere are codes that no page says, each for its reason.
var elsewhere = map[string]string{
	"signed-out": "the page shows its sign-in",
	"place":      "said to beckmanconnect-desk while it signs in; a browser gets a card",
	"used":       "said to beckmanconnect-desk while it signs in",
	"csr":        "said to the program that joins a session",
	"refused":    "said to the program that joins a session; the end of the session says it",
}

// table gives what a table of the page's code says by word: the text's key.
func table(t *testing.T, file, begin string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("web", file))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(raw), begin)
	if !ok {
		t.Fatalf("%s has no %q", file, begin)
	}
	body, _, _ := strings.Cut(rest, "};")
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`(?:"([\w.-]+)"|\b([\w]+)): (?:\[?"(\w+)"|\{ name: "(\w+)")`).FindAllStringSubmatch(body, -1) {
		out[m[1]+m[2]] = m[3] + m[4]
	}
	return out
}

// both are all texts of the page.
func both(t *testing.T) (en, de map[string]string) {
	t.Helper()
	en, de = map[string]string{}, map[string]string{}
	for prefix, into := range map[string]map[string]string{"en": en, "de": de} {
		files, _ := filepath.Glob("web/" + prefix + "*.ts")
		for _, f := range files {
			if base := filepath.Base(f); base == prefix+".ts" || strings.HasPrefix(base, prefix+"_") {
				maps.Copy(into, catalogue(t, base))
			}
		}
	}
	return en, de
}

// worded holds what the cloud says by a code against the page: each code has words
// in both languages, and the page has none for what nobody says.
func worded(t *testing.T, what string, codes []string, words map[string]string) {
	t.Helper()
	en, de := both(t)
	for _, code := range codes {
		key, ok := words[code]
		if !ok {
			t.Errorf("%s: the page has no words for %q", what, code)
			continue
		}
		if en[key] == "" || de[key] == "" || en[key] == de[key] && strings.Contains(en[key], " ") {
			t.Errorf("%s: %q is %q in English and %q in German", what, code, en[key], de[key])
		}
	}
	for code := range words {
		if !slices.Contains(codes, code) {
			t.Errorf("%s: nobody says %q", what, code)
		}
	}
}

// constants gives the values of string constants of a folder whose name begins so.
func constants(t *testing.T, folder, prefix string) (list []string) {
	t.Helper()
	for _, f := range sources(t, folder) {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, name := range v.Names {
					if strings.HasPrefix(name.Name, prefix) && i < len(v.Values) && literal(v.Values[i]) != "" {
						list = append(list, literal(v.Values[i]))
					}
				}
			}
		}
	}
	if len(list) == 0 {
		t.Fatalf("%s has no constant %s…", folder, prefix)
	}
	return list
}

// fields gives what stands in a field of composite literals of a type, "" being
// the keys of a map.
func fields(t *testing.T, kind, field string, folders ...string) (list []string) {
	t.Helper()
	for _, f := range sources(t, folders...) {
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			of, elements := lit.Type, [][]ast.Expr{lit.Elts}
			if array, ok := of.(*ast.ArrayType); ok { // elements leave the type out
				of, elements = array.Elt, nil
				for _, e := range lit.Elts {
					if c, ok := e.(*ast.CompositeLit); ok && c.Type == nil {
						elements = append(elements, c.Elts)
					}
				}
			}
			if name, ok := of.(*ast.SelectorExpr); !ok || name.Sel.Name != kind {
				return true
			}
			for _, e := range slices.Concat(elements...) {
				pair, ok := e.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				if key, ok := pair.Key.(*ast.Ident); ok && key.Name == field && literal(pair.Value) != "" {
					list = append(list, literal(pair.Value))
				}
				if field == "" {
					list = append(list, literal(pair.Key))
				}
			}
			return true
		})
	}
	return list
}

// What the cloud says to the page it says by a code; the page has words for each,
// in both its languages. A new code without them fails here.
func TestEveryCodeHasWords(t *testing.T) {
	codes := refusalCodes(t)
	for code, why := range elsewhere {
		if !codes[code] {
			t.Errorf("%q (%s) is not said any more", code, why)
		}
		delete(codes, code)
	}
	if len(codes) < 45 {
		t.Fatalf("only %v were read", slices.Sorted(maps.Keys(codes)))
	}
	worded(t, "refusals", slices.Collect(maps.Keys(codes)), table(t, "refusals.ts", "const refusals"))
	worded(t, "alarms of the cloud", constants(t, "data", "Alarm"), table(t, "alarmwords.ts", "const own"))
	worded(t, "kinds of acts", slices.Concat(actKinds(t, "staff"), actKinds(t, "inventory")), table(t, "actwords.ts", "const titles"))
	worded(t, "states of acts", slices.DeleteFunc(constants(t, "../internal/cloudapi", "Act"), func(s string) bool { return !slices.Contains(actStates, s) }), table(t, "actwords.ts", "const states"))
	lines := fields(t, "ActLine", "Name", "staff", "inventory")
	if len(lines) < 15 {
		t.Errorf("only the lines %v were read", lines)
	}
	worded(t, "lines of acts", lines, table(t, "actwords.ts", "const names"))
	var kinds []string
	for _, k := range events.Kinds {
		kinds = append(kinds, string(k))
	}
	worded(t, "events", kinds, table(t, "eventlog.ts", "const kinds"))
	worded(t, "why somebody was refused", whys(t), table(t, "eventlog.ts", "const whys"))
	worded(t, "why a device is a copy", constants(t, "data", "Copied"), table(t, "instrument.ts", "const reasons"))
	worded(t, "a device's history", slices.DeleteFunc(constants(t, "data", "History"), func(s string) bool { return s == data.HistoryGroup }), table(t, "instrument.ts", "const kinds"))
	worded(t, "a device's identity", append(constants(t, "data", "Identity"), data.HistoryRetired, data.HistoryMoved), table(t, "instrument.ts", "const identities"))

	// What a cloud's alarm is filled with comes with it.
	sent := fields(t, "Values", "", "data", "intake")
	en, _ := both(t)
	for code, key := range table(t, "alarmwords.ts", "const own") {
		for _, h := range hole.FindAllString(en[key], -1) {
			if !slices.Contains(sent, strings.Trim(h, "{}")) {
				t.Errorf("%s is filled with %s, which the cloud does not send", code, h)
			}
		}
	}
}

var actStates = []string{"waiting", "confirmed", "done", "failed", "rejected", "expired"}

// actKinds are the constants Act… of a package with a dot in them.
func actKinds(t *testing.T, folder string) []string {
	t.Helper()
	return slices.DeleteFunc(constants(t, folder, "Act"), func(s string) bool { return !strings.Contains(s, ".") })
}

// whys are the reasons that the sign-in and an end of life put on record.
func whys(t *testing.T) (list []string) {
	t.Helper()
	for _, f := range sources(t, "staff", "inventory") {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if name, ok := n.Fun.(*ast.SelectorExpr); ok && name.Sel.Name == "report" && len(n.Args) == 4 && literal(n.Args[3]) != "" {
					list = append(list, literal(n.Args[3]))
				}
			case *ast.KeyValueExpr:
				if literal(n.Key) == "why" && literal(n.Value) != "" {
					list = append(list, literal(n.Value))
				}
			}
			return true
		})
	}
	return append(list, "second-factor") // the code of its card
}

// Each part of what is kept about a person has its words in both languages, and
// the English ones are those of the interface.
func TestEveryPartOfAPersonHasWords(t *testing.T) {
	raw, err := os.ReadFile("web/personwords.ts")
	if err != nil {
		t.Fatal(err)
	}
	en, de := both(t)
	row := regexp.MustCompile(`(?m)^  (\w+): \{ name: "(\w+)", purpose: "(\w+)", erasure: "(\w+)" \},$`)
	rows := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(string(raw), -1) {
		rows[m[1]] = m[2:]
	}
	parts := data.PersonParts()
	if len(parts) < 20 || len(rows) != len(parts) {
		t.Errorf("%d parts, the page knows %d", len(parts), len(rows))
	}
	for _, p := range parts {
		keys := rows[p.Name]
		if keys == nil {
			t.Errorf("the page does not know %s", p.Name)
			continue
		}
		if en[keys[1]] != p.Purpose || en[keys[2]] != p.Erasure {
			t.Errorf("%s: the page says %q and %q, the interface %q and %q", p.Name, en[keys[1]], en[keys[2]], p.Purpose, p.Erasure)
		}
		for _, key := range keys {
			if de[key] == "" || de[key] == en[key] {
				t.Errorf("%s: %s is %q in German", p.Name, key, de[key])
			}
		}
	}
}
