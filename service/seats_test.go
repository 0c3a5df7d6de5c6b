package service

import (
	"testing"

	"beckmanconnect/internal/winservice"
)

// scenario 17: whose log-on ends a session.
func TestSeatConcerns(t *testing.T) {
	for name, tt := range map[string]struct {
		s           winservice.Session
		technicians string
		want        bool
	}{
		"locked":                   {winservice.Session{Event: winservice.Lock, ID: 2}, "2", true},
		"logged off":               {winservice.Session{Event: winservice.Logoff, ID: 2}, "2", true},
		"switched away":            {winservice.Session{Event: winservice.ConsoleDisconnect, ID: 2}, "2", true},
		"remote desktop cut":       {winservice.Session{Event: winservice.RemoteDisconnect, ID: 2}, "2", true},
		"somebody else's":          {winservice.Session{Event: winservice.Lock, ID: 3}, "2", false},
		"the number is not known":  {winservice.Session{Event: winservice.Lock, ID: 3}, "", true},
		"back again":               {winservice.Session{Event: winservice.Unlock, ID: 2}, "2", false},
		"somebody else logs on":    {winservice.Session{Event: winservice.Logon, ID: 3}, "", false},
		"another's console begins": {winservice.Session{Event: winservice.ConsoleConnect, ID: 3}, "2", false},
	} {
		if got := concerns(tt.s, tt.technicians); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
