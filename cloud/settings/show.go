package settings

import (
	"fmt"
	"reflect"
)

// Line is one setting as it may be shown.
type Line struct {
	Key      string // in the file: "oidc.issuer"
	Variable string // of the environment
	Value    string // of a secret: "(set)" or "(not set)"
}

// Show lists a configuration without its secrets.
func Show(config any, prefix string) []Line {
	var out []Line
	for _, s := range all(config) {
		out = append(out, Line{s.key, prefix + s.name, s.show()})
	}
	return out
}

func (s setting) show() string {
	switch {
	case s.secret && s.value.IsZero():
		return "(not set)"
	case s.secret:
		return "(set)"
	case opaque(s.value.Type()): // a list of tables: what is secret in it is not known here
		return fmt.Sprintf("(%d entries)", s.value.Len())
	}
	return fmt.Sprint(s.value.Interface())
}

// opaque tells whether a type has structs within, which may hold secrets.
func opaque(t reflect.Type) bool {
	if t.Kind() != reflect.Slice && t.Kind() != reflect.Map {
		return false
	}
	e := t.Elem()
	if e.Kind() == reflect.Pointer {
		e = e.Elem()
	}
	return e.Kind() == reflect.Struct && !reflect.PointerTo(e).Implements(unmarshaler)
}
