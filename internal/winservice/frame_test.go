package winservice

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// fakeProgram ends as the test says.
type fakeProgram struct {
	heard  []string
	ended  chan int
	killed int
	deaf   bool
	stops  bool // ends when it hears that it is to
}

func (p *fakeProgram) Send(l Line) error {
	if p.deaf {
		return errDeaf
	}
	p.heard = append(p.heard, l.String())
	if p.stops && l.Kind != SessionChanged {
		p.ended <- 0
	}
	return nil
}

func (p *fakeProgram) Ended() <-chan int { return p.ended }

func (p *fakeProgram) Kill() {
	p.killed++
	select {
	case p.ended <- 9:
	default:
	}
}

// stand is a frame with the programs it will start, one after the other.
type stand struct {
	programs []*fakeProgram
	delay    time.Duration // of each start
	started  int
	reports  []string
	requests chan Request
	ended    chan struct{}
}

func (s *stand) begin(t *testing.T) {
	s.requests, s.ended = make(chan Request), make(chan struct{})
	f := Frame{Log: slog.New(slog.DiscardHandler), Start: func() (Program, error) {
		time.Sleep(s.delay)
		s.started++
		if s.started > len(s.programs) {
			return nil, errors.New("no version is installed")
		}
		return s.programs[s.started-1], nil
	}, Report: func(st Status) error {
		if st.State == StateStarting || st.State == StateStopping {
			if st.Checkpoint == 0 || st.WaitHint <= beat {
				t.Errorf("%v goes on without a word of it: %+v", st, st)
			}
		} else if st.Checkpoint != 0 || st.WaitHint != 0 {
			t.Errorf("%v does not go on: %+v", st, st)
		}
		if text := st.String(); len(s.reports) == 0 || s.reports[len(s.reports)-1] != text {
			s.reports = append(s.reports, text)
		}
		return nil
	}}
	go func() {
		defer close(s.ended)
		if err := f.Run(s.requests); err != nil {
			t.Error(err)
		}
	}()
	synctest.Wait()
}

func (s *stand) expect(t *testing.T, reports string) {
	t.Helper()
	synctest.Wait()
	if got := strings.Join(s.reports, ", "); got != reports {
		t.Errorf("the manager heard %q, want %q", got, reports)
	}
}

func program() *fakeProgram { return &fakeProgram{ended: make(chan int, 2), stops: true} }

func TestFrameStops(t *testing.T) {
	for order, word := range map[Order]string{OrderStop: "stop", OrderShutdown: "preshutdown"} {
		synctest.Test(t, func(t *testing.T) {
			s := &stand{programs: []*fakeProgram{program()}}
			s.begin(t)
			s.expect(t, "starting, running")
			s.requests <- Request{Order: OrderSession, Session: Session{Lock, 1}}
			s.requests <- Request{Order: OrderInterrogate}
			s.requests <- Request{Order: order}
			<-s.ended
			s.expect(t, "starting, running, stopping, stopped 0")
			if p := s.programs[0]; !slices.Equal(p.heard, []string{"session 7 1", word}) || p.killed != 0 {
				t.Errorf("%+v", p)
			}
		})
	}
}

// A program that does not end is ended, and the stop was asked for all the same.
func TestFrameEndsWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := program()
		p.stops = false
		s := &stand{programs: []*fakeProgram{p}}
		s.begin(t)
		began := time.Now()
		s.requests <- Request{Order: OrderStop}
		s.requests <- Request{Order: OrderStop}
		<-s.ended
		if took := time.Since(began); took != StopWithin || p.killed != 1 || len(p.heard) != 1 {
			t.Errorf("after %v: %+v", took, p)
		}
		s.expect(t, "starting, running, stopping, stopped 0")
	})
}

// Who cannot be told that the technician left does not go on (scenario 17).
func TestFrameEndsTheDeaf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := program()
		p.deaf = true
		s := &stand{programs: []*fakeProgram{p}}
		s.begin(t)
		s.requests <- Request{Order: OrderSession, Session: Session{Lock, 1}}
		<-s.ended
		s.expect(t, "starting, running, stopped 9")
	})
}

// Exit 75: the current version is started, and the manager does not notice
// (scenario 41). Everything else that was not asked for is a failure.
func TestFrameRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stand{programs: []*fakeProgram{program(), program(), program()}}
		s.begin(t)
		s.programs[0].ended <- 75
		synctest.Wait()
		s.programs[1].ended <- 75
		s.expect(t, "starting, running")
		if s.started != 3 {
			t.Errorf("%d starts", s.started)
		}
		s.programs[2].ended <- 3
		<-s.ended
		s.expect(t, "starting, running, stopped 3")
	})
}

func TestFrameFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stand{}
		s.begin(t)
		<-s.ended
		s.expect(t, "starting, stopped 1")
	})
}

// A stop that comes while the program is being started reaches it.
func TestFrameStopsAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stand{programs: []*fakeProgram{program()}, delay: 5 * time.Second}
		s.begin(t)
		s.requests <- Request{Order: OrderShutdown}
		<-s.ended
		s.expect(t, "starting, stopping, stopped 0")
		if p := s.programs[0]; !slices.Equal(p.heard, []string{"preshutdown"}) {
			t.Errorf("%+v", p)
		}
	})
}

func TestEndings(t *testing.T) {
	now := time.Unix(1000, 0)
	for name, tt := range map[string]struct {
		code int
		told bool
		what next
		exit uint32
	}{
		"asked":                 {0, true, endClean, 0},
		"asked, and it failed":  {1, true, endClean, 0},
		"asked, and a restart":  {75, true, endClean, 0},
		"another version":       {75, false, startAgain, 0},
		"by itself":             {0, false, endFailed, 1},
		"failed":                {1, false, endFailed, 1},
		"wrong usage":           {2, false, endFailed, 2},
		"access violation":      {-0x3ffffffb, false, endFailed, 1},
		"killed from elsewhere": {9, false, endFailed, 9},
	} {
		if what, exit := new(endings).after(tt.code, tt.told, now); what != tt.what || exit != tt.exit {
			t.Errorf("%s: %d, %d", name, what, exit)
		}
	}
}

// A crash loop is slowed down by the manager, whatever its exit code; restarts
// for other versions are not.
func TestCrashLoops(t *testing.T) {
	var e endings
	now := time.Unix(1000, 0)
	for range 100 {
		now = now.Add(quickTime / quickRestarts)
		if what, _ := e.after(75, false, now); what != startAgain {
			t.Fatal("restarts with pauses between them were taken for a loop")
		}
	}
	e = endings{}
	for n := 1; ; n++ {
		what, exit := e.after(75, false, now)
		if what == endFailed {
			if n != quickRestarts+1 || exit == 0 {
				t.Errorf("after %d restarts: exit %d", n, exit)
			}
			break
		}
		if n > 100 {
			t.Fatal("a loop of restarts is not slowed down")
		}
	}
	waits := Recovery()
	if !slices.IsSorted(waits[:]) || waits[2] < 10*time.Second || RecoveryReset <= waits[2] {
		t.Errorf("%v", waits)
	}
}

func TestOf(t *testing.T) {
	for program, want := range map[string]string{
		"beckmanconnect-service": "BeckmanConnect", "BeckmanConnect-Service.EXE": "BeckmanConnect", "beckmanconnect-upgrade.exe": "BeckmanConnectUpgrade",
		"beckmanconnect-tray.exe": "", "": "", "beckmanconnect-service2": "",
	} {
		if s, ok := Of(program); s.Name != want || ok != (want != "") {
			t.Error(fmt.Sprintf("%q", program), s.Name, ok)
		}
	}
}
