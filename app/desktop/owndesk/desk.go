package owndesk

import (
	"log/slog"
	"sync"
	"time"
)

// System is one that has such desktops.
type System interface {
	// Open makes a desktop that nobody else knows and starts this program there
	// once more, with args.
	Open(args []string) (Place, error)
}

// Place is one desktop with its program.
type Place interface {
	Switch() error
	Back() error
	Facing() Facing
	// Said is what the program says next; false: it ended.
	Said() (line string, more bool)
	// Close ends the program, waits for it and lets the desktop go.
	Close()
}

// Config of a Desk.
type Config struct {
	System System
	Now    func() time.Time
	Log    *slog.Logger
}

// Desk keeps a question on a desktop of its own. Its methods are safe for use by
// many goroutines. A nil Desk has no such desktops.
type Desk struct {
	config Config
	done   chan struct{}
	once   sync.Once
	work   sync.WaitGroup

	mu     sync.Mutex
	wanted string
	args   []string
	stage  Stage
	runs   bool
	place  Place
	report report
}

// New makes a Desk; nil where the system is.
func New(c Config) *Desk {
	if c.System == nil {
		return nil
	}
	return &Desk{config: c, done: make(chan struct{})}
}

// pace is how often a desk that stands is looked at.
const pace = 100 * time.Millisecond

// Want says which question is to stand there, and what the second program is
// started with; "": none.
func (d *Desk) Want(question string, args ...string) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted, d.args = question, args
	select {
	case <-d.done:
		return
	default:
	}
	if question != "" && !d.runs {
		d.runs = true
		d.work.Go(d.run)
	}
}

// Falls says whether a question belongs on the shared desktop since it cannot
// stand on one of its own.
func (d *Desk) Falls(question string) bool {
	if d == nil {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	falls, _ := d.stage.Falls(d.config.Now(), question)
	return falls
}

// Close shows the shared desktop and ends what stands.
func (d *Desk) Close() {
	if d == nil {
		return
	}
	d.Want("")
	d.once.Do(func() { close(d.done) })
	d.work.Wait()
}

// run lasts as long as a question is wanted or something stands.
func (d *Desk) run() {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for d.step() {
		select {
		case <-tick.C:
		case <-d.done: // Want("") came before
			d.step()
			return
		}
	}
}

// step says whether there will be something to do.
func (d *Desk) step() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.config.Now()
	f := Facts{Wanted: d.wanted}
	if d.place != nil {
		d.report.into(&f)
		f.Facing = d.place.Facing()
	}
	d.do(now, d.stage.Step(now, f))
	d.runs = d.stage.Stands() || d.wanted != ""
	return d.runs
}

func (d *Desk) do(now time.Time, acts []Act) {
	for _, a := range acts {
		if err := d.act(a); err != nil {
			d.config.Log.Warn("a desktop of its own for a question", "error", err)
			if a == Open || a == Switch {
				d.do(now, d.stage.Fail(now, err.Error()))
			}
		}
	}
	if _, why := d.stage.Falls(now, d.wanted); why != "" && len(acts) > 0 {
		d.config.Log.Warn("a question falls back to the shared desktop", "why", why)
	}
}

func (d *Desk) act(a Act) error {
	if a == Open {
		place, err := d.config.System.Open(d.args)
		if err != nil {
			return err
		}
		d.place, d.report = place, report{now: d.config.Now}
		d.work.Go(d.report.reader(place))
		return nil
	}
	if d.place == nil { // it was never opened
		return nil
	}
	switch a {
	case Switch:
		return d.place.Switch()
	case Back:
		return d.place.Back()
	case Close:
		d.work.Go(d.place.Close) // which may wait; its desktop shows no more
		d.place = nil
	}
	return nil
}
