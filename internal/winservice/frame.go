package winservice

import (
	"fmt"
	"log/slog"
	"time"
)

// Program is a started program, with all that it started.
type Program interface {
	// Send passes a line on, without waiting until it is read. After Stop and
	// PreShutdown the program's input ends. An error: the program does not take
	// its lines any more.
	Send(Line) error
	// Ended gives the exit code, once.
	Ended() <-chan int
	// Kill ends it and what it started.
	Kill()
}

// Order is what the service manager asks of a service.
type Order int

// The orders that are answered.
const (
	OrderStop Order = iota
	OrderShutdown
	OrderSession
	OrderInterrogate
)

// Request is one order.
type Request struct {
	Order   Order
	Session Session // of an OrderSession
}

// State is the service's, as the manager shows it.
type State int

// In the order they are passed through.
const (
	StateStarting State = iota
	StateRunning
	StateStopping
	StateStopped
)

// Status is one report to the manager.
type Status struct {
	State      State
	Checkpoint uint32        // grows with each report of one that goes on
	WaitHint   time.Duration // until the next report at the latest; 0: none is to come
	Exit       uint32        // of StateStopped; not 0: recovery actions are to act
}

// Frame is a service's life under the service manager: it has one program run,
// passes on to it what the manager says, and decides what follows its end.
type Frame struct {
	// Start starts the program of the version that is current now.
	Start func() (Program, error)
	// Report tells the manager.
	Report func(Status) error
	Log    *slog.Logger
}

// Run is the service, from its start to its end. It reports StateStopped as its
// last act.
func (f *Frame) Run(requests <-chan Request) error {
	r := &run{Frame: f, requests: requests}
	exit := r.live()
	return f.Report(Status{State: StateStopped, Exit: exit})
}

type run struct {
	*Frame
	requests   <-chan Request
	endings    endings
	state      State
	checkpoint uint32
	told       *Line // the stop that was asked for, as it is passed on
}

// live runs one program after the other until the service is to end, with the
// exit code it returns.
func (r *run) live() uint32 {
	for {
		if r.told != nil {
			return 0
		}
		program, err := r.start()
		if err != nil {
			r.Log.Error("the service's program did not start", "error", err)
			return 1
		}
		code := r.accompany(program)
		what, exit := r.endings.after(code, r.told != nil, time.Now())
		switch what {
		case endClean:
			return exit
		case endFailed:
			r.Log.Error("the service's program ended without having been told to", "code", code)
			return exit
		case startAgain:
			r.Log.Info("another version is current; it is started")
		}
	}
}

// start starts the program, while the manager is told that this goes on. A
// stop that comes meanwhile is kept.
func (r *run) start() (Program, error) {
	type started struct {
		program Program
		err     error
	}
	done := make(chan started, 1)
	go func() {
		program, err := r.Start()
		done <- started{program, err}
	}()
	tick := time.NewTicker(beat)
	defer tick.Stop()
	if r.state != StateRunning { // an upgrade's restart is no start to the manager
		r.report(StateStarting)
	}
	for {
		select {
		case s := <-done:
			return s.program, s.err
		case <-tick.C:
			if r.state == StateStarting {
				r.report(StateStarting)
			}
		case q := <-r.requests:
			r.take(q)
		}
	}
}

// accompany passes on to a program what the manager says until it ended.
func (r *run) accompany(p Program) int {
	var limit <-chan time.Time
	var beats <-chan time.Time
	stop := func() {
		if r.told == nil || limit != nil {
			return
		}
		tick := time.NewTicker(beat)
		beats, limit = tick.C, time.After(StopWithin)
		r.report(StateStopping)
		if err := p.Send(*r.told); err != nil {
			r.Log.Error("the service's program takes no word; it is ended", "error", err)
			p.Kill()
		}
	}
	if r.told == nil {
		r.report(StateRunning)
	}
	for {
		stop()
		select {
		case code := <-p.Ended():
			return code
		case <-limit:
			r.Log.Error("the service's program did not end in time; it is ended", "seconds", StopWithin.Seconds())
			p.Kill()
			return <-p.Ended()
		case <-beats:
			r.report(StateStopping)
		case q := <-r.requests:
			if line := r.take(q); line != nil {
				// Who cannot be told that the technician left must not go on.
				if err := p.Send(*line); err != nil {
					r.Log.Error("the service's program takes no word; it is ended", "error", err)
					p.Kill()
				}
			}
		}
	}
}

// take answers an order. What has to be passed on at once is returned.
func (r *run) take(q Request) *Line {
	switch q.Order {
	case OrderStop:
		if r.told == nil {
			r.told = &Line{Kind: Stop}
		}
	case OrderShutdown:
		if r.told == nil {
			r.told = &Line{Kind: PreShutdown}
		}
	case OrderSession:
		if r.told == nil {
			return &Line{Kind: SessionChanged, Session: q.Session}
		}
	case OrderInterrogate:
		r.report(r.state)
	}
	return nil
}

func (r *run) report(s State) {
	if s != r.state {
		r.checkpoint = 0
	}
	r.state = s
	status := Status{State: s}
	if s == StateStarting || s == StateStopping {
		r.checkpoint++
		status.Checkpoint, status.WaitHint = r.checkpoint, hint
	}
	if err := r.Report(status); err != nil {
		r.Log.Error("the service manager takes no report", "error", err)
	}
}

// String is for logs and tests.
func (s Status) String() string {
	name := [...]string{"starting", "running", "stopping", "stopped"}[s.State]
	if s.State == StateStopped {
		return fmt.Sprintf("%s %d", name, s.Exit)
	}
	return name
}
