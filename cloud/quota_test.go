package cloud_test

import (
	"net/http"
	"testing"

	"beckmanconnect/internal/cloudapi"
)

// An account that fails again and again signs in no more for a while, from
// whatever address, and one that asks too much waits; others of the same
// address go on (P18).
func TestAccountsHaveLimits(t *testing.T) {
	r := start(t)
	anna := r.bearer(t, "anna.weber@vendor.example")
	try := func(token, nonce string) (int, cloudapi.Error) {
		t.Helper()
		return post(t, r.client(), r.BaseURL()+cloudapi.PathToken, cloudapi.TokenRequest{IDToken: token, Nonce: nonce}, nil)
	}
	token := r.idToken(t, "anna.weber@vendor.example", "n")
	if status, failure := try(token, "n"); status != http.StatusOK {
		t.Fatal(status, failure)
	}
	for i := range 5 {
		if status, failure := try(token, "n"); status != http.StatusForbidden || failure.Code != "used" {
			t.Fatalf("used again, time %d: %d %+v", i+1, status, failure)
		}
	}
	good := r.idToken(t, "anna.weber@vendor.example", "m")
	if status, failure := try(good, "m"); status != http.StatusTooManyRequests || failure.Code != "too-often" {
		t.Errorf("after too many: %d %+v", status, failure)
	}
	bob := r.bearer(t, "bob.stone@vendor.example")

	ask := func(who []string) int {
		t.Helper()
		status, _ := post(t, r.client(), r.BaseURL()+cloudapi.PathActive, struct{}{}, nil, who...)
		return status
	}
	status := ask(anna)
	for range 1000 {
		if status == http.StatusTooManyRequests {
			break
		}
		if status >= 300 {
			t.Fatalf("asked: %d", status)
		}
		status = ask(anna)
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("an account asks 1,000 times, the last answer is %d", status)
	}
	if status := ask(bob); status >= 300 {
		t.Errorf("another account of the same address: %d", status)
	}
}
