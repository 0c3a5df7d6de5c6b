//go:build !windows

package datatest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"testing"
)

// Variable names the server that tests make their databases on. With it set,
// the same tests run on PostgreSQL that run on SQLite without it.
const Variable = "BECKMANCONNECT_TEST_POSTGRES"

// Main runs a package's tests on SQLite and then again on a PostgreSQL of their
// own. Without PostgreSQL's programs the second half is left out, and says so;
// where CI is set it fails. With Variable set they run on that server alone.
func Main(m *testing.M) int { return MainOf(m, "") }

// MainOf is Main for a package of which only the tests that fit the pattern run
// on PostgreSQL as well; with "-run" those that it names do.
func MainOf(m *testing.M, pattern string) int {
	if os.Getenv(Variable) != "" {
		return m.Run()
	}
	if code := m.Run(); code != 0 || asked("test.fuzz") || asked("test.fuzzworker") || asked("test.list") {
		return code
	}
	s, err := Start(false)
	if errors.Is(err, ErrMissing) && os.Getenv("CI") == "" {
		fmt.Println("LEFT OUT: the same tests on PostgreSQL:", err)
		return 0
	}
	if err != nil {
		fmt.Println("FAIL: PostgreSQL:", err)
		return 1
	}
	defer s.Close()
	if err := os.Setenv(Variable, s.URL("postgres")); err != nil {
		fmt.Println("FAIL:", err)
		return 1
	}
	defer os.Unsetenv(Variable)
	if pattern != "" && !asked("test.run") {
		if err := flag.Set("test.run", pattern); err != nil {
			fmt.Println("FAIL:", err)
			return 1
		}
		fmt.Println("Those on PostgreSQL that fit", pattern)
	} else {
		fmt.Println("The same tests on PostgreSQL:")
	}
	return m.Run()
}

// asked tells whether a flag of the test binary was given.
func asked(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() != f.DefValue
}

// Database makes an empty database for one test, gone when the test ends, and
// gives its address; "" while the tests run on SQLite.
func Database(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Variable)
	if server == "" {
		return ""
	}
	return database(t, server)
}

// Database makes an empty database on this server.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return database(t, s.URL("postgres"))
}

func database(t testing.TB, server string) string {
	t.Helper()
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 8)
	_, _ = rand.Read(id)
	name := "t" + hex.EncodeToString(id)
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// A test that killed its server leaves nothing to drop.
		_, _ = db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		_ = db.Close()
	})
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + name
	return address.String()
}
