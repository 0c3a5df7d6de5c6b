package settings

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

type deep struct {
	User     string        `toml:"user"`
	Password string        `toml:"password"`
	Wait     time.Duration `toml:"wait"`
	Inner    struct {
		Count int `toml:"count"`
	} `toml:"inner"`
}

type sample struct {
	Listen   string            `toml:"listen"`
	Names    []string          `toml:"names"`
	Networks []netip.Prefix    `toml:"staff_networks"`
	Peers    map[string]string `toml:"peers"`
	On       bool              `toml:"on"`
	Size     uint16            `toml:"size"`
	Ratio    float64           `toml:"ratio"`
	Maybe    *int              `toml:"maybe"`
	Key      string            `toml:"key" secret:"true"`
	Database string            `toml:"database"`
	Deep     deep              `toml:"deep"`
	Tables   []deep            `toml:"table"`
	Code     func()            `toml:"-"`
}

const prefix = "BECKMANCONNECT_CLOUD_"

func file(t interface{ TempDir() string }, text string) string {
	path := filepath.Join(t.TempDir(), "value")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		panic(err)
	}
	return path
}

func TestFileAndEnvironment(t *testing.T) {
	three := 3
	tests := map[string]struct {
		text string
		env  []string
		want sample
		bad  []string // one part of each mistake, in order
	}{
		"nothing": {},
		"the file": {text: "listen = \"a\"\nstaff_networks = [\"10.0.0.0/8\"]\n[deep]\nwait = \"5s\"\n[deep.inner]\ncount = 2\n",
			want: sample{Listen: "a", Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Deep: deep{Wait: 5 * time.Second, Inner: struct {
				Count int `toml:"count"`
			}{2}}}},
		"the environment counts before it": {text: `listen = "a"`, env: []string{prefix + "LISTEN=b", "LISTEN=c"}, want: sample{Listen: "b"}},
		"every kind": {env: []string{
			prefix + "NAMES=x, y,", prefix + "STAFF_NETWORKS=10.0.0.0/8,::/0", prefix + "PEERS=b=10.0.0.2:1, c = d", prefix + "ON=true",
			prefix + "SIZE=65535", prefix + "RATIO=0.5", prefix + "MAYBE=3", prefix + "DEEP_WAIT=1m30s", prefix + "DEEP_INNER_COUNT=-4",
		}, want: sample{Names: []string{"x", "y"}, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::/0")},
			Peers: map[string]string{"b": "10.0.0.2:1", "c": "d"}, On: true, Size: 65535, Ratio: 0.5, Maybe: &three, Deep: deep{Wait: 90 * time.Second, Inner: struct {
				Count int `toml:"count"`
			}{-4}}}},
		"an empty list empties": {text: `names = ["a"]`, env: []string{prefix + "NAMES="}, want: sample{Names: []string{}}},
		"all mistakes at once": {env: []string{
			prefix + "ON=geheim", prefix + "SIZE=65536", prefix + "STAFF_NETWORKS=10.0.0.0/8,geheim", prefix + "DEEP_WAIT=geheim",
			prefix + "PEERS=geheim", prefix + "COLOUR=geheim", prefix + "TABLE=x", prefix + "DEEP_PASSWORD_FILE=/nowhere",
		}, bad: []string{"unknown variable " + prefix + "COLOUR", "DEEP_PASSWORD_FILE: ", "DEEP_WAIT: is not a duration", "ON: is not true", "PEERS: number 1",
			"SIZE: is not", "STAFF_NETWORKS: number 2 of the list is not a prefix", "TABLE: number 1 of the list can be set in the file only"}},
		"unknown keys":              {text: "colour = 1\n[deep]\nuser_files = \"x\"", bad: []string{`"colour"`, `"deep.user_files"`}},
		"a file of what is no text": {text: `size_file = "x"`, bad: []string{`"size_file"`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got sample
			err := Load(&got, tt.text, prefix, tt.env)
			if len(tt.bad) == 0 {
				if err != nil || !reflect.DeepEqual(got, tt.want) {
					t.Fatalf("%+v %v", got, err)
				}
				return
			}
			var all interface{ Unwrap() []error }
			if !errors.As(err, &all) || len(all.Unwrap()) != len(tt.bad) {
				t.Fatalf("%v", err)
			}
			for i, e := range all.Unwrap() {
				if !strings.Contains(e.Error(), tt.bad[i]) || strings.Contains(e.Error(), "geheim") {
					t.Errorf("%v, not %q", e, tt.bad[i])
				}
			}
		})
	}
}

func TestSecretsByFile(t *testing.T) {
	secret := file(t, "geheim \n")
	var got sample
	text := "[deep]\npassword_file = " + `"` + filepath.ToSlash(secret) + `"`
	if err := Load(&got, text, prefix, []string{prefix + "KEY_FILE=" + secret}); err != nil || got.Deep.Password != "geheim " || got.Key != "geheim " {
		t.Fatalf("%+v %v", got, err)
	}
	for name, wrong := range map[string][2]string{
		"two in the file":        {text + "\npassword = \"x\"", ""},
		"two in the environment": {"", prefix + "KEY=x"},
		"too large":              {"key_file = \"" + filepath.ToSlash(file(t, strings.Repeat("x", maxSecret+1))) + `"`, ""},
		"no name":                {`key_file = ""`, ""},
	} {
		if err := Load(&sample{}, wrong[0], prefix, []string{wrong[1], prefix + "KEY_FILE=" + secret}); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is shown never has a secret in it, whatever it is.
func TestNoSecretIsShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := "geheim" + rapid.StringMatching(`[a-z]{1,9}`).Draw(t, "secret")
		c := sample{Key: secret, Database: "postgres://x:" + secret + "@h", Deep: deep{Password: secret, User: "seen"}, Tables: []deep{{Password: secret}}}
		seen := false
		for _, l := range Show(&c, prefix) {
			if strings.Contains(l.Value, secret) {
				t.Fatalf("%+v", l)
			}
			seen = seen || l == Line{"deep.user", prefix + "DEEP_USER", "seen"}
		}
		if !seen {
			t.Fatal("what is no secret is not shown")
		}
	})
}

// Whatever texts are given, the environment says the same as the file.
func TestEnvironmentSaysTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-z0-9./:-]{1,8}`), 1, 4).Draw(t, "names")
		wait := time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "wait"))
		var file, env sample
		text := "names = [\"" + strings.Join(words, `","`) + "\"]\n[deep]\nwait = \"" + wait.String() + `"`
		if err := Load(&file, text, prefix, nil); err != nil {
			t.Fatal(err)
		}
		if err := Load(&env, "", prefix, []string{prefix + "NAMES=" + strings.Join(words, ","), prefix + "DEEP_WAIT=" + wait.String()}); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(file, env) {
			t.Fatalf("%+v %+v", file, env)
		}
	})
}
