package web

import (
	"fmt"
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
	if len(q.of) > maxCallers {
		t.Errorf("it remembers %d accounts", len(q.of))
	}
}
