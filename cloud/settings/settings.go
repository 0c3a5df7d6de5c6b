// Package settings reads a configuration from a TOML file and from the
// environment, whatever its fields are: names come from the toml tags. It tells
// all that is wrong at once, and shows a configuration without its secrets.
package settings

import (
	"encoding"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// maxSecret bounds a file that is named for a value.
const maxSecret = 64 << 10

// setting is one field of a configuration.
type setting struct {
	key    string // "oidc.secret"
	name   string // "OIDC_SECRET"
	secret bool
	value  reflect.Value
}

// Load reads text, TOML, and then the environment into config, a pointer to a
// struct. What the environment says counts before the file. Of a key K the file
// may have K_file, and of a variable V the environment V_FILE: a file that has
// the value, without the newline at its end. prefix is what the names of the
// environment begin with; another variable that begins so is a mistake.
func Load(config any, text, prefix string, environ []string) error {
	errs, err := decode(config, text)
	if err != nil {
		return err // no TOML: nothing more can be said
	}
	return errors.Join(append(errs, fromEnvironment(config, prefix, environ)...)...)
}

func decode(config any, text string) (errs []error, err error) {
	meta, err := toml.Decode(text, config)
	if err != nil {
		return nil, err
	}
	var raw map[string]any
	if _, err := toml.Decode(text, &raw); err != nil {
		return nil, err
	}
	known := byKey(config)
	for _, key := range meta.Undecoded() {
		base, ok := strings.CutSuffix(key.String(), "_file")
		s, found := known[base]
		switch {
		case !ok || !found || s.value.Kind() != reflect.String:
			errs = append(errs, fmt.Errorf("unknown key %q; remove it or correct its name", key.String()))
		case !s.value.IsZero():
			errs = append(errs, fmt.Errorf("%q and %q are two values of one thing; name one", base, key.String()))
		default:
			path, _ := at(raw, key).(string)
			value, err := read(path)
			if err != nil {
				errs = append(errs, fmt.Errorf("%q: %w", key.String(), err))
				continue
			}
			s.value.SetString(value)
		}
	}
	return errs, nil
}

func at(raw map[string]any, key toml.Key) any {
	for _, part := range key[:len(key)-1] {
		raw, _ = raw[part].(map[string]any)
	}
	return raw[key[len(key)-1]]
}

func byKey(config any) map[string]setting {
	out := map[string]setting{}
	for _, s := range all(config) {
		out[s.key] = s
	}
	return out
}

func fromEnvironment(config any, prefix string, environ []string) (errs []error) {
	byName := map[string]setting{}
	for _, s := range all(config) {
		byName[s.name] = s
	}
	from := map[string]string{} // name of the setting: variable
	for _, v := range slices.Sorted(slices.Values(environ)) {
		variable, value, _ := strings.Cut(v, "=")
		name, ok := strings.CutPrefix(variable, prefix)
		if !ok {
			continue
		}
		s, found := byName[name]
		if !found {
			base, isFile := strings.CutSuffix(name, "_FILE")
			if s, found = byName[base]; !isFile || !found {
				errs = append(errs, fmt.Errorf("unknown variable %s; remove it or correct its name", variable))
				continue
			}
			text, err := read(value)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", variable, err))
				continue
			}
			value = text
		}
		if other := from[s.name]; other != "" {
			errs = append(errs, fmt.Errorf("%s and %s are two values of one thing; set one", other, variable))
			continue
		}
		from[s.name] = variable
		if err := set(s.value, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", variable, err))
		}
	}
	return errs
}

func read(path string) (string, error) {
	if path == "" {
		return "", errors.New("the name of a file is missing")
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() > maxSecret {
		return "", fmt.Errorf("%s is larger than %d bytes", path, maxSecret)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}

var unmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

// all lists the settings of a pointer to a struct, in the order of its fields.
func all(config any) []setting { return walk(reflect.ValueOf(config).Elem(), "", "", false) }

func walk(v reflect.Value, key, name string, secret bool) (out []setting) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("toml"), ",")
		if tag == "-" || !field.IsExported() {
			continue
		}
		if tag == "" && field.Anonymous && field.Type.Kind() == reflect.Struct {
			out = append(out, walk(v.Field(i), key, name, secret)...)
			continue
		}
		if tag == "" {
			tag = field.Name
		}
		s := setting{key: tag, name: strings.ToUpper(strings.ReplaceAll(tag, "-", "_")), value: v.Field(i), secret: secret || secretField(field, tag)}
		if key != "" {
			s.key, s.name = key+"."+s.key, name+"_"+s.name
		}
		if field.Type.Kind() == reflect.Struct && !reflect.PointerTo(field.Type).Implements(unmarshaler) {
			out = append(out, walk(v.Field(i), s.key, s.name, s.secret)...)
			continue
		}
		out = append(out, s)
	}
	return out
}

// secretField tells what is never shown. The tag secret:"true" says so, and a
// name that sounds like one does, too.
func secretField(field reflect.StructField, tag string) bool {
	if field.Tag.Get("secret") != "" {
		return field.Tag.Get("secret") == "true"
	}
	for _, word := range []string{"secret", "password", "passphrase", "token", "pin", "database", "dsn", "connection"} {
		if slices.Contains(strings.Split(tag, "_"), word) {
			return true
		}
	}
	return false
}

// set puts a text of the environment into a field. An error does not repeat the
// text: it may be a secret.
func set(v reflect.Value, text string) error {
	if v.Kind() == reflect.Pointer {
		to := reflect.New(v.Type().Elem())
		if err := set(to.Elem(), text); err != nil {
			return err
		}
		v.Set(to)
		return nil
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(text)
		if err != nil {
			return errors.New("is not a duration as in 30s or 5m")
		}
		v.SetInt(int64(d))
		return nil
	}
	if v.CanAddr() && v.Addr().Type().Implements(unmarshaler) {
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
			return fmt.Errorf("is not a %s", strings.ToLower(v.Type().Name()))
		}
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("is not true or false")
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return errors.New("is not a whole number that fits")
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		if err != nil {
			return errors.New("is not a whole number from 0 that fits")
		}
		v.SetUint(n)
	case reflect.Float32, reflect.Float64:
		n, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil {
			return errors.New("is not a number")
		}
		v.SetFloat(n)
	case reflect.Slice:
		return setList(v, text)
	case reflect.Map:
		return setMap(v, text)
	default:
		return errors.New("can be set in the file only")
	}
	return nil
}

// setList reads "a, b"; empty: none.
func setList(v reflect.Value, text string) error {
	parts := split(text)
	list := reflect.MakeSlice(v.Type(), len(parts), len(parts))
	for i, part := range parts {
		if err := set(list.Index(i), part); err != nil {
			return fmt.Errorf("number %d of the list %w", i+1, err)
		}
	}
	v.Set(list)
	return nil
}

// setMap reads "a=1, b=2"; empty: none.
func setMap(v reflect.Value, text string) error {
	if v.Type().Key().Kind() != reflect.String {
		return errors.New("can be set in the file only")
	}
	m := reflect.MakeMap(v.Type())
	for i, part := range split(text) {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return fmt.Errorf("number %d of the list has no =", i+1)
		}
		to := reflect.New(v.Type().Elem()).Elem()
		if err := set(to, strings.TrimSpace(value)); err != nil {
			return fmt.Errorf("number %d of the list %w", i+1, err)
		}
		m.SetMapIndex(reflect.ValueOf(strings.TrimSpace(name)).Convert(v.Type().Key()), to)
	}
	v.Set(m)
	return nil
}

func split(text string) (out []string) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
