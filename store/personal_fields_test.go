package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every name under which the product writes a personal field stands in the list
// with whether it is confidential, and every name in the list is written (P15).
func TestPersonalFieldsAreListed(t *testing.T) {
	found := map[string]string{}
	for _, root := range []string{"../service", "../store"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			personalNames(file, func(name string) { found[name] = path })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, path := range found {
		if _, ok := personalFields[name]; !ok {
			t.Errorf("%s writes the personal field %q, which is not in the list", path, name)
		}
	}
	for name := range personalFields {
		if found[name] == "" {
			t.Errorf("nobody writes %q", name)
		}
	}
}

// personalNames gives the names in maps that become an entry's Personal: the
// literals so named, what is put into them, and the support machine's ways.
func personalNames(file *ast.File, take func(string)) {
	literal := func(e ast.Expr) {
		if s, ok := e.(*ast.BasicLit); ok && s.Kind == token.STRING {
			name, _ := strconv.Unquote(s.Value)
			take(name)
		}
	}
	keysOf := func(e ast.Expr) {
		if m, ok := e.(*ast.CompositeLit); ok {
			for _, elt := range m.Elts {
				if kv, ok := elt.(*ast.KeyValueExpr); ok {
					literal(kv.Key)
				}
			}
		}
	}
	personal := func(e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.Ident:
			return slices.Contains([]string{"personal", "names", "who"}, e.Name)
		case *ast.SelectorExpr:
			return e.Sel.Name == "Personal"
		}
		return false
	}
	last := []string{"audit", "endAll", "endRequest", "endSession", "closePrompt"}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Personal" {
				keysOf(n.Value)
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if index, ok := left.(*ast.IndexExpr); ok && personal(index.X) {
					literal(index.Index)
				} else if personal(left) && i < len(n.Rhs) && file.Name.Name != "machine" {
					keysOf(n.Rhs[i])
				}
			}
		case *ast.CallExpr:
			name := ""
			switch f := n.Fun.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			if name == "engineerAnd" {
				for i := 0; i < len(n.Args); i += 2 {
					literal(n.Args[i])
				}
			}
			if slices.Contains(last, name) && len(n.Args) > 0 {
				keysOf(n.Args[len(n.Args)-1])
			}
		case *ast.FuncDecl: // notify.Person.Fields
			if n.Name.Name != "Fields" || n.Recv == nil {
				return true
			}
			ast.Inspect(n, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CompositeLit:
					keysOf(n)
				case *ast.IndexExpr:
					literal(n.Index)
				}
				return true
			})
		}
		return true
	})
}

// Whose a field is, by who acted and who else is named.
func TestFieldsBelongToPersons(t *testing.T) {
	for _, c := range []struct {
		actor    string
		personal map[string]string
		want     map[string]whose
	}{
		{"engineer", map[string]string{"engineer": "e", "name": "E", "text": "x"}, map[string]whose{"engineer": engineers, "name": engineers, "text": engineers}},
		{"technician", map[string]string{"engineer": "e", "technician": "t", "text": "x"}, map[string]whose{"engineer": engineers, "technician": locals, "text": locals}},
		{"service", map[string]string{"engineer": "e", "file": "x"}, map[string]whose{"file": engineers}},
		{"it", map[string]string{"account": "a", "email": "m", "name": "N"}, map[string]whose{"account": locals, "email": contacts, "name": contacts}},
		{"it", map[string]string{"initials": "AW", "by": "root"}, map[string]whose{"initials": locals, "by": others}},
		{"system", map[string]string{"unheard": "x"}, map[string]whose{"unheard": contacts}},
	} {
		present := presentIn(c.personal)
		for name, want := range c.want {
			if got := fieldOf(name, c.actor, present); got.of != want {
				t.Errorf("%s of %v by %s: %v, want %v", name, c.personal, c.actor, got.of, want)
			}
		}
	}
	if f := fieldOf("unheard", "it", presentIn(nil)); !f.confidential {
		t.Error("a field nobody listed is not confidential")
	}
}
