package lock

import "testing"

// Scenario 17: lock, switch of user, a closed remote desktop and log-off; each
// undone by its own opposite only.
func TestAbsence(t *testing.T) {
	for name, row := range map[string]struct {
		changes []uintptr
		want    bool
	}{
		"nothing":                      {nil, false},
		"locked":                       {[]uintptr{changeLock}, true},
		"unlocked":                     {[]uintptr{changeLock, changeUnlock}, false},
		"switched":                     {[]uintptr{changeConsoleDisconnect}, true},
		"switched back":                {[]uintptr{changeConsoleDisconnect, changeConsoleConnect}, false},
		"to remote desktop":            {[]uintptr{changeConsoleDisconnect, changeRemoteConnect}, false},
		"remote desktop closed":        {[]uintptr{changeRemoteDisconnect}, true},
		"locked, switched, back":       {[]uintptr{changeLock, changeConsoleDisconnect, changeConsoleConnect}, true},
		"locked, switched, unlocked":   {[]uintptr{changeLock, changeConsoleDisconnect, changeUnlock}, true},
		"logged off":                   {[]uintptr{changeLogoff}, true},
		"logged off and unlocked":      {[]uintptr{changeLogoff, changeUnlock, changeConsoleConnect}, true},
		"logged on, remote control, ?": {[]uintptr{5, 9, 0, 99}, false},
	} {
		var a absence
		for _, c := range row.changes {
			known := a.take(c)
			if inTable := c >= 1 && c <= 8 && c != 5; known != inTable {
				t.Errorf("%s: change %d is known: %v", name, c, known)
			}
		}
		if a.now() != row.want {
			t.Errorf("%s: away %v", name, a.now())
		}
	}
}
