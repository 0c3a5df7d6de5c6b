package hostconfig

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/internal/release"
)

const shipped = `# What IT wrote.
region = "eu" # ours

[cloud]
# The address.
url = "https://old.example"

[instrument]
profile = "sample"
# log = "/path"

[upgrade]
interval = "4h"
`

func settings(pairs ...string) []Setting {
	var all []Setting
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, Setting{pairs[i], pairs[i+1]})
	}
	return all
}

// P1, P25: what an installation says gets into the file, and what IT wrote stays.
func TestSet(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		say  []Setting
		want string
	}{
		"nothing said":     {shipped, settings("CLOUDURL", "", "PROXY", ""), shipped},
		"the same again":   {shipped, settings("REGION", "eu", "CLOUDURL", "https://old.example"), shipped},
		"a line changes":   {shipped, settings("CLOUDURL", "https://new.example"), strings.Replace(shipped, "old.example", "new.example", 1)},
		"root":             {shipped, settings("REGION", "us"), strings.Replace(shipped, `"eu" # ours`, `"us"`, 1)},
		"in its table":     {shipped, settings("SERIAL", "A-1"), strings.Replace(shipped, "\"sample\"\n", "\"sample\"\nserial = \"A-1\"\n", 1)},
		"a table more":     {shipped, settings("PROXY", "http://p.example:8080"), shipped + "\n[cloud.proxy]\nurl = \"http://p.example:8080\"\n"},
		"Windows path":     {"", settings("INSTRUMENTLOG", `C:\x y\a.log`), "[instrument]\nlog = 'C:\\x y\\a.log'\n"},
		"path with quote":  {"", settings("INSTRUMENTLOG", `C:\it's`), "[instrument]\nlog = \"C:\\\\it's\"\n"},
		"root of nothing":  {"", settings("REGION", "us"), "region = \"us\"\n"},
		"root before all":  {"[cloud]\nurl = \"https://a.example\"\n", settings("REGION", "us"), "region = \"us\"\n[cloud]\nurl = \"https://a.example\"\n"},
		"CRLF stays":       {"region = \"eu\"\r\n[upgrade]\r\n", settings("CHANNEL", "pilot"), "region = \"eu\"\r\n[upgrade]\r\nchannel = \"pilot\"\r\n"},
		"dotted":           {"[cloud]\nproxy.url = \"direct\"\n", settings("PROXY", "http://p.example:1"), "[cloud]\nproxy.url = \"http://p.example:1\"\n"},
		"quoted key":       {"[\"cloud\"]\n\"url\" = 'https://a.example'\n", settings("CLOUDURL", "https://b.example"), "[\"cloud\"]\n\"url\" = \"https://b.example\"\n"},
		"not the file's":   {shipped, settings("POLICY", `C:\site.note`), shipped},
		"a comment's key":  {"[cloud]\n# url = \"https://x.example\"\n", settings("CLOUDURL", "https://b.example"), "[cloud]\nurl = \"https://b.example\"\n# url = \"https://x.example\"\n"},
		"another's key":    {"[machine]\nprocesses = [\"a.exe\"]\n[instrument]\n", settings("PHONE", "+49 1"), "[machine]\nprocesses = [\"a.exe\"]\n[instrument]\nphone = \"+49 1\"\n"},
		"two at once":      {"", settings("CHANNEL", "pilot", "REGION", "cn"), "region = \"cn\"\n[upgrade]\nchannel = \"pilot\"\n"},
		"no end of line":   {`region = "eu"`, settings("REGION", "us"), `region = "us"`},
		"after a comment":  {"# first\n", settings("CLOUDURL", "https://b.example"), "# first\n\n[cloud]\nurl = \"https://b.example\"\n"},
		"spaces are kept":  {"  region   = \"eu\"\n", settings("REGION", "us"), "  region   = \"us\"\n"},
		"table by spaces ": {"[ cloud . proxy ]\n", settings("PROXY", "direct"), "[ cloud . proxy ]\nurl = \"direct\"\n"},
	} {
		got, err := Set("/etc/x/host.toml", tt.text, tt.say)
		if err != nil || got != tt.want {
			t.Errorf("%s: %v\n got %q\nwant %q", name, err, got, tt.want)
		}
	}
}

// A bad value, or a form that cannot be edited line by line, changes nothing
// and says what is wrong.
func TestSetRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		say  []Setting
		part string
	}{
		"not https":        {shipped, settings("CLOUDURL", "http://x.example"), "https"},
		"no region":        {shipped, settings("REGION", "Europe 1"), "region"},
		"no channel":       {shipped, settings("CHANNEL", "nightly"), "channel"},
		"no profile":       {shipped, settings("INSTRUMENT", "../x"), "profile"},
		"two lines":        {shipped, settings("SERIAL", "a\nphone = \"1\""), "one line"},
		"right to left":    {shipped, settings("SERIAL", "a\u202eb"), "one line"},
		"long":             {shipped, settings("SERIAL", strings.Repeat("1", 65)), "serial"},
		"long hours":       {shipped, settings("HOURS", strings.Repeat("é", 121)), "hours"},
		"far too long":     {shipped, settings("SERIAL", strings.Repeat("1", 2000)), "longer"},
		"inline":           {"cloud = { url = \"https://a.example\" }\n", settings("CLOUDURL", "https://b.example"), "form"},
		"unknown":          {shipped, settings("DATA", "/x"), "not a property"},
		"file is damaged":  {"region = ", settings("REGION", "us"), "region"},
		"of many lines":    {"[notify]\ndrop = \"\"\"\n[cloud]\n\"\"\"\n", settings("CLOUDURL", "https://b.example"), "form"},
		"a line let loose": {"[instrument]\nphone = \"\"\"\nserial = \"1\" # \"\"\"\n", settings("PHONE", "+1"), "form"},
		"otherwise wrong":  {"fans = 1\n", settings("REGION", "us"), "not known"},
	} {
		if got, err := Set("/etc/x/host.toml", tt.text, tt.say); err == nil || got != "" || !strings.Contains(err.Error(), tt.part) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Whatever is set, everything else reads as before.
func TestSetKeepsTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
			"region = \"eu\"", "# note", "", "[cloud]", "url = \"https://a.example\"", "[instrument]", "log = 'x'", "logs = [", "\"y\",", "]",
			"[cloud.proxy]", "proxy = { url = \"direct\" }", "[upgrade]", "interval = \"1h\"", "phone = \"\"\"", "\"\"\"", "[[x]]", "y = 1",
		}), 0, 12).Draw(t, "lines"), "\n")
		p := rapid.SampledFrom(Properties()).Draw(t, "property")
		if p.Key == "" {
			return
		}
		value := rapid.StringMatching(`[a-z\\'"#=\[\] ]{1,12}`).Draw(t, "value")
		before, err := tree(text)
		if err != nil {
			return
		}
		next, err := set(text, p.Key, value)
		if err != nil {
			if !errors.Is(err, errForm) {
				t.Fatal(err)
			}
			return
		}
		after, err := tree(next)
		if err != nil {
			t.Fatal(err)
		}
		put(before, strings.Split(p.Key, "."), value)
		if !reflect.DeepEqual(before, after) {
			t.Fatalf("%q became %q", text, next)
		}
	})
}

func TestParseSetting(t *testing.T) {
	for text, want := range map[string]Setting{
		"REGION=eu": {"REGION", "eu"}, "REGION=": {"REGION", ""}, "PROXYUSER=a=b": {"PROXYUSER", "a=b"},
	} {
		if got, err := ParseSetting(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "REGION", "region=eu", "TRUST=/tmp", "=x", "REGION=\x1b"} {
		if got, err := ParseSetting(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// Every property with a key can be set, and is a setting of the file.
func TestPropertiesAreSettings(t *testing.T) {
	good := map[string]string{
		"CLOUDURL": "https://c.example", "REGION": "us", "INSTRUMENT": "sample", "SERIAL": "1", "INSTRUMENTLOG": "/x.log", "PHONE": "+1", "HOURS": "Mon–Fri, 8:00–17:00",
		"CHANNEL": release.Pilot, "PROXY": "http://p.example:1", "PROXYUSER": "u", "PROXYPASSWORDFILE": "/p",
	}
	var all []Setting
	for _, p := range Properties() {
		if p.Key != "" {
			all = append(all, Setting{p.Name, good[p.Name]})
		}
	}
	text, err := Set("/etc/x/host.toml", "", all)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("/etc/x/host.toml", text)
	if err != nil || c.Instrument.Serial != "1" || c.Upgrade.Channel != release.Pilot || c.Cloud.Proxy.User != "u" {
		t.Errorf("%+v, %v", c, err)
	}
	for _, channel := range []string{release.Stable, release.Pilot} {
		if _, err := Set("/etc/x/host.toml", "", settings("CHANNEL", channel)); err != nil {
			t.Error(err)
		}
	}
}

type fake map[string]string

func (f fake) Place() string { return `HKLM\x` }

func (f fake) Value(name string) (string, error) {
	if f[name] == "unreadable" {
		return "", errors.New("denied")
	}
	return f[name], nil
}

// Group policy goes before the file, and a fault says whose it is.
func TestOverrides(t *testing.T) {
	for name, tt := range map[string]struct {
		file string
		says fake
		want string // the cloud's address; or part of the error
		bad  bool
	}{
		"nothing":              {shipped, fake{}, "https://old.example", false},
		"the address":          {shipped, fake{"CLOUDURL": "https://gpo.example", "REGION": "us"}, "https://gpo.example", false},
		"not a policy":         {shipped, fake{"POLICY": "x", "OTHER": "y"}, "https://old.example", false},
		"bad there":            {shipped, fake{"CLOUDURL": "http://gpo.example"}, `HKLM\x`, true},
		"not to be read":       {shipped, fake{"REGION": "unreadable"}, `HKLM\x: REGION`, true},
		"the file is at fault": {"fans = 1", fake{"REGION": "us"}, "configuration /etc/x/host.toml: fans", true},
	} {
		text, err := apply("/etc/x/host.toml", tt.file, tt.says)
		if tt.bad {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		c, parse := Parse("/etc/x/host.toml", text)
		if err := errors.Join(err, parse); err != nil || c.Cloud.URL != tt.want {
			t.Errorf("%s: %q, %v", name, c.Cloud.URL, err)
		}
	}
	if text, err := apply("/etc/x/host.toml", shipped, nil); err != nil || text != shipped {
		t.Errorf("without any: %v", err)
	}
}
