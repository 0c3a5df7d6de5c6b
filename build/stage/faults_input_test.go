package stage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/freeport"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
)

// refused runs a program that must not start: it ends by itself with a code,
// one line that says what is wrong and what to do, and nothing was changed.
func (h *House) refused(t *testing.T, program string, args []string, wants ...string) {
	t.Helper()
	before := h.state(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, h.bin(program), args...).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() < 1 {
		t.Fatalf("%s %v was not refused by an exit code: %v\n%s", program, args, err, out)
	}
	line := strings.TrimSuffix(string(out), "\n")
	if strings.Contains(line, "\n") || !strings.HasPrefix(line, program+": ") {
		t.Errorf("not one line of %s:\n%s", program, line)
	}
	for _, want := range append([]string{"; "}, wants...) { // what is wrong; what to do
		if !strings.Contains(line, want) {
			t.Errorf("%q does not say %q", line, want)
		}
	}
	for path, now := range h.state(t) {
		if before[path] != now {
			t.Errorf("%s was changed: %q → %q", path, before[path], now)
		}
		delete(before, path)
	}
	for path := range before {
		t.Errorf("%s is gone", path)
	}
	t.Log(line)
}

// state is every file of the house by its content, but for the programs' logs.
func (h *House) state(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(h.config.Dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // a running program's
		case err != nil:
			return err
		case path == h.dir("logs"):
			return fs.SkipDir
		case strings.Contains(d.Name(), "lock"): // says who has it; no content
			return nil
		case !d.Type().IsRegular():
			all[path] = d.Type().String()
			return nil
		}
		text, err := os.ReadFile(path)
		all[path] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A configuration that cannot be read changes nothing and is named with its line
// or its setting.
func TestWrongConfigurationOfTheHost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	good := s.configText()
	for _, c := range []struct {
		name, text string
		wants      []string
	}{
		{"invalid", strings.Replace(good, `region = "eu"`, `region = eu"`, 1), []string{"host.toml: line 7"}},
		{"unknown key", "colour = 1\n" + good, []string{"colour", "not known"}},
		{"unknown key in a table", good + "colour = 1\n", []string{"instrument.colour", "not known"}},
		{"no cloud", good[:strings.Index(good, "[cloud]")], []string{"cloud.url", "missing"}},
		{"not https", strings.Replace(good, "https://", "http://", 1), []string{"cloud.url", "https"}},
		{"empty path", strings.Replace(good, `data = "data"`, `data = ""`, 1), []string{"data", "empty"}},
		{"a number for a path", strings.Replace(good, `data = "data"`, `data = 3`, 1), []string{"host.toml", "data"}},
		{"binary", "\x00\x01\x02", []string{"host.toml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.write("host.toml", c.text)
			s.h.refused(t, "beckmanconnect-service", []string{"--config", s.Config}, c.wants...)
		})
	}
	for name, place := range map[string]func(path string) error{
		"missing":   func(string) error { return nil },
		"a folder":  func(path string) error { return os.Mkdir(path, 0o700) },
		"a loop":    func(path string) error { return os.Symlink(path, path) },
		"far large": func(path string) error { return os.WriteFile(path, make([]byte, 1<<20), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "host.toml")
			if err := place(path); err != nil {
				t.Fatal(err)
			}
			for _, program := range []string{"beckmanconnect-service", "beckmanconnect-upgrade", "beckmanconnect-tray", "beckmanconnect-desktop"} {
				s.h.refused(t, program, []string{"--config", path}, path)
			}
			s.h.refused(t, "beckmanctl", []string{"--config", path, "status"}, path)
		})
	}
}

func TestWrongConfigurationOfTheCloud(t *testing.T) {
	t.Parallel()
	_, h := newHouse(t)
	file, port, err := h.writeCloudConfig()
	if err != nil {
		t.Fatal(err)
	}
	good := h.cloudConfig(port)
	serve := func(t *testing.T, text string, wants ...string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		h.refused(t, "beckmanconnect-cloud", []string{"serve", "--config", file}, wants...)
	}
	for _, c := range []struct {
		name, text string
		wants      []string
	}{
		{"invalid", "listen = \n" + good, []string{"cloud.toml", "line 1"}},
		{"unknown key", "colour = 1\n" + good, []string{"cloud.toml", "colour"}},
		{"missing key", strings.Replace(good, "private =", "# private =", 1), []string{"cloud.toml", "private"}},
		{"no staff networks", strings.Replace(good, "staff_networks =", "# staff_networks =", 1), []string{"staff_networks"}},
		{"no address", strings.Replace(good, "127.0.0.1:", "192.0.2.1:", 1), []string{"listen"}},
	} {
		t.Run(c.name, func(t *testing.T) { serve(t, c.text, c.wants...) })
	}
	t.Run("missing", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "cloud.toml")
		h.refused(t, "beckmanconnect-cloud", []string{"serve", "--config", path}, path)
	})
	t.Run("port taken", func(t *testing.T) {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		serve(t, good, fmt.Sprint(port), "taken")
	})
	t.Run("trust missing", func(t *testing.T) {
		serve(t, strings.Replace(good, h.Roots(), h.dir("nowhere"), 1), "nowhere")
	})
	t.Run("keys not of these roots", func(t *testing.T) {
		other := h.dir("other")
		if err := os.CopyFS(other, os.DirFS(h.Keys())); err != nil {
			t.Fatal(err)
		}
		staff, err := os.ReadFile(filepath.Join(h.Keys(), "staff-ca.key"))
		if err == nil {
			err = os.WriteFile(filepath.Join(other, "device-ca.key"), staff, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(other, 0o700); err != nil {
			t.Fatal(err)
		}
		serve(t, strings.Replace(good, h.Keys(), other, 1), "device-ca")
	})
	t.Run("database in use", func(t *testing.T) {
		running := h.cloudUp(t, t.Context())
		defer running.Stop(8 * time.Second)
		free, err := freeport.Choose()
		if err != nil {
			t.Fatal(err)
		}
		h.refused(t, "beckmanconnect-cloud", []string{"serve", "--config", second(t, file, fmt.Sprint(port), fmt.Sprint(free))}, "another")
	})
	database := h.dir("cloud", "cloud.db")
	original, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]int{"first page": 0, "middle": len(original) / 2 / 4096 * 4096} {
		t.Run("database damaged: "+name, func(t *testing.T) {
			bad := slices.Clone(original)
			for i := range 4096 {
				bad[at+i] = byte(i * 37)
			}
			if err := os.WriteFile(database, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			serve(t, good, "damaged", "restore")
		})
	}
	t.Run("database of a newer version", func(t *testing.T) {
		if err := os.WriteFile(database, original, 0o600); err != nil {
			t.Fatal(err)
		}
		ofTomorrow(t, database)
		serve(t, good, "newer version", "install")
	})
}

// ofTomorrow gives a database the schema number of a version to come.
func ofTomorrow(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path)
	if err == nil {
		_, err = db.Exec("PRAGMA user_version = 99")
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// second is a copy of a configuration with something replaced.
func second(t *testing.T, file, before, after string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(file), "second.toml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), before, after)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The name of the socket is held by something else (scenario 1).
func TestSquattedSocket(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	args := []string{"--config", s.Config}
	check := func(name string, squat func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			squat(t)
			before, err := os.Lstat(s.Socket)
			if err != nil {
				t.Fatal(err)
			}
			out, err := run(s.ctx, nil, s.h.bin("beckmanconnect-service"), args...)
			line := lastOf(out)
			if err == nil || !strings.Contains(line, s.Socket) || !strings.Contains(line, "; ") || !strings.HasPrefix(line, "beckmanconnect-service: ") {
				t.Errorf("the service said: %v\n%s", err, out)
			}
			if after, err := os.Lstat(s.Socket); err != nil || !os.SameFile(before, after) {
				t.Errorf("what held the name was touched: %v", err)
			}
			s.proven()
			os.RemoveAll(s.Socket)
		})
	}
	check("file", func(t *testing.T) {
		if err := os.WriteFile(s.Socket, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	check("folder", func(t *testing.T) {
		if err := os.Mkdir(s.Socket, 0o700); err != nil {
			t.Fatal(err)
		}
	})
	check("listener", func(t *testing.T) {
		l, err := net.Listen("unix", s.Socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
	})
	s.serviceUp() // and with the name free it starts
}

func lastOf(out string) string {
	all := strings.Split(strings.TrimSpace(out), "\n")
	return all[len(all)-1]
}

// What is wrong with the database is said, and it is not touched.
func TestDatabaseThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serviceUp()
	s.acknowledge(s.raise("sample-syringe-worn"))
	s.raise("sample-reagent-low")
	// The service's own last entry of its start; then nothing is written by itself.
	until(t, s.ctx, "the check of the log", func() (bool, error) { return s.logged("log.checked") == 1, nil })
	args := []string{"--config", s.Config}
	t.Run("locked by another service", func(t *testing.T) {
		other := second(t, s.Config, s.Socket, s.Socket+"2")
		s.h.refused(t, "beckmanconnect-service", []string{"--config", other}, "in use", "stop the other")
	})
	s.Service.Stop(8 * time.Second)

	if err := os.CopyFS(s.path("good"), os.DirFS(s.path("data"))); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(s.path("good/log.db"))
	if err != nil {
		t.Fatal(err)
	}
	again := func(t *testing.T) {
		t.Helper()
		if err := errors.Join(os.RemoveAll(s.path("data")), os.CopyFS(s.path("data"), os.DirFS(s.path("good")))); err != nil {
			t.Fatal(err)
		}
		s.private("data")
	}
	// goesOn: what lies there is set aside whole, a new log begins and names it,
	// and alarms are shown.
	goesOn := func(t *testing.T, lies []byte, trouble, alarm string) {
		t.Helper()
		s.serviceUp()
		if got := s.status().Log.Trouble; got != trouble {
			t.Errorf("the log's trouble is %q, want %q", got, trouble)
		}
		until(t, s.ctx, "the alarm of it", func() (bool, error) {
			return s.notifications()[alarm].GetState() == hostpb.AlarmState_ALARM_STATE_RAISED, nil
		})
		s.raise("sample-reagent-low")
		if s.logged("log.set-aside") != 1 {
			t.Error("what was set aside is not on record")
		}
		s.proven()
		s.Service.Stop(8 * time.Second)
		kept, err := filepath.Glob(s.path("data/set-aside/*/log.db"))
		if err != nil || len(kept) != 1 {
			t.Fatal(kept, err)
		}
		if whole, err := os.ReadFile(kept[0]); err != nil || !bytes.Equal(whole, lies) {
			t.Errorf("what was set aside was changed: %v", err)
		}
		again(t)
	}
	for name, at := range map[string]int{
		"first page": 0, "middle": len(good) / 2 / 4096 * 4096,
		"notifications": bytes.Index(good, []byte("sample-reagent-low")) / 4096 * 4096,
	} {
		t.Run("damaged: "+name, func(t *testing.T) {
			bad := bytes.Clone(good)
			for i := range 4096 {
				bad[at+i] = byte(i * 37)
			}
			s.write("data/log.db", string(bad))
			goesOn(t, bad, "set-aside", "log-set-aside")
		})
	}
	t.Run("cut short", func(t *testing.T) {
		s.write("data/log.db", string(good[:len(good)/2]))
		goesOn(t, good[:len(good)/2], "set-aside", "log-set-aside")
	})
	t.Run("keys gone", func(t *testing.T) {
		if err := os.RemoveAll(s.path("data/keys")); err != nil {
			t.Fatal(err)
		}
		goesOn(t, good, "keys-lost", "log-keys-lost")
	})
	t.Run("of a newer version", func(t *testing.T) {
		ofTomorrow(t, s.path("data/log.db"))
		s.h.refused(t, "beckmanconnect-service", args, "newer version", "install")
		again(t)
	})
	s.serviceUp()
	s.want(hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED, "sample-syringe-worn")
	s.proven()
}

func TestTrustThatIsMissingOrAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	args := []string{"--config", s.Config}
	t.Run("missing", func(t *testing.T) {
		s.write("host.toml", strings.Replace(s.configText(), s.h.Roots(), s.path("nowhere"), 1))
		s.h.refused(t, "beckmanconnect-service", args, s.path("nowhere"), "install")
	})
	t.Run("one root missing", func(t *testing.T) {
		if err := os.CopyFS(s.path("trust"), os.DirFS(s.h.Roots())); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(s.path("trust/staff-ca.pem")); err != nil {
			t.Fatal(err)
		}
		s.write("host.toml", strings.Replace(s.configText(), s.h.Roots(), s.path("trust"), 1))
		s.h.refused(t, "beckmanconnect-service", args, "staff-ca.pem")
	})
	t.Run("not the cloud's", func(t *testing.T) {
		// The set is whole, and of another house: the service runs, warns, and
		// says why it stays offline; nothing is sent to that cloud.
		device, err := os.ReadFile(filepath.Join(s.h.Roots(), "device-ca.pem"))
		if err != nil {
			t.Fatal(err)
		}
		s.write("trust/staff-ca.pem", string(device))
		s.write("trust/cloud-ca.pem", string(device))
		s.write("trust/device-ca.pem", string(device))
		s.h.cloudUp(t, s.ctx)
		s.serviceUp()
		s.acceptTerms()
		if _, err := try(s, hostpb.HostClient.Register, form); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("registered at a cloud of another trust, or no word about it: %v", err)
		}
		s.raise("sample-syringe-worn")
		if s.status().GetRegistration() != nil {
			t.Error("registered")
		}
	})
}

// A program older or newer than the service is refused in words that name the
// old side.
func TestIncompatibleVersions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serviceUp()
	_, err := client.Dial(s.ctx, client.Config{Socket: s.Socket, Program: protocol.Window, Version: "9.0.0", Oldest: protocol.Newest + 1, Newest: protocol.Newest + 2})
	if old, ok := client.Incompatible(err); !ok || old != protocol.Server || !strings.Contains(err.Error(), "the service is older") {
		t.Errorf("a newer program hears: %v", err)
	}
	crash(s.Service)

	// The real beckmanctl before a service of the future.
	listener, err := pipe.Listen(pipe.Config{Path: s.Socket, Users: true})
	if err != nil {
		t.Fatal(err)
	}
	future, err := server.New(server.Config{
		Host: hostpb.UnimplementedHostServer{}, Version: "9.0.0", Epoch: "future",
		Protocol: server.Range{Oldest: protocol.Newest + 1, Newest: protocol.Newest + 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	served := make(chan error, 1)
	go func() { served <- future.Serve(ctx, listener) }()
	defer func() { cancel(); <-served }()
	s.h.refused(t, "beckmanctl", []string{"--config", s.Config, "status"}, "incompatible", "this program is older than the service")
}

// A build for production takes no development roots, whatever the
// configuration says.
func TestProductionRefusesDevelopmentRoots(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs another build")
	}
	s := newSite(t)
	file, _, err := s.h.writeCloudConfig()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := goBuild("faults-production", "-tags", "production", "./cmd/beckmanconnect-service", "./cmd/beckmanconnect-upgrade", "./cmd/beckmanconnect-cloud")
	if err != nil {
		t.Fatal(err)
	}
	s.h.config.Bin = dir
	s.h.refused(t, "beckmanconnect-service", []string{"--config", s.Config}, "development trust roots", "install")
	s.h.refused(t, "beckmanconnect-upgrade", []string{"--config", s.Config}, "development trust roots", "install")
	s.h.refused(t, "beckmanconnect-cloud", []string{"serve", "--config", file}, "development trust roots", "install")
}
