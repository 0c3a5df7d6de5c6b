package cloudapi

import "encoding/json"

// Paths of acts that take two people.
const (
	PathActs       = "/api/v1/staff/acts"         // GET []Act, newest first; POST ActProposal → Act
	PathActConfirm = "/api/v1/staff/acts/confirm" // POST ActDecision → Act
	PathActReject  = "/api/v1/staff/acts/reject"  // POST ActDecision → Act
)

// States of an Act.
const (
	ActWaiting   = "waiting"
	ActConfirmed = "confirmed" // is being carried out
	ActDone      = "done"
	ActFailed    = "failed" // confirmed, and could not be carried out: Why
	ActRejected  = "rejected"
	ActExpired   = "expired"
)

// ActProposal asks for an administrative act.
type ActProposal struct {
	Kind   string          `json:"kind"`
	Params json.RawMessage `json:"params"`
	Reason string          `json:"reason"`
}

// ActDecision confirms or rejects one. Digest must be that of the Act as it was
// shown: what was read is what is done.
type ActDecision struct {
	ID     string `json:"id"`
	Digest string `json:"digest"`
	Reason string `json:"reason,omitempty"` // of a rejection
}

// Act is an administrative act on record.
type Act struct {
	ID        string          `json:"id"`
	Kind      string          `json:"kind"`
	Region    string          `json:"region,omitempty"`
	State     string          `json:"state"`
	Params    json.RawMessage `json:"params"`
	Lines     []ActLine       `json:"lines"` // what it would do, as both people read it
	Reason    string          `json:"reason"`
	By        string          `json:"by"` // account
	ByName    string          `json:"byName"`
	AtMS      int64           `json:"atMs"`
	ExpiresMS int64           `json:"expiresMs"`
	Digest    string          `json:"digest"`
	Own       bool            `json:"own,omitempty"` // the caller proposed it, and so may not confirm it
	Decided   string          `json:"decided,omitempty"`
	DecidedMS int64           `json:"decidedMs,omitempty"`
	Why       string          `json:"why,omitempty"`     // it was rejected, in the words of who did, or failed
	WhyCode   string          `json:"whyCode,omitempty"` // it failed; a stable word, the console has a text for it
}

// ActLine is one line of what an act would do. Name is a stable word; the
// console has a text for it.
type ActLine struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
