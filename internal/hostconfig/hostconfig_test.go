package hostconfig

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const whole = `
data = "/srv/bc"
socket = "/run/x/host.sock"
upgrade_socket = "/run/x/upgrade.sock"
trust = "trust"
policy = "site-policy.note"
install = "/opt/bc"
scanner = "/run/x/clamd.ctl"
region = "us"
[cloud]
url = "https://cloud.example:8443/"
[instrument]
profile = "sample"
log = "logs/instrument.log"
folder = "/data"
[upgrade]
interval = "30m"
watch = "20s"
`

func TestWholeFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "host.toml")
	if err := os.WriteFile(file, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		File: file, Data: "/srv/bc", Socket: "/run/x/host.sock", UpgradeSocket: "/run/x/upgrade.sock",
		Trust:  filepath.Join(filepath.Dir(file), "trust"),
		Policy: filepath.Join(filepath.Dir(file), "site-policy.note"), Install: "/opt/bc", Scanner: "/run/x/clamd.ctl", Region: "us",
		Cloud:      Cloud{URL: "https://cloud.example:8443"},
		Instrument: Instrument{Profile: "sample", Log: filepath.Join(filepath.Dir(file), "logs/instrument.log"), Folder: "/data"},
		Upgrade:    Upgrade{Interval: 30 * time.Minute, Watch: 20 * time.Second},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.CloudHost() != "cloud.example" || got.CloudPort() != "8443" {
		t.Errorf("host %q port %q", got.CloudHost(), got.CloudPort())
	}
}

func TestWaysOut(t *testing.T) { // P11, scenario 54
	for _, text := range []string{
		"[cloud.proxy]\nurl = \"direct\"",
		"[cloud.proxy]\nurl = \"http://proxy.hospital.example:3128\"\nuser = 'HOSPITAL\\lab'\npassword_file = \"proxy.password\"",
		"[cloud.proxy]\nurl = \"pac+http://wpad.hospital.example/wpad.dat\"",
		"[cloud]\ndialect = \"iothub\"\n[cloud.iothub]\nhost = \"lab.azure-devices.net\"\nauth = \"sas\"\nkey_file = \"device.key\"",
		"[cloud]\ndialect = \"iothub\"\n[cloud.iothub]\nscope = \"0ne00A1B2C3\"\nauth = \"x509\"",
	} {
		c, err := Parse("/etc/x/host.toml", text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		for _, file := range []string{c.Cloud.Proxy.PasswordFile, c.Cloud.IoTHub.KeyFile} {
			if file != "" && filepath.Dir(file) != "/etc/x" {
				t.Errorf("file %q", file)
			}
		}
	}
}

func TestDefaultsAreWholeButForTheCloud(t *testing.T) {
	got, err := Parse("/etc/x/host.toml", "")
	if err != nil {
		t.Fatal(err)
	}
	if got.Data == "" || got.Instrument.Profile != "sample" || got.Region != "eu" {
		t.Errorf("defaults: %+v", got)
	}
	if err := got.CheckService(); err == nil || !strings.Contains(err.Error(), "cloud.url") {
		t.Errorf("a service without a cloud's address: %v", err)
	}
	got.Cloud.URL = "https://cloud.example"
	if err := got.CheckService(); err != nil {
		t.Error(err)
	}
	if got.CloudPort() != "443" { // P11
		t.Errorf("port %s", got.CloudPort())
	}
}

// Wrong input gives one clear line that says what to do.
func TestOneClearLine(t *testing.T) {
	for _, row := range []struct{ name, text, part string }{
		{"not toml", "data = ", "line 1"},
		{"wrong type", "data = 3", "data"},
		{"unknown key", "dta = \"/x\"", "dta: this setting is not known"},
		{"unknown table", "[clod]\nurl = \"https://x\"", "clod"},
		{"plain http", "[cloud]\nurl = \"http://x\"", "only https"},
		{"no host", "[cloud]\nurl = \"https://\"", "not an address"},
		{"port only", "[cloud]\nurl = \"https://:443\"", "not an address"},
		{"user in address", "[cloud]\nurl = \"https://u:p@x\"", "only a host name"},
		{"path in address", "[cloud]\nurl = \"https://x/y\"", "only a host name"},
		{"empty path", "data = \"\"", "data: this is empty"},
		{"region", "region = \"Europe 1\"", "not a region"},
		{"proxy without a scheme", "[cloud.proxy]\nurl = \"proxy:3128\"", "cloud.proxy.url: this is not a proxy's address"},
		{"proxy of another kind", "[cloud.proxy]\nurl = \"socks5://proxy:1080\"", "not a proxy's address"},
		{"password in the address", "[cloud.proxy]\nurl = \"http://u:p@proxy:3128\"", "a log-in may not stand here"},
		{"page as a proxy", "[cloud.proxy]\nurl = \"http://proxy/wpad.dat\"", "only a host name and a port"},
		{"password of nobody", "[cloud.proxy]\nurl = \"http://proxy:3128\"\npassword_file = \"p\"", "user is missing"},
		{"user with a colon", "[cloud.proxy]\nurl = \"http://proxy:3128\"\nuser = \"a:b\"", "colon"},
		{"log-in without a proxy", "[cloud.proxy]\nuser = \"lab\"", "no proxy to log in at"},
		{"dialect", "[cloud]\ndialect = \"amqp\"", "not a dialect"},
		{"hub of no dialect", "[cloud.iothub]\nhost = \"a.azure-devices.net\"", "another dialect"},
		{"no hub", "[cloud]\ndialect = \"iothub\"", "neither a hub nor"},
		{"hub with a path", "[cloud]\ndialect = \"iothub\"\n[cloud.iothub]\nhost = \"a/b\"", "not a host name"},
		{"provisioning without a scope", "[cloud]\ndialect = \"iothub\"\n[cloud.iothub]\nhost = \"a\"\nprovision = \"b\"", "ID scope"},
		{"sas without a key", "[cloud]\ndialect = \"iothub\"\n[cloud.iothub]\nhost = \"a\"\nauth = \"sas\"", "key_file"},
		{"certificate with a key", "[cloud]\ndialect = \"iothub\"\n[cloud.iothub]\nhost = \"a\"\nkey_file = \"k\"", "needs no key file"},
		{"another sign-in", "[cloud]\ndialect = \"iothub\"\n[cloud.iothub]\nhost = \"a\"\nauth = \"tpm\"", "not a way to sign in"},
		{"looks too often", "[upgrade]\ninterval = \"1s\"", "upgrade.interval: this is out of bounds"},
		{"looked at for no time", "[upgrade]\nwatch = \"1ms\"", "upgrade.watch: this is out of bounds"},
		{"profile with a folder", "[instrument]\nprofile = \"../x\"", "not a profile's name"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := Parse("/etc/x/host.toml", row.text)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %T: %v", err, err)
			}
			line := err.Error()
			if !strings.Contains(line, row.part) || strings.Contains(line, "\n") || !strings.Contains(line, "; ") {
				t.Errorf("line %q lacks %q or what to do", line, row.part)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, make([]byte, maxSize+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, part := range map[string]string{
		filepath.Join(dir, "none"): "does not exist",
		dir:                        "not a file",
		large:                      "too large",
	} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add("[cloud]\nurl=\"https://[::1]:443\"")
	f.Fuzz(func(t *testing.T, text string) {
		config, err := Parse("/etc/x/host.toml", text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		if config.Cloud.URL != "" && !strings.HasPrefix(config.Cloud.URL, "https://") {
			t.Errorf("address %q", config.Cloud.URL)
		}
	})
}
