//go:build !windows

package datatest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that talks to the server itself
)

// ErrMissing: PostgreSQL's programs are not installed.
var ErrMissing = errors.New("PostgreSQL's programs are missing (Debian: postgresql)")

// Server is a PostgreSQL that was started here.
type Server struct {
	dir, bin string
	port     int
	durable  bool
	running  *exec.Cmd
	ended    chan error
}

// Start makes and starts a server. A durable one writes through to the disk;
// any other is faster and for tests in which nothing is killed.
func Start(durable bool) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "beckmanconnect-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bin, durable: durable}
	if err := s.start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		return "", ErrMissing
	}
	sort.Strings(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// command runs one of PostgreSQL's programs, which refuse to run as root.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Getuid() == 0 {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: true}
	}
	return c
}

const nobody = 65534

func (s *Server) start() error {
	if os.Getuid() == 0 {
		if err := os.Chown(s.dir, nobody, nobody); err != nil {
			return err
		}
	}
	args := []string{"--pgdata=" + s.data(), "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"}
	if !s.durable {
		args = append(args, "--no-sync")
	}
	if out, err := s.command("initdb", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return err
	}
	return s.Run()
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Run starts the server, for the first time or after Kill.
func (s *Server) Run() error {
	for try := 0; ; try++ {
		err := s.run()
		// Of a server that was killed the memory may be held a moment longer.
		if err == nil || try == 100 || !strings.Contains(err.Error(), "pre-existing shared memory") {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *Server) run() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	fsync := "off"
	if s.durable {
		fsync = "on"
	}
	c := s.command("postgres", "-D", s.data(), "-p", strconv.Itoa(s.port), "-k", s.dir, "-c", "listen_addresses=127.0.0.1",
		"-c", "fsync="+fsync, "-c", "synchronous_commit="+fsync, "-c", "full_page_writes="+fsync, "-c", "max_connections=200", "-c", "shared_buffers=32MB")
	c.Stdout, c.Stderr = log, log
	started := make(chan error, 1)
	s.ended = make(chan error, 1)
	go func() {
		// The server ends with the thread that started it, so that thread stays.
		runtime.LockOSThread()
		err := c.Start()
		started <- err
		if err == nil {
			s.ended <- c.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.running = c
	return s.ready()
}

func (s *Server) ready() error {
	db, err := sql.Open("pgx", s.URL("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case end := <-s.ended:
			text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("postgres ended: %w: %s", end, text[max(0, len(text)-600):])
		case <-ctx.Done():
			return fmt.Errorf("postgres is not ready: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL is the address of one of the server's databases.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// Kill ends the server as a power cut would: all of its processes at once.
func (s *Server) Kill() error {
	pid := s.running.Process.Pid
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return err
	}
	if err := s.running.Process.Kill(); err != nil {
		return err
	}
	<-s.ended
	for _, child := range strings.Fields(string(text)) {
		if n, err := strconv.Atoi(child); err == nil {
			_ = syscall.Kill(n, syscall.SIGKILL) // some end by themselves first
		}
	}
	return nil
}

// Close ends the server and removes what it kept.
func (s *Server) Close() error {
	err := s.running.Process.Signal(syscall.SIGQUIT)
	if err == nil {
		<-s.ended
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}
