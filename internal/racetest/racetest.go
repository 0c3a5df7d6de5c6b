// Package racetest keeps the race detector to tests in which it can find
// something.
package racetest

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

// All, set to anything, has every test run under the race detector, as
// "build/test soak" does.
const All = "BECKMANCONNECT_TEST_ALL_RACES"

// Main runs a package's tests for its TestMain. Those named in single do all
// their work, and much of it, in one goroutine, or start hundreds of processes
// whose work other tests do under the race detector: it makes them up to ten
// times as slow and finds nothing, so they are left out under it unless they
// are asked for, by All or by -run. build/test runs them without it.
func Main(m *testing.M, single ...string) int {
	flag.Parse()
	if skip := left(enabled, os.Getenv(All), flag.Lookup("test.run").Value.String(), flag.Lookup("test.skip").Value.String(), single); skip != "" {
		if err := flag.Set("test.skip", skip); err != nil {
			fmt.Fprintln(os.Stderr, "racetest:", err)
			return 1
		}
	}
	return m.Run()
}

// left is the pattern of what is left out; "" for nothing.
func left(detector bool, all, run, skip string, single []string) string {
	if !detector || all != "" || run != "" || skip != "" || len(single) == 0 {
		return ""
	}
	return "^(" + strings.Join(single, "|") + ")$"
}
