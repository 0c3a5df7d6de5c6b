package hostconfig

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/BurntSushi/toml"
)

// maxValue bounds a property's value.
const maxValue = 1024

// Setting is one property with what somebody wants it to be.
type Setting struct {
	Name  string // of a Property
	Value string // empty: nothing was said, and nothing changes
}

// ParseSetting reads NAME=VALUE.
func ParseSetting(text string) (Setting, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return Setting{}, fmt.Errorf("%q is not NAME=VALUE", text)
	}
	s := Setting{Name: name, Value: value}
	_, err := s.property()
	return s, err
}

func (s Setting) property() (Property, error) {
	for _, p := range Properties() {
		if p.Name == s.Name {
			return p, s.check()
		}
	}
	return Property{}, fmt.Errorf("%q is not a property; there are %s", s.Name, strings.Join(names(), ", "))
}

func (s Setting) check() error {
	if len(s.Value) > maxValue {
		return fmt.Errorf("%s: longer than %d bytes", s.Name, maxValue)
	}
	if strings.TrimSpace(s.Value) != s.Value || strings.IndexFunc(s.Value, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }) >= 0 {
		return fmt.Errorf("%s: %q is not one line of text", s.Name, s.Value)
	}
	return nil
}

func names() []string {
	var all []string
	for _, p := range Properties() {
		all = append(all, p.Name)
	}
	return all
}

// Set returns the text of a configuration with settings in it. Nothing else of
// the text changes: what IT wrote there stays, comments included. The text is
// valid as a configuration of file afterwards, or there is an error. Settings
// of properties that are none of the file's are passed over.
func Set(file, text string, settings []Setting) (string, error) {
	for _, s := range settings {
		p, err := s.property()
		if err != nil {
			return "", err
		}
		if p.Key == "" || s.Value == "" {
			continue
		}
		if text, err = set(text, p.Key, s.Value); err != nil {
			return "", &Error{File: file, Field: p.Key, What: err.Error(), Do: "set it by hand, or write the file in its plain form", Err: err}
		}
	}
	if _, err := Parse(file, text); err != nil {
		return "", err
	}
	return text, nil
}

var (
	header     = regexp.MustCompile(`^\s*\[([^\[\]]+)\]\s*(#.*)?$`)
	arrayOf    = regexp.MustCompile(`^\s*\[\[`)
	assignment = regexp.MustCompile(`^(\s*)([A-Za-z0-9_.'" \t-]+?)(\s*)=`)
	errForm    = errors.New("it stands there in a form that is not changed by program")
)

// set has one key be a text. That nothing else changed is proven by reading
// both texts, and not by how the lines were told apart.
func set(text, key, value string) (string, error) {
	before, err := tree(text)
	if err != nil {
		return "", err
	}
	path := strings.Split(key, ".")
	if at(before, path) == value {
		return text, nil
	}
	next := edit(text, path, quote(value))
	after, err := tree(next)
	if err != nil || at(after, path) != value {
		return "", errForm
	}
	put(before, path, value)
	if !reflect.DeepEqual(before, after) {
		return "", errForm
	}
	return next, nil
}

func tree(text string) (map[string]any, error) {
	all := map[string]any{}
	_, err := toml.Decode(text, &all)
	return all, err
}

// at is the text at a path, or nil.
func at(tree map[string]any, path []string) any {
	for _, name := range path[:len(path)-1] {
		below, ok := tree[name].(map[string]any)
		if !ok {
			return nil
		}
		tree = below
	}
	return tree[path[len(path)-1]]
}

func put(tree map[string]any, path []string, value string) {
	for _, name := range path[:len(path)-1] {
		below, ok := tree[name].(map[string]any)
		if !ok {
			below = map[string]any{}
			tree[name] = below
		}
		tree = below
	}
	tree[path[len(path)-1]] = value
}

// edit replaces the line of a key, or adds one to its table, or adds both.
func edit(text string, path []string, value string) string {
	end := "\n"
	if strings.Contains(text, "\r\n") {
		end = "\r\n"
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	table, key := strings.Join(path[:len(path)-1], "."), strings.Join(path, ".")
	now, found, last := "", table == "", -1 // last: line of its table after which one more may stand
	for i, line := range lines {
		if m := header.FindStringSubmatch(line); m != nil {
			now = plain(m[1])
			if now == table {
				found, last = true, i
			}
			continue
		}
		if arrayOf.MatchString(line) {
			now = "[[" // entries of a list of tables: no property lies there
			continue
		}
		m := assignment.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := plain(m[2])
		if now != "" {
			name = now + "." + name
		}
		if name == key {
			lines[i] = m[1] + m[2] + m[3] + "= " + value
			return strings.Join(lines, end)
		}
		if now == table {
			last = i
		}
	}
	line := path[len(path)-1] + " = " + value
	if found {
		lines = append(lines[:last+1], append([]string{line}, lines[last+1:]...)...)
		return strings.Join(lines, end)
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) > 0 {
		lines = append(lines, "")
	}
	return strings.Join(append(lines, "["+table+"]", line, ""), end)
}

// plain is a dotted key without quotes and spaces.
func plain(key string) string {
	parts := strings.Split(key, ".")
	for i, p := range parts {
		parts[i] = strings.Trim(strings.TrimSpace(p), `"'`)
	}
	return strings.Join(parts, ".")
}

// quote makes a TOML string. Windows' paths stay readable.
func quote(value string) string {
	if strings.Contains(value, `\`) && !strings.Contains(value, "'") {
		return "'" + value + "'"
	}
	return strconv.Quote(value)
}
