package web

import (
	"net/http"
	"strings"

	"golang.org/x/time/rate"
)

// Quota bounds how often one account may do a thing, from whatever addresses
// it comes (P18). It is of one node; an account is what the sign-in service
// vouched for, so nobody uses up another one's.
type Quota struct {
	Every rate.Limit
	Burst int

	accounts buckets[string]
}

// Allow counts one try.
func (q *Quota) Allow(account string) bool { return q.one(account).Allow() }

// Left tells whether another try would be allowed; it counts none.
func (q *Quota) Left(account string) bool { return q.one(account).Tokens() >= 1 }

func (q *Quota) one(account string) *rate.Limiter {
	return q.accounts.get(strings.ToLower(account), q.Every, q.Burst)
}

// FailQuota answers a try that is one too many for the account.
func FailQuota(w http.ResponseWriter, r *http.Request) {
	Refused(r, TooOften)
	w.Header().Set("Retry-After", "60")
	Fail(w, http.StatusTooManyRequests, "too-often", "Too many tries of this account; wait a minute.")
}
