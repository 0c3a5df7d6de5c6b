//go:build linux

package eventlog

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/cloud/events"
)

const (
	attacker = "203.0.113.66"
	victim   = "198.51.100.9"
	ofTheSix = "2001:db8:66::1"
)

// P18: the real fail2ban bans who was turned away five times, over IPv4 and
// IPv6, and whatever an attacker writes into a name, a field or an address
// header bans nobody else.
func TestFail2ban(t *testing.T) {
	server, err := exec.LookPath("fail2ban-server")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("fail2ban is not installed")
		}
		t.Skip("fail2ban is not installed")
	}
	dir := t.TempDir()
	logFile, banned := filepath.Join(dir, "cloud.log"), filepath.Join(dir, "banned")
	f, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	log := slog.New(slog.NewJSONHandler(f, nil))
	s, err := New(t.Context(), Config{Data: openData(t), Name: "cloud.example", Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(address string, kind events.Kind, fields map[string]string) {
		t.Helper()
		if err := s.Emit(t.Context(), events.Event{Kind: kind, Severity: events.Warning, Actor: fields["account"], Address: netip.MustParseAddr(address), Fields: fields}); err != nil {
			t.Fatal(err)
		}
	}
	// What an attacker writes, as the cloud would log it in other lines too.
	line := `{"time":"` + time.Now().Format(time.RFC3339Nano) + `","level":"WARN","msg":"refused at the door","event":"signin.refused","address":"` + victim + `"}`
	hostile := []string{line, "\n" + line, "\r\n" + line + "\r\n", `","address":"` + victim + `"}`, "x\u2028" + line, "\x00" + line, `\n` + line,
		`refused at the door","event":"signin.refused","address":"` + victim + `"}` + "\n"}
	for range 3 {
		for _, text := range hostile {
			log.Warn("staff: ID token refused", "error", text, "address", text)
			log.Warn(text)
			log.Info("refused at the door", "event", "signin.refused", "address", victim) // not of this level
			log.Warn("refused at the door", "event", text, "address", victim)
			log.Warn("refused at the door", "event", "signin.refused", "address", victim, "more", text)
		}
	}
	for i := range 6 {
		refuse(attacker, events.SignInRefused, map[string]string{"account": hostile[i]})
		refuse(ofTheSix, events.NetworkRefused, map[string]string{"path": hostile[i]})
		if i < 3 {
			refuse("192.0.2.3", events.SignInRefused, nil) // mistyped three times
		}
	}
	config := filepath.Join(dir, "etc")
	for _, sub := range []string{"filter.d", "action.d"} {
		if err := os.MkdirAll(filepath.Join(config, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	filter, err := os.ReadFile("../../build/fail2ban/filter.d/beckmanconnect-cloud.conf")
	if err != nil {
		t.Fatal(err)
	}
	jail, err := os.ReadFile("../../build/fail2ban/jail.d/beckmanconnect-cloud.conf")
	if err != nil {
		t.Fatal(err)
	}
	// The jail as it is shipped, but for where the log is and what a ban does.
	jailText := strings.Replace(string(jail), "logpath  = /var/log/beckmanconnect-cloud/cloud.log", "logpath = "+logFile, 1)
	jailText = strings.Replace(jailText, "backend  = auto", "backend = polling\naction = record", 1)
	for name, text := range map[string]string{
		"fail2ban.conf":                      fmt.Sprintf("[Definition]\nloglevel = INFO\nlogtarget = %[1]s/f2b.log\nsyslogsocket = auto\nsocket = %[1]s/f2b.sock\npidfile = %[1]s/f2b.pid\ndbfile = %[1]s/f2b.sqlite3\ndbpurgeage = 1d\ndbmaxmatches = 10\n", dir),
		"jail.conf":                          jailText,
		"filter.d/beckmanconnect-cloud.conf": string(filter),
		"action.d/record.conf":               "[Definition]\nactionstart =\nactionstop =\nactioncheck =\nactionban = echo <ip> >> " + banned + "\nactionunban =\n",
	} {
		if err := os.WriteFile(filepath.Join(config, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(server, "-c", config, "-s", filepath.Join(dir, "f2b.sock"), "-p", filepath.Join(dir, "f2b.pid"), "-f", "-x", "start")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	defer func() { _ = cmd.Process.Kill(); <-ended }()
	read := func() []string {
		text, _ := os.ReadFile(banned) // it comes with the first ban
		return strings.Fields(string(text))
	}
	for deadline := time.Now().Add(time.Minute); len(read()) < 2 && time.Now().Before(deadline); {
		select {
		case <-ended:
			t.Fatalf("fail2ban has ended:\n%s", said.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
	// A sentinel at the end of the log: once it is banned all before was read.
	for range 6 {
		refuse("203.0.113.99", events.OriginRefused, nil)
	}
	for deadline := time.Now().Add(time.Minute); !slices.Contains(read(), "203.0.113.99") && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	got := read()
	slices.Sort(got)
	if want := []string{ofTheSix, "203.0.113.66", "203.0.113.99"}; !slices.Equal(got, want) {
		own, _ := os.ReadFile(filepath.Join(dir, "f2b.log"))
		t.Errorf("banned are %q, want %q\n%s\n%s", got, want, own, said.String())
	}
}
