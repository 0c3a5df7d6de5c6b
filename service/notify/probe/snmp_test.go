package probe

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/policy"
)

const (
	sysUpTime = "1.3.6.1.2.1.1.3.0"
	sysName   = ".1.3.6.1.2.1.1.5.0"
)

// agentPort is below those that the system hands out: between a port being
// let go of and snmpd taking it somebody else could be given it.
const agentPort = 1161

// agent starts Debian's SNMP agent on a loopback address of its own.
func agent(t *testing.T) (host string) {
	t.Helper()
	program, err := exec.LookPath("snmpd")
	if err != nil {
		if program = "/usr/sbin/snmpd"; !executable(program) {
			t.Skip("there is no snmpd (Debian: snmpd)")
		}
	}
	host = fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(250), 1+rand.IntN(250))
	dir := t.TempDir()
	conf := filepath.Join(dir, "snmpd.conf")
	text := `rocommunity public 127.0.0.1
sysName analyser-ups
createUser bc SHA-256 "auth secret 1" AES "priv secret 1"
createUser old SHA "auth secret 2" AES "priv secret 2"
rouser bc priv
rouser old priv
`
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-f", "-Le", "-C", "-c", conf, "-I", "-smux", fmt.Sprintf("udp:%s:%d", host, agentPort))
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+dir, "MIBS=")
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("snmpd: %s", &log)
		}
	})
	up := snmpProbe(host, agentPort, policy.SNMPProbe{Version: "2c", Community: "public", OID: sysUpTime})
	for until := time.Now().Add(time.Minute); time.Now().Before(until); {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		found := lookerOf(up, "").look(ctx)
		cancel()
		if found.why == "" {
			return host
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("snmpd never answered")
	return ""
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&0o111 != 0
}

func snmpProbe(host string, port int, s policy.SNMPProbe) policy.Probe {
	return policy.Probe{Name: "ups", Kind: policy.ProbeSNMP, Host: host, Port: port, Every: time.Minute, Snmp: &s}
}

// Against the agent that Debian ships: both versions, conditions on numbers and
// texts, wrong passwords, an unknown value.
func TestSNMP(t *testing.T) {
	host := agent(t)
	passwords := filepath.Join(t.TempDir(), "snmp-passwords.toml")
	text := `[bc]
auth = "auth secret 1"
priv = "priv secret 1"
[old]
auth = "auth secret 2"
priv = "priv secret 2"
auth_protocol = "SHA"
[wrong]
auth = "auth secret 9"
priv = "priv secret 9"
`
	if err := os.WriteFile(passwords, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.toml")
	if err := os.WriteFile(wrong, []byte("[bc]\nauth=\"not the password\"\npriv=\"priv secret 1\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		snmp   policy.SNMPProbe
		file   string
		why    string
		level  steady.Level
		within time.Duration
	}{
		"2c answers":        {policy.SNMPProbe{Version: "2c", Community: "public", OID: sysUpTime}, "", "", steady.Unknown, timeout},
		"2c holds":          {policy.SNMPProbe{Version: "2c", Community: "public", OID: sysUpTime, Condition: "value >= 0"}, "", "", steady.Good, timeout},
		"2c does not hold":  {policy.SNMPProbe{Version: "2c", Community: "public", OID: sysUpTime, Condition: "value < 0"}, "", "", steady.Bad, timeout},
		"2c text":           {policy.SNMPProbe{Version: "2c", Community: "public", OID: sysName, Condition: `value == "analyser-ups"`}, "", "", steady.Good, timeout},
		"2c wrong kind":     {policy.SNMPProbe{Version: "2c", Community: "public", OID: sysName, Condition: "value < 3"}, "", "cannot be held", steady.Unknown, timeout},
		"2c unknown value":  {policy.SNMPProbe{Version: "2c", Community: "public", OID: "1.3.6.1.2.1.1.99.0"}, "", "does not know what", steady.Unknown, timeout},
		"3 answers":         {policy.SNMPProbe{Version: "3", User: "bc", OID: sysName, Condition: `value == "analyser-ups"`}, passwords, "", steady.Good, timeout},
		"3 with SHA":        {policy.SNMPProbe{Version: "3", User: "old", OID: sysUpTime, Condition: "value < 0"}, passwords, "", steady.Bad, timeout},
		"3 unknown value":   {policy.SNMPProbe{Version: "3", User: "bc", OID: "1.3.6.1.2.1.1.99.0"}, passwords, "does not know what", steady.Unknown, timeout},
		"3 unknown user":    {policy.SNMPProbe{Version: "3", User: "wrong", OID: sysUpTime}, passwords, "check user and passwords", steady.Unknown, time.Second},
		"3 wrong password":  {policy.SNMPProbe{Version: "3", User: "bc", OID: sysUpTime}, wrong, "check user and passwords", steady.Unknown, time.Second},
		"3 not in the file": {policy.SNMPProbe{Version: "3", User: "nobody", OID: sysUpTime}, passwords, "does not have its user", steady.Unknown, timeout},
		"3 without a file":  {policy.SNMPProbe{Version: "3", User: "bc", OID: sysUpTime}, "", "no file", steady.Unknown, timeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), row.within)
			defer cancel()
			found := lookerOf(snmpProbe(host, agentPort, row.snmp), row.file).look(ctx)
			if !strings.Contains(found.why, row.why) || row.why == "" && found.why != "" || found.condition != row.level {
				t.Errorf("%+v, want %q and %d", found, row.why, row.level)
			}
			if strings.Contains(found.why, "analyser-ups") || strings.Contains(found.why, "secret") {
				t.Errorf("something that was read shows: %q", found.why)
			}
		})
	}
}

func TestSNMPNobodyThere(t *testing.T) {
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	silent := snmpProbe("127.0.0.1", l.LocalAddr().(*net.UDPAddr).Port, policy.SNMPProbe{Version: "2c", Community: "public", OID: sysUpTime})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if found := lookerOf(silent, "").look(ctx); found.why != "no answer in time" {
		t.Errorf("%q", found.why)
	}
}

func TestPasswordsAreKeptTight(t *testing.T) {
	dir := t.TempDir()
	for name, row := range map[string]struct {
		text string
		mode os.FileMode
		why  string
	}{
		"others can read it": {"[u]\nauth=\"12345678\"\npriv=\"12345678\"\n", 0o644, "by others"},
		"short":              {"[u]\nauth=\"1234567\"\npriv=\"12345678\"\n", 0o600, "at least 8"},
		"MD5":                {"[u]\nauth=\"12345678\"\npriv=\"12345678\"\nauth_protocol=\"MD5\"\n", 0o600, "not offered"},
		"DES":                {"[u]\nauth=\"12345678\"\npriv=\"12345678\"\npriv_protocol=\"DES\"\n", 0o600, "not offered"},
		"broken":             {"[u]\nauth=\"hunter2secret\n", 0o600, "line 2"},
		"unknown key":        {"[u]\nauth=\"12345678\"\npriv=\"12345678\"\nhunter2secret=1\n", 0o600, "cannot be understood"},
		"good":               {"[u]\nauth=\"12345678\"\npriv=\"12345678\"\npriv_protocol=\"AES256\"\n", 0o640, ""},
	} {
		if runtime.GOOS == "windows" && row.mode == 0o644 {
			continue
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(row.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, row.mode); err != nil {
			t.Fatal(err)
		}
		_, err := loginOf(path, "u")
		if (err == nil) != (row.why == "") || err != nil && (!strings.Contains(err.Error(), row.why) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
