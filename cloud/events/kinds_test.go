package events

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"
)

// The list is closed, and whole: a kind that is declared and not listed would
// be refused.
func TestKindsAreListed(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Kind" {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil || !Known(Kind(text)) {
			t.Errorf("%s is not listed: %v", spec.Names[0].Name, err)
		}
		n++
		return true
	})
	if n != len(Kinds) {
		t.Errorf("%d are declared, %d listed", n, len(Kinds))
	}
}
