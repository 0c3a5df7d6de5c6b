package upgrade

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"beckmanconnect/assets/text"
)

// onlyOfReleases are codes of a release that was offered, never of the look for
// one.
var onlyOfReleases = []string{codeWithdrawn, codeSignature, codePackage, codeHealth, codeDamaged, codeFolder}

// B10: whatever goes wrong with an upgrade, the technician reads what it means
// and what to do, in their language. The codes are read from the code, so that
// none is added without its words.
func TestEveryCodeHasItsWords(t *testing.T) {
	codes := constants(t, "upgrade.go", "code")
	if len(codes) < 14 || !slices.Contains(codes, codeExpired) {
		t.Fatalf("codes in upgrade.go: %q", codes)
	}
	away := constants(t, "../offers/show.go", "Check") // what the service says of its own
	if len(away) == 0 {
		t.Fatal("no code in show.go")
	}
	var keys []string
	for _, c := range codes {
		keys = append(keys, "upgrade.why."+c)
		if !slices.Contains(onlyOfReleases, c) {
			keys = append(keys, "upgrade.check."+c)
		}
	}
	for _, c := range away {
		keys = append(keys, "upgrade.check."+c)
	}
	for _, l := range text.Languages() {
		words := text.New(l.Tag)
		for _, key := range keys {
			if !words.Has(key) {
				t.Errorf("%s has no words for %s", l.Tag, key)
			}
		}
	}
}

// constants are the values of a file's string constants with a prefix.
func constants(t *testing.T, file, prefix string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			if !strings.HasPrefix(name.Name, prefix) || i >= len(spec.Values) {
				continue
			}
			if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if v, err := strconv.Unquote(lit.Value); err == nil {
					values = append(values, v)
				}
			}
		}
		return true
	})
	return values
}
