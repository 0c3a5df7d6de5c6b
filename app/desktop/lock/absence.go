package lock

// Changes of a log-on's session, as Windows tells them (WM_WTSSESSION_CHANGE).
const (
	changeConsoleConnect    = 1
	changeConsoleDisconnect = 2
	changeRemoteConnect     = 3
	changeRemoteDisconnect  = 4
	changeLogoff            = 6
	changeLock              = 7
	changeUnlock            = 8
)

// absence is what the changes come to. A screen that was locked and then switched
// away from is back only when both were undone. The zero value is somebody who
// sits in front of it.
type absence struct{ locked, elsewhere, off bool }

// take takes in one change and says whether anything is known of it.
func (a *absence) take(change uintptr) bool {
	switch change {
	case changeConsoleConnect, changeRemoteConnect:
		a.elsewhere = false
	case changeConsoleDisconnect, changeRemoteDisconnect: // fast user switching, a closed remote desktop
		a.elsewhere = true
	case changeLogoff:
		a.off = true
	case changeLock:
		a.locked = true
	case changeUnlock:
		a.locked = false
	default:
		return false
	}
	return true
}

// now says whether nobody who may answer is in front of the screen.
func (a *absence) now() bool { return a.locked || a.elsewhere || a.off }
