package profile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// B9: each family's rules raise what a technician must act on, end it where the
// log says so, and stay silent about the ordinary. The lines are made up, as the
// profiles say of themselves.
func TestFamilies(t *testing.T) {
	at := "2026-11-24 10:%02d:00 %s"
	for name, row := range map[string]struct {
		lines string
		want  string
		run   Run
	}{
		"navios": {`
INFO Acquisition started, carousel 3
WARN Sheath fluid low
ERROR Blue laser not ready
INFO Sheath fluid replaced
INFO Blue laser warmed up
WARN Waste container nearly full
ERROR Vacuum out of range
INFO Vacuum in range
ERROR Carousel jammed at position 7
INFO Event rate 312 per second`, "carousel- laser-blue laser-blue-over pressure--over sheath-low- sheath-low--over waste-full-", RunRunning},
		"navios-ex": {`
ERROR Cytometer disconnected
INFO Cytometer connected
WARN Flow-Check failed for FL3
INFO Flow-Check passed
INFO Worklist completed`, "disconnected- disconnected--over qc-failed- qc-failed--over", RunIdle},
		"dxflex": {`
WARN QC failed
WARN Event rate unstable
WARN Event rate dropped
WARN Sample flow blocked
ERROR Tube loader stuck
FATAL unexpected state`, "fault- flow- loader- qc-failed-", RunUnknown},
		"aquios-cl": {`
WARN Reagent TETRA-1 expired
ERROR Autoloader jam
WARN Aspiration incomplete
WARN Clot detected
WARN Short sample detected
INFO Cassette started`, "aspiration- reagent- transport-", RunRunning},
		"cellmek-sps": {`
WARN Antibody cocktail low
ERROR Reagent storage too high
INFO Reagent storage in range
WARN Wash station blocked
WARN Wash station blocked
WARN Door opened
INFO Preparation finished`, "reagent- temperature- temperature--over wash-", RunIdle},
		"instrument-manager": {`
ERROR Connection AU5800-1: driver terminated
INFO Connection AU5800-1: driver restarted
ERROR <DATABASE> at line 4
ERROR Backup failed
WARN License expires in 10 days
WARN HL7 connection lost
WARN HL7 connection lost
WARN HL7 connection lost`, "backup- database-damaged- driver- driver--over licence- lis-down-", RunUnknown},
		"dxh-900": {`
WARN Diluent low
INFO Diluent replaced
ERROR Daily checks failed: background
WARN Pneumatic supply out of range
WARN 6C Cell Control out of range
ERROR Cassette jam at input buffer
ERROR STM not responding
INFO SPM running`, "daily-checks- qc-failed- reagent- reagent--over transport-", RunRunning},
		"dxi-9000": {`
WARN Substrate low
WARN Reaction vessels empty
ERROR Incubator temperature out of range
INFO Incubator temperature in range
WARN System check failed
INFO Maintenance due
INFO Instrument ready`, "maintenance- qc-failed- reagent- temperature- temperature--over vessels-", RunIdle},
		"au5800": {`
WARN R1 short, GLU
WARN Lamp life exceeded
ERROR Deionized water supply low
INFO Deionized water supply normal
ERROR ISE not ready
WARN Cuvette error
ERROR Rack feed error
INFO Mode: Measure`, "ise- lamp- reagent- transport- water- water--over", RunRunning},
	} {
		r := NewReader(shipped(t, name), shipped(t, name).FirstLog(), nil)
		run := RunUnknown
		var got []string
		for i, line := range strings.Split(strings.TrimSpace(row.lines), "\n") {
			found, changed := r.Read(fmt.Sprintf(at, i, line))
			for _, f := range found {
				s := strings.TrimPrefix(f.Rule.Code, name+"-") + "-" + f.Subject
				if f.Over {
					s += "-over"
				}
				got = append(got, s)
			}
			if changed != "" {
				run = changed
			}
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != row.want || run != row.run {
			t.Errorf("%s: %q run %s,\nwant %q run %s", name, s, run, row.want, row.run)
		}
	}
}
