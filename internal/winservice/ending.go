package winservice

import "time"

// exitRestart is a program's exit code by which it asks to be started anew,
// since another version is current by now (program.ExitRestart).
const exitRestart = 75

// At most quickRestarts starts that a program asked for within quickTime are
// given to it. One that does nothing but ask for the next is in a crash loop
// too, and gets what those get.
const (
	quickRestarts = 10
	quickTime     = 2 * time.Minute
)

// After what a service's program ended: start it anew, or end the service.
type next int

const (
	startAgain next = iota // the current version, at once; the manager does not notice
	endClean               // the service was asked to stop
	endFailed              // the manager's recovery actions are to start the service
)

// endings decides what follows the end of a service's program.
type endings struct {
	asked []time.Time // when starts were asked for, of late
}

// after takes the exit code of a program and whether the service was told to
// stop. The second value is the service's own exit code; 0 only where the stop
// was asked for, since the manager's recovery actions look at nothing else.
func (e *endings) after(code int, told bool, now time.Time) (next, uint32) {
	if told {
		return endClean, 0
	}
	if code != exitRestart {
		if code <= 0 {
			code = 1 // it ended without having been told to
		}
		return endFailed, uint32(code)
	}
	late := e.asked[:0]
	for _, at := range e.asked {
		if now.Sub(at) < quickTime {
			late = append(late, at)
		}
	}
	e.asked = append(late, now)
	if len(e.asked) > quickRestarts {
		return endFailed, exitRestart
	}
	return startAgain, 0
}

// Recovery is how long the service manager waits before it starts a service
// again after its first failure, its second, and each further one. Failures are
// forgotten after RecoveryReset without any: one crash costs a second, a crash
// loop does not wear the PC out.
func Recovery() [3]time.Duration {
	return [3]time.Duration{time.Second, 5 * time.Second, 30 * time.Second}
}

// RecoveryReset: see Recovery.
const RecoveryReset = time.Hour

// Bounds of the service's life under the manager.
const (
	// StopWithin is what a program has to end in after it was told to. Then it is
	// ended: its own bound for the last entry of the log is a quarter of it.
	StopWithin = 20 * time.Second
	// PreShutdownWithin is what Windows is asked to wait at a shutdown.
	PreShutdownWithin = StopWithin + 5*time.Second
	// beat is how often the manager is told that a start or a stop goes on, and
	// hint how soon it may expect the next word.
	beat = time.Second
	hint = 10 * time.Second
)
