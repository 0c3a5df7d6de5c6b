package datasheet

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"beckmanconnect/internal/cloudapi"
)

// Every field of every message that travels has a row, and no row is about a
// field that does not (P13, B14).
func TestEveryFieldHasARow(t *testing.T) {
	for _, m := range Messages() {
		var rows []string
		for _, f := range m.Fields {
			if f.Purpose == "" || slices.Contains(rows, f.Name) {
				t.Errorf("%s: %q says nothing, or twice", m.Name, f.Name)
			}
			rows = append(rows, f.Name)
		}
		if m.Name == "" || m.When == "" || m.Retention == "" || m.Region == "" || len(rows) == 0 {
			t.Errorf("half a message: %+v", m)
		}
		if m.kind == nil {
			continue
		}
		if sent := fieldsOf(m.kind); !slices.Equal(sent, rows) {
			t.Errorf("%s sends %q, the table has %q", m.kind, sent, rows)
		}
	}
}

func fieldsOf(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// kinds are which message each kind of envelope carries.
var kinds = map[string]reflect.Type{
	cloudapi.KindStatus: reflect.TypeFor[cloudapi.Status](), cloudapi.KindNotification: reflect.TypeFor[cloudapi.Notification](),
	cloudapi.KindRequest: reflect.TypeFor[cloudapi.Request](), cloudapi.KindSessionEvent: reflect.TypeFor[cloudapi.SessionEvent](),
	cloudapi.KindCheckpoint: reflect.TypeFor[cloudapi.Checkpoint](), cloudapi.KindHelpLogs: reflect.TypeFor[cloudapi.HelpLogs](),
	cloudapi.KindDigest: reflect.TypeFor[cloudapi.Digest](),
	cloudapi.KindTime:   reflect.TypeFor[cloudapi.SignedTime](), cloudapi.KindPolicy: reflect.TypeFor[cloudapi.VendorPolicy](),
	cloudapi.KindMessage: reflect.TypeFor[cloudapi.VendorMessage](), cloudapi.KindWitness: reflect.TypeFor[cloudapi.Witnessed](),
	cloudapi.KindQueue: reflect.TypeFor[cloudapi.QueuePlace](), cloudapi.KindStanding: reflect.TypeFor[cloudapi.Standing](),
	cloudapi.KindKept: reflect.TypeFor[cloudapi.Kept](), cloudapi.KindAgain: reflect.TypeFor[cloudapi.Again](),
}

// A new kind of message, in either direction, meets this test.
func TestEveryKindHasAMessage(t *testing.T) {
	files, err := filepath.Glob("../cloudapi/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	count := func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Kind") {
			return true
		}
		found++
		kind, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		carried := kinds[kind]
		if carried == nil || !slices.ContainsFunc(Messages(), func(m Message) bool { return m.kind == carried }) {
			t.Errorf("%s (%q) is not in the table", spec.Names[0].Name, kind)
		}
		return true
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, count)
	}
	if found != len(kinds) || found < 12 {
		t.Errorf("%d kinds were found, %d are known here", found, len(kinds))
	}
}

// What is about a person says so: these fields hold what people are called or
// what they typed.
func TestWhatIsAboutAPerson(t *testing.T) {
	for _, r := range Rows() {
		about := slices.Contains([]string{"email", "name", "technician", "engineer", "reason", "text", "picture", "file", "fields", "input"}, r.Field)
		if about && !r.Personal {
			t.Errorf("%s %s is about a person", r.Message, r.Field)
		}
	}
	if text := Markdown(); !strings.Contains(text, "| `email` | who answers for the instrument; sealed in the cloud | yes |") {
		t.Error(text)
	}
}
