package identity

import (
	"context"
	"testing"
)

// scenario 2: who may act as what, for every kind of caller.
func TestRoles(t *testing.T) {
	rules := Rules{Self: "uid:990", Service: "uid:991"}
	tests := map[string]struct {
		actor Actor
		want  Roles
	}{
		"nobody":                     {Actor{}, 0},
		"nobody with rights":         {Actor{Elevated: true, Seat: SeatLocal}, 0},
		"person at the PC":           {Actor{ID: "uid:1000", Seat: SeatLocal}, Technician},
		"person, no log-in manager":  {Actor{ID: "uid:1000", Seat: SeatUnknown}, Technician},
		"person over SSH":            {Actor{ID: "uid:1000", Seat: SeatNone}, 0},
		"program's account":          {Actor{ID: "uid:33", SystemAccount: true}, 0},
		"root":                       {Actor{ID: "uid:0", Elevated: true, SystemAccount: true}, IT},
		"elevated administrator":     {Actor{ID: "S-1-5-21-1", Elevated: true, Seat: SeatLocal}, IT | Technician},
		"administrator by network":   {Actor{ID: "S-1-5-21-1", Elevated: true, Remote: true, Seat: SeatLocal}, 0},
		"low integrity":              {Actor{ID: "S-1-5-21-1", Seat: SeatLocal, LowIntegrity: true}, 0},
		"own account":                {Actor{ID: "uid:990", SystemAccount: true}, Technician | IT | Service},
		"own account, low integrity": {Actor{ID: "uid:990", LowIntegrity: true}, 0},
		"the service's account":      {Actor{ID: "uid:991", SystemAccount: true}, Service},
		"roles it claims":            {Actor{ID: "uid:33", SystemAccount: true, Roles: IT}, 0},
	}
	for name, tt := range tests {
		if got := rules.Roles(tt.actor); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	if got := (Rules{}).Roles(Actor{ID: "", SystemAccount: true}); got != 0 {
		t.Errorf("empty rules make nobody %v", got)
	}
}

// scenario 2, the Windows form of it: the decision; what the token really
// says is to be run on Windows.
func TestTokenFacts(t *testing.T) {
	rules := Rules{Self: "S-1-5-80-1"}
	person := []string{sidInteractive, "S-1-5-32-545"}
	tests := map[string]struct {
		facts tokenFacts
		want  Roles
	}{
		"technician":           {tokenFacts{user: "S-1-5-21-9", groups: person, integrity: 0x2000}, Technician},
		"elevated":             {tokenFacts{user: "S-1-5-21-9", groups: append([]string{sidAdministrators}, person...), integrity: 0x3000}, Technician | IT},
		"low integrity":        {tokenFacts{user: "S-1-5-21-9", groups: person, integrity: 0x1000}, 0},
		"unreadable integrity": {tokenFacts{user: "S-1-5-21-9", groups: person}, 0},
		"app container":        {tokenFacts{user: "S-1-5-21-9", groups: person, integrity: 0x2000, container: true}, 0},
		"network":              {tokenFacts{user: "S-1-5-21-9", groups: append([]string{sidNetwork}, person...), integrity: 0x2000}, 0},
		"batch job":            {tokenFacts{user: "S-1-5-21-9", groups: []string{"S-1-5-3"}, integrity: 0x2000}, 0},
		"SYSTEM":               {tokenFacts{user: sidSystem, integrity: 0x4000}, IT},
		"LocalService":         {tokenFacts{user: sidLocalService, groups: person, integrity: 0x4000}, 0},
		"other service":        {tokenFacts{user: "S-1-5-80-7", groups: []string{"S-1-5-6"}, integrity: 0x4000}, 0},
	}
	for name, tt := range tests {
		if got := rules.Roles(tt.facts.actor()); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestContextWithoutActorIsNobody(t *testing.T) {
	if a := FromContext(context.Background()); a.Known() || a.Roles != 0 {
		t.Errorf("actor of an empty context: %v", a)
	}
	want := Actor{ID: "uid:5", PID: 7, Roles: IT}
	if a := FromContext(NewContext(context.Background(), want)); a != want {
		t.Errorf("got %v", a)
	}
}
