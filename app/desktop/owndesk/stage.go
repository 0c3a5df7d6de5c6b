// Package owndesk puts a question on a desktop of its own (B3): while an
// engineer steers, a second window program shows it where no program of the
// shared desktop draws, listens or presses. Windows alone has such desktops;
// elsewhere, and where one cannot be had, the question stands on the shared
// desktop by the rules of there.
//
// Nobody may be left on an empty desktop. Several see to it: the window program
// that opened it (Desk), the one that shows the question (Guard), the desktop
// helper and the tray (Watch), and
// the system, which ends a desktop when nobody holds it.
package owndesk

import "time"

// Facing is the desktop that shows and takes the input.
type Facing int

const (
	Shared    Facing = iota // the one that all programs share
	Own                     // the one with the question
	Protected               // one of the system's: UAC, the lock screen, a screen saver
)

// Facts are what is known at a moment.
type Facts struct {
	Wanted   string    // the question that is to stand there; "": none
	Ready    string    // the question the second program has on show; "": none yet
	Beat     time.Time // when its windows were last known to work; zero: not yet
	Answered bool      // it brought the service an answer that counted
	Ended    bool      // it ended, or has nothing to show any more
	Facing   Facing
}

// Act is what is to be done, in this order where there are several.
type Act int

const (
	Open   Act = iota // make a desktop and start the second program there
	Switch            // show that desktop
	Back              // show the shared one
	Close             // end the second program and let the desktop go
)

const (
	// startLimit is how long a slow PC may take to show the question. Nobody sees
	// it meanwhile, so it is short against the time there is to answer.
	startLimit = 10 * time.Second
	// silence is how long the second program's windows may stand still.
	silence = 4 * time.Second
	// switchPace and maxSwitches bound how often the desktop is shown again after
	// the system went back to the shared one, as it does after Ctrl+Alt+Del.
	switchPace  = 700 * time.Millisecond
	maxSwitches = 6
	// firstSwitches bounds it while that desktop never showed: this system has none.
	firstSwitches = 2
	// grace is how long the question then stays off the screen: it may be over,
	// and that news on its way.
	grace = time.Second
)

// Stage decides what to do. The zero value is ready.
type Stage struct {
	question string // that stands, or is to; "": none
	began    time.Time
	shown    bool
	switched time.Time
	switches int
	faced    bool // it did show

	failed   string // could not stand here
	failedAt time.Time
	why      string
	over     string // was answered here, and may still be wanted for a moment
}

// Step takes in the facts and says what to do.
func (s *Stage) Step(now time.Time, f Facts) []Act {
	if s.over != f.Wanted {
		s.over = ""
	}
	if s.failed != f.Wanted {
		s.failed, s.why = "", ""
	}
	if s.question == "" {
		if f.Wanted == "" || f.Wanted == s.over || f.Wanted == s.failed {
			return nil
		}
		s.question, s.began = f.Wanted, now
		return []Act{Open}
	}
	s.faced = s.faced || s.shown && f.Facing == Own
	switch {
	case f.Wanted != s.question:
		return s.leave()
	case f.Answered:
		s.over = s.question
		return s.leave()
	case f.Ended:
		return s.Fail(now, "its program ended")
	case !s.shown && now.Sub(s.began) >= startLimit:
		return s.Fail(now, "its program did not show it in time")
	case !s.shown && f.Ready == s.question:
		s.shown, s.switched, s.switches = true, now, 1
		return []Act{Switch}
	case !s.shown:
		return nil
	case now.Sub(f.Beat) >= silence && now.Sub(s.switched) >= silence:
		return s.Fail(now, "its program stands still")
	case f.Facing == Shared && now.Sub(s.switched) >= switchPace:
		if s.switches >= maxSwitches || !s.faced && s.switches >= firstSwitches {
			return s.Fail(now, "the system does not show its desktop")
		}
		s.switched = now
		s.switches++
		return []Act{Switch}
	}
	return nil
}

// Fail gives the question back to the shared desktop: an act went wrong.
func (s *Stage) Fail(now time.Time, why string) []Act {
	s.failed, s.failedAt, s.why = s.question, now, why
	return s.leave()
}

// leave always shows the shared desktop first, whatever was switched to: a
// switch that was reported to fail may have worked.
func (s *Stage) leave() []Act {
	s.question, s.shown, s.switches, s.faced = "", false, 0, false
	return []Act{Back, Close}
}

// Stands says whether a second program or a desktop is there.
func (s *Stage) Stands() bool { return s.question != "" }

// Falls says whether a question is to be put on the shared desktop since it
// cannot stand on one of its own, and why.
func (s *Stage) Falls(now time.Time, question string) (bool, string) {
	return question != "" && question == s.failed && now.Sub(s.failedAt) >= grace, s.why
}
