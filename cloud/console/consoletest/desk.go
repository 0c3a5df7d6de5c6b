package consoletest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// Anna is who the pretended cloud has signed in.
var Anna = cloudapi.Colleague{Account: "anna.weber@vendor.example", Name: "Anna Weber"}

// Cases are those of Requests: one free, one in session with somebody else, one
// that somebody else has and that Anna was invited to.
func Cases() []cloudapi.Case {
	now := time.Now().UnixMilli()
	bob := cloudapi.Colleague{Account: "bob.stone@vendor.example", Name: "Bob Stone"}
	return []cloudapi.Case{
		{Number: "C-7KM4-RXT", Request: "req-1", Device: DeviceID, Serial: "AV12345", Type: "DxH 900", Region: "eu", State: "waiting", SinceMS: now - 400_000, Place: 1, Severity: "high"},
		{Number: "C-2WQ9-GHP", Request: "req-2", Device: "bc-2", Serial: "BK00871", Type: "DxFLEX", Region: "eu", State: "connected", SinceMS: now - 900_000,
			Holder: &bob, Engineer: &bob, BegunMS: now - 760_000, Ticket: "INC-2210", Notes: 3},
		{Number: "C-9DDX-4VM", Request: "req-3", Device: "bc-3", Serial: "<b>x</b>", Type: "AU680 <img src=x onerror=alert(1)>", Region: "eu", State: "waiting", SinceMS: now - 20_000,
			Holder: &cloudapi.Colleague{Account: "b@vendor.example", Name: "<i>Bob</i>"}, Invited: true, Guests: []cloudapi.Colleague{Anna}, Ticket: "<b>1</b>", Notes: 1},
		{Number: "C-JJ34-TTX", Request: "req-0", Device: "bc-4", Serial: "AV12391", Type: "DxH 900", Region: "eu", State: "ended", SinceMS: now - 7_000_000, Holder: &Anna, Mine: true, Ticket: "INC-2209"},
	}
}

// CaseDesk is a cloud's desk that does what it is asked, or refuses.
type CaseDesk struct {
	other *Other

	mu   sync.Mutex
	file cloudapi.CaseFile
	acts []cloudapi.CaseAct
}

// NewCaseDesk lets the cloud answer for a desk, beside what else it answers.
func NewCaseDesk(o *Other, rest Answers) *CaseDesk {
	now := time.Now().UnixMilli()
	d := &CaseDesk{other: o}
	d.file = cloudapi.CaseFile{Case: Cases()[0], NoteList: []cloudapi.CaseNote{
		{ID: 1, By: Anna, AtMS: now - 90_000, Text: "Valve 3 sticks.\nSwitched off and on: no change."}, {ID: 2, Amends: 1, By: Anna, AtMS: now - 60_000, Text: "Valve 3 sticks, valve 4 as well."},
		{ID: 3, By: cloudapi.Colleague{Account: "b@vendor.example", Name: "Bob Stone"}, AtMS: now - 30_000, Text: "<script>alert(1)</script>"}},
		Requests: []cloudapi.CaseRequest{{Request: "req-1", State: "waiting", SinceMS: now - 100_000}, {Request: "req-x", State: "ended", SinceMS: now - 1_000_000, Engineer: &Anna, BegunMS: now - 990_000, EndedMS: now - 400_000, EndedWhy: "vendor"}},
		Acts:     []cloudapi.CaseAct{{Act: cloudapi.ActTake, By: &Anna, AtMS: now - 995_000}, {Act: cloudapi.ActHandOver, By: &Anna, To: "b@vendor.example", Name: "Bob Stone", AtMS: now - 400_000}, {Act: cloudapi.ActGiveBack, AtMS: now - 300_000}},
	}
	answers := Answers{}
	for path, a := range rest {
		answers[path] = a
	}
	answers[cloudapi.PathCase] = func(r *http.Request) any { return d.answer(r) }
	answers[cloudapi.PathColleagues] = []cloudapi.Colleague{{Account: "bob.stone@vendor.example", Name: "Bob Stone"}, {Account: "x@vendor.example", Name: "<b>Xaver</b>"}}
	answers[cloudapi.PathHistory] = cloudapi.DeviceHistory{Raised: map[string]int{"high": 4, "low": 31}, Versions: []cloudapi.DeviceVersion{{Version: "1.4.0", SinceMS: now - 8e8}, {Version: "1.3.2", SinceMS: now - 4e9}},
		Cases: []cloudapi.DeviceCase{{Number: "C-7KM4-RXT", OpenedMS: now - 1_000_000, Holder: &Anna, Ticket: "INC-4711", Notes: 2, Requests: d.file.Requests}}}
	o.SetAnswers(answers)
	return d
}

func (d *CaseDesk) answer(r *http.Request) any {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Method == http.MethodGet {
		return d.file
	}
	var a cloudapi.CaseAct
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		return cloudapi.Error{Code: "not-json"}
	}
	d.acts = append(d.acts, a)
	switch a.Act {
	case cloudapi.ActTake:
		d.file.Holder, d.file.Mine, d.file.Place = &Anna, true, 0
	case cloudapi.ActTicket:
		d.file.Ticket = a.Text
	case cloudapi.ActNote:
		d.file.NoteList = append(d.file.NoteList, cloudapi.CaseNote{ID: int64(10 + len(d.acts)), Amends: a.Note, By: Anna, AtMS: time.Now().UnixMilli(), Text: a.Text})
	}
	return d.file.Case
}

// Acts gives what the page asked for.
func (d *CaseDesk) Acts() []cloudapi.CaseAct {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]cloudapi.CaseAct(nil), d.acts...)
}

// ManyWaiting makes a queue of n, and its cases.
func ManyWaiting(n int) (requests []cloudapi.Request, cases []cloudapi.Case) {
	types, now := []string{"DxH 900", "DxI 9000", "AU680"}, time.Now().UnixMilli()
	for i := range n {
		r := cloudapi.Request{ID: fmt.Sprintf("many-%d", i), Device: fmt.Sprintf("bc-%d", i), Serial: fmt.Sprintf("AV%05d", i), Type: types[i%3], Region: "eu", Technician: "Maria Lindqvist", State: "waiting",
			Reason: "Pump pressure alarm", SinceMS: now - int64(n-i)*1000, ExpiresMS: now + 600_000}
		requests = append(requests, r)
		cases = append(cases, cloudapi.Case{Number: fmt.Sprintf("C-%04d-AAA", i), Request: r.ID, Device: r.Device, Serial: r.Serial, Type: r.Type, Region: "eu", State: "waiting", SinceMS: r.SinceMS, Place: i + 1})
	}
	return requests, cases
}
