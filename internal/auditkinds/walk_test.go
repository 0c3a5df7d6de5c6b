package auditkinds

import (
	"fmt"
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

// families are prefixes whose ends are not in the same expression, and where
// they come from: the values of constants whose names match, in a folder.
var families = map[string]struct{ folder, constants string }{
	"notification.":    {"service/notify", `^step[A-Z]`},
	"upgrade.journal.": {"service/upgrade", `^kind[A-Z]`},
}

// ends are those of prefixes whose ends are no constants of one package: how an
// upgrade ended, as recordOutcome lets it through; what is found when the log is
// held against what was witnessed.
var ends = map[string][]string{
	"upgrade.": {"installed", "failed", "rolled-back"},
	"log.":     {"shrunk", "forked"},
}

// source is one package's files.
type source struct {
	dir   string
	files []*ast.File
}

type walker struct {
	t     *testing.T
	set   *token.FileSet
	found map[string]string // kind → where it is written
	all   map[string]*source
}

// written gives every kind that an entry is written with in the product's
// source, by reading it.
func written(t *testing.T) map[string]string {
	w := &walker{t: t, set: token.NewFileSet(), found: map[string]string{}, all: map[string]*source{}}
	for _, root := range []string{"service", "store", "internal/logproof"} {
		err := filepath.WalkDir(filepath.Join("../..", root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(w.set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			dir := filepath.ToSlash(filepath.Dir(path))[len("../../"):]
			if w.all[dir] == nil {
				w.all[dir] = &source{dir: dir}
			}
			w.all[dir].files = append(w.all[dir].files, f)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range w.all {
		w.each(s, func(f *ast.FuncDecl, n ast.Node) {
			switch n := n.(type) {
			case *ast.CompositeLit:
				w.literal(s, f, n)
			case *ast.AssignStmt: // entry.Kind = …
				for i, left := range n.Lhs {
					if sel, ok := left.(*ast.SelectorExpr); ok && sel.Sel.Name == "Kind" && i < len(n.Rhs) && dotted(n.Rhs[i]) {
						w.kinds(s, f, n.Rhs[i], 0)
					}
				}
			}
		})
	}
	return w.found
}

func (w *walker) each(s *source, do func(*ast.FuncDecl, ast.Node)) {
	for _, file := range s.files {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				ast.Inspect(f.Body, func(n ast.Node) bool {
					if n != nil {
						do(f, n)
					}
					return true
				})
			}
		}
	}
}

// literal looks at Entry{…} and []Entry{{…}} of the store and of the session
// machine.
func (w *walker) literal(s *source, f *ast.FuncDecl, lit *ast.CompositeLit) {
	list, isList := lit.Type.(*ast.ArrayType)
	switch {
	case isList && isEntry(s.dir, list.Elt):
		for _, e := range lit.Elts {
			if one, ok := e.(*ast.CompositeLit); ok && one.Type == nil {
				w.entry(s, f, one)
			}
		}
	case isEntry(s.dir, lit.Type):
		w.entry(s, f, lit)
	}
}

func isEntry(dir string, t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name == "Entry" && (dir == "store" || dir == "service/support")
	case *ast.SelectorExpr:
		p, ok := t.X.(*ast.Ident)
		return ok && t.Sel.Name == "Entry" && (p.Name == "store" || p.Name == "support")
	}
	return false
}

func (w *walker) entry(s *source, f *ast.FuncDecl, lit *ast.CompositeLit) {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Kind" {
				w.kinds(s, f, kv.Value, 0)
			}
		}
	}
}

// kinds finds what an expression can be.
func (w *walker) kinds(s *source, f *ast.FuncDecl, e ast.Expr, depth int) {
	where := w.set.Position(e.Pos()).String()
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if err != nil {
			w.t.Fatal(where, err)
		}
		w.found[text] = where
		return
	case *ast.SelectorExpr:
		if e.Sel.Name == "Kind" { // another entry's, passed on
			return
		}
		if p, ok := e.X.(*ast.Ident); ok && p.Name == "logproof" {
			if value, ok := constants(w.all["internal/logproof"])[e.Sel.Name]; ok {
				w.found[value] = where
				return
			}
		}
	case *ast.BinaryExpr:
		if prefix, ok := e.X.(*ast.BasicLit); ok && e.Op == token.ADD {
			text, _ := strconv.Unquote(prefix.Value)
			w.family(s, f, text, e.Y, where, depth)
			return
		}
	case *ast.Ident:
		if depth < 4 && w.variable(s, f, e.Name, depth) {
			return
		}
	}
	w.t.Errorf("%s: which kinds are written here cannot be told; use a literal, or a parameter or variable that is one", where)
}

func (w *walker) family(s *source, f *ast.FuncDecl, prefix string, end ast.Expr, where string, depth int) {
	family, known := families[prefix]
	switch {
	case ends[prefix] != nil:
		for _, end := range ends[prefix] {
			w.found[prefix+end] = where
		}
	case known:
		name := regexp.MustCompile(family.constants)
		for constant, value := range constants(w.all[family.folder]) {
			if name.MatchString(constant) {
				w.found[prefix+value] = where
			}
		}
	default: // the end is a variable with literals of its own
		sub := &walker{t: w.t, set: w.set, found: map[string]string{}, all: w.all}
		sub.kinds(s, f, end, depth)
		for end := range sub.found {
			w.found[prefix+end] = where
		}
	}
}

func constants(s *source) map[string]string {
	out := map[string]string{}
	for _, f := range s.files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, name := range v.Names {
					if i < len(v.Values) {
						if lit, ok := v.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
							out[name.Name], _ = strconv.Unquote(lit.Value)
						}
					}
				}
			}
		}
	}
	return out
}

// variable follows a name: a constant of the package, what is assigned to it in
// the function, or what callers give for it as a parameter.
func (w *walker) variable(s *source, f *ast.FuncDecl, name string, depth int) bool {
	if value, ok := constants(s)[name]; ok {
		w.found[value] = name
		return true
	}
	some := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == len(a.Rhs) {
			for i, left := range a.Lhs {
				if id, ok := left.(*ast.Ident); ok && id.Name == name {
					some = true
					if lit, ok := a.Rhs[i].(*ast.BasicLit); !ok || lit.Value != `""` {
						w.kinds(s, f, a.Rhs[i], depth+1)
					}
				}
			}
		}
		return true
	})
	if at := parameter(f, name); at >= 0 {
		w.each(s, func(caller *ast.FuncDecl, n ast.Node) {
			if call, ok := n.(*ast.CallExpr); ok && calls(call, f.Name.Name) && at < len(call.Args) {
				some = true
				w.kinds(s, caller, call.Args[at], depth+1)
			}
		})
	}
	return some
}

func parameter(f *ast.FuncDecl, name string) int {
	at := 0
	for _, field := range f.Type.Params.List {
		for _, n := range field.Names {
			if n.Name == name {
				return at
			}
			at++
		}
	}
	return -1
}

func calls(c *ast.CallExpr, name string) bool {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name == name
	case *ast.SelectorExpr:
		return f.Sel.Name == name
	}
	return false
}

// dotted: a text with a dot, or the beginning of one, as kinds have.
func dotted(e ast.Expr) bool {
	if b, ok := e.(*ast.BinaryExpr); ok {
		e = b.X
	}
	lit, ok := e.(*ast.BasicLit)
	return ok && lit.Kind == token.STRING && regexp.MustCompile(`^"[a-z-]+\.[a-z.-]*"$`).MatchString(lit.Value)
}

// names gives the kinds of a map in order, for messages.
func names(m map[string]string) []string {
	var all []string
	for k, where := range m {
		all = append(all, fmt.Sprintf("%s (%s)", k, where))
	}
	slices.Sort(all)
	return all
}
