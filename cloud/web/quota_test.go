package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/time/rate"
)

func TestQuotaIsOfAnAccount(t *testing.T) { // P18
	q := Quota{Every: rate.Limit(1e-9), Burst: 2}
	for i, step := range []struct {
		account string
		left    bool
		allowed bool
	}{{"a", true, true}, {"A", true, true}, {"a", false, false}, {"b", true, true}, {"a", false, false}} {
		if left := q.Left(step.account); left != step.left {
			t.Errorf("step %d: left %v", i, left)
		}
		if allowed := q.Allow(step.account); allowed != step.allowed {
			t.Errorf("step %d: allowed %v", i, allowed)
		}
	}
	for i := range 3 * maxCallers {
		q.Allow(fmt.Sprint(i))
	}
	if n := len(q.accounts.of); n > maxCallers {
		t.Errorf("it remembers %d accounts", n)
	}
	if q.Allow("a") {
		t.Error("it forgot who had tried too often")
	}
}

// P18: nobody is forgotten for the many that came from elsewhere in between.
func TestLimiterRemembersWhoTriedTooOften(t *testing.T) {
	l := Limiter{Every: rate.Limit(1e-9), Burst: 2}
	from := func(addr string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = addr
		return r
	}
	const attacker = "[2001:db8:7::1]:1"
	for l.Allow(from(attacker)) {
	}
	for i := range 3 * maxCallers {
		l.Allow(from(fmt.Sprintf("[2001:db8:%x:%x::1]:1", 0x100+i>>16, i&0xffff)))
	}
	if n := len(l.callers.of); n > maxCallers {
		t.Errorf("it remembers %d callers", n)
	}
	if l.Allow(from(attacker)) {
		t.Error("it forgot who had tried too often")
	}
	if !l.Allow(from("192.0.2.1:1")) {
		t.Error("a newcomer is refused")
	}
}
