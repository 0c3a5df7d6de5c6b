package cloud_test

import (
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"beckmanconnect/cloud"
	"beckmanconnect/internal/cloudapi"
)

// setClock is a clock that a test sets.
type setClock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *setClock { return &setClock{at: time.Now()} }

func (c *setClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *setClock) later(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// mine is what a session gets when it reads something.
func (r *running) mine(t *testing.T, path string, in []string) int {
	t.Helper()
	status, _ := get(t, r.client(), r.BaseURL()+path, nil, in...)
	return status
}

func (r *running) sends(t *testing.T, path string, in []string) int {
	t.Helper()
	status, _ := post(t, r.client(), r.BaseURL()+path, struct{}{}, nil, in...)
	return status
}

// A sign-in ends half an hour after a person last did something, however often
// the page asks for something by itself, and after eight hours in any case
// (P16, P18).
func TestIdleSessionEnds(t *testing.T) {
	clock := newClock()
	r := start(t, func(c *cloud.Config) { c.Now = clock.now })
	idle, busy := r.bearer(t, "anna.weber@vendor.example"), r.bearer(t, "bob.stone@vendor.example")
	for step := range 3 {
		clock.later(10*time.Minute - time.Second)
		if status := r.mine(t, cloudapi.PathFleet, idle); status != http.StatusOK {
			t.Fatalf("step %d: %d before half an hour was over", step, status)
		}
		if status := r.sends(t, cloudapi.PathActive, busy); status != http.StatusNoContent {
			t.Fatalf("step %d: somebody is at the page: %d", step, status)
		}
	}
	clock.later(4 * time.Second)
	for _, path := range []string{cloudapi.PathFleet, cloudapi.PathMe, cloudapi.PathRequests} {
		if status := r.mine(t, path, idle); status != http.StatusUnauthorized {
			t.Errorf("%s: %d half an hour after the last activity", path, status)
		}
	}
	if status := r.sends(t, cloudapi.PathActive, idle); status != http.StatusUnauthorized {
		t.Errorf("activity brought an idle session back: %d", status)
	}
	begun := 30 * time.Minute
	for ; begun+20*time.Minute < 8*time.Hour; begun += 20 * time.Minute {
		clock.later(20 * time.Minute)
		if status := r.sends(t, cloudapi.PathActive, busy); status != http.StatusNoContent {
			t.Fatalf("after %v: %d", begun, status)
		}
	}
	clock.later(8*time.Hour - begun + time.Second)
	if status := r.sends(t, cloudapi.PathActive, busy); status != http.StatusUnauthorized {
		t.Errorf("after eight hours: %d", status)
	}
}

// Signed out everywhere no session of the account is left, on whichever machine
// and in whichever support session; others stay (P18).
func TestSignOutEverywhere(t *testing.T) {
	r := start(t)
	d := r.register(t)
	d.connect(t).say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	here, there, bob := r.bearer(t, "anna.weber@vendor.example"), r.bearerNonce(t, "anna.weber@vendor.example", "second"), r.bearer(t, "bob.stone@vendor.example")
	browser := r.browser(t, "anna.weber@vendor.example")
	host, engineer := r.host(t, d, "req-1"), r.engineer(t, "req-1", there)
	engineer.send([]byte("x"))
	host.receives([]byte("x"))
	if status := r.sends(t, cloudapi.PathLogoutAll, nil); status != http.StatusUnauthorized {
		t.Errorf("by nobody: %d", status)
	}
	if status := r.sends(t, cloudapi.PathLogoutAll, here); status != http.StatusNoContent {
		t.Fatalf("signed out: %d", status)
	}
	for name, in := range map[string][]string{"here": here, "there": there} {
		if status := r.mine(t, cloudapi.PathMe, in); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _ := get(t, browser, r.BaseURL()+cloudapi.PathMe, nil); status != http.StatusUnauthorized {
		t.Errorf("in the browser: %d", status)
	}
	if code := engineer.closed(); code != cloudapi.CloseEnded {
		t.Errorf("the support session was closed with %d", code)
	}
	if status := r.mine(t, cloudapi.PathMe, bob); status != http.StatusOK {
		t.Errorf("somebody else: %d", status)
	}
}

// The file of those who may sign in counts the moment it is changed, for who is
// signed in already too; without it nobody gets in (P21).
func TestAllowedFileCountsAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "staff")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const anna, bob = "anna.weber@vendor.example", "bob.stone@vendor.example"
	write("# the desk\n" + anna + "\n")
	r := start(t, func(c *cloud.Config) { c.Staff.Allowed = file })
	in := r.bearer(t, anna)
	signIn := func(account, nonce string) int {
		t.Helper()
		status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathToken, cloudapi.TokenRequest{IDToken: r.idToken(t, account, nonce), Nonce: nonce}, nil)
		return status
	}
	if status := signIn(bob, "1"); status != http.StatusForbidden {
		t.Errorf("who is not in the file signs in: %d", status)
	}
	write(anna + "\n" + bob + " # from today\n")
	if status := signIn(bob, "2"); status != http.StatusOK {
		t.Errorf("who was added: %d", status)
	}
	write(bob + "\n")
	if status := r.mine(t, cloudapi.PathMe, in); status != http.StatusUnauthorized {
		t.Errorf("who was taken out goes on: %d", status)
	}
	if status := signIn(anna, "3"); status != http.StatusForbidden {
		t.Errorf("who was taken out signs in again: %d", status)
	}
	write(anna + "\n")
	if status := r.mine(t, cloudapi.PathMe, in); status != http.StatusOK {
		t.Errorf("back in the file: %d", status)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if status := r.mine(t, cloudapi.PathMe, in); status != http.StatusUnauthorized {
		t.Errorf("without the file: %d", status)
	}
}
