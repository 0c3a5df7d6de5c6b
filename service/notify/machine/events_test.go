package machine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/steady"
	"beckmanconnect/store"
)

func eventXML(provider string, id, record int) string {
	return fmt.Sprintf(`<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name="%s"/><EventID Qualifiers='0'>%d</EventID>`+
		`<Level>2</Level><EventRecordID>%d</EventRecordID></System><EventData><Data>Anna Miller, 4711</Data></EventData></Event>`, provider, id, record)
}

// eventLog is an event log of the test's.
type eventLog struct {
	all     []string
	queries []string
	fail    error
}

func (l *eventLog) read(channel, query string, newest bool, most int) ([]string, error) {
	if channel != "Application" || l.fail != nil {
		return nil, l.fail
	}
	l.queries = append(l.queries, query)
	var after int
	if newest {
		return l.all[len(l.all)-1:], nil
	}
	_, tail, _ := strings.Cut(query, "EventRecordID > ")
	if _, err := fmt.Sscanf(tail, "%d)", &after); err != nil {
		return nil, err
	}
	return l.all[after:min(len(l.all), after+most)], nil
}

// Errors of named providers are told once, with nothing of their text; what was
// there before is history, and what came while the service was down a backlog.
func TestEvents(t *testing.T) { // P2, scenario 47
	s, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(t.TempDir(), "data")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var seen []notify.Observation
	fail := false
	take := taker(func(ctx context.Context, all []notify.Observation, also func(*store.Tx) error) error {
		if fail {
			return errors.New("the disk is full")
		}
		seen = append(seen, all...)
		return s.Update(ctx, also)
	})
	log := &eventLog{all: []string{eventXML("Instrument", 1, 1)}}
	fresh := func() *Source {
		system := well().system()
		system.events = eventLogs{query: log.read}.read
		return New(Config{Alarms: take, Events: []string{"Instrument", "O'Neill"}, Setting: s.Setting, system: system})
	}
	look := func(pc *Source, ok bool) {
		t.Helper()
		if err := pc.events(t.Context()); (err == nil) != ok {
			t.Fatal(err)
		}
	}
	pc := fresh()
	look(pc, true)
	look(pc, true)
	log.all = append(log.all, eventXML("Instrument", 1000, 2))
	fail = true
	look(pc, false)
	fail = false
	look(pc, true)
	look(pc, true)
	log.all = append(log.all, eventXML("O'Neill", 7, 3))
	pc = fresh() // restarted
	look(pc, true)
	log.all = append(log.all, "<nonsense")
	look(pc, false)
	if text, _, err := s.Setting(t.Context(), settingEvents); err != nil || text != `{"Application":"3","System":"0"}` {
		t.Errorf("%q %v", text, err)
	}
	log.all, log.fail = log.all[:3], errors.New("not for this account")
	look(pc, false)
	var got []string
	for _, o := range seen {
		got = append(got, fmt.Sprint(o.Code, ", ", o.Subject, ", ", o.Backlog))
		if o.Condition || o.Ends || len(o.Texts) != 7 {
			t.Errorf("%+v", o)
		}
	}
	if want := []string{codeEvent + ", Instrument 1000, false", codeEvent + ", O'Neill 7, true"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	const query = `*[System[Provider[@Name='Instrument' or @Name="O'Neill"] and (Level=1 or Level=2) and (EventRecordID > 1)]]`
	if !slices.Contains(log.queries, query) {
		t.Errorf("%q", log.queries)
	}
}

type taker func(context.Context, []notify.Observation, func(*store.Tx) error) error

func (f taker) Apply(ctx context.Context, seen []notify.Observation, also func(*store.Tx) error) error {
	if also == nil {
		also = func(*store.Tx) error { return nil }
	}
	return f(ctx, seen, also)
}

// An error of a program stays until a person has dealt with it, also over a
// restart.
func TestEventsStayOpen(t *testing.T) {
	to := &recorder{told: []string{"raised " + codeEvent + " Instrument 1000"}}
	s := New(Config{Alarms: to, system: well().system(), Open: func(context.Context, string) ([]steady.Key, error) {
		return []steady.Key{{Code: codeEvent, Subject: "Instrument 1000"}}, nil
	}})
	s.round(t.Context(), time.Now(), func(string, string) {})
	if slices.Contains(to.told, "cleared "+codeEvent+" Instrument 1000") {
		t.Errorf("%q", to.told)
	}
}

// What an earlier version remembered, in numbers, still is a place; what is no
// place begins anew.
func TestPlacesOfEarlierVersions(t *testing.T) {
	for text, want := range map[string]map[string]string{
		`{"Application":123,"System":18446744073709551615}`: {"Application": "123", "System": "18446744073709551615"},
		`{"Application":"124","journal":""}`:                {"Application": "124", "journal": ""},
		`{"Application":null,"System":[1],"x":true}`:        {},
		"": {}, "[]": {}, "null": {}, `{"Application":1`: {},
	} {
		if got := parsePlaces(text); !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	log := &eventLog{all: []string{eventXML("Instrument", 1, 1), eventXML("Instrument", 2, 2)}}
	r := eventLogs{query: log.read}.read(t.Context(), []string{"Instrument"}, parsePlaces(`{"Application":1,"System":0}`))
	if r.err != nil || len(r.found) != 1 || r.found[0] != (event{"Instrument", "2"}) {
		t.Errorf("%+v", r)
	}
}

// A log that never answers is waited for once, and its answer counts when it
// comes; one that says less than is known of it raises nothing.
func TestALogThatHangs(t *testing.T) {
	begun, answer := make(chan struct{}, 10), make(chan reading, 1)
	system, told := well().system(), 0
	system.events = func(context.Context, []string, map[string]string) reading {
		begun <- struct{}{}
		return <-answer
	}
	s := New(Config{system: system, Events: []string{"lis"}, Alarms: taker(func(_ context.Context, seen []notify.Observation, _ func(*store.Tx) error) error {
		told += len(seen)
		return nil
	})})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		if err := s.events(ctx); err == nil {
			t.Fatal("no error of what did not answer")
		}
	}
	<-begun
	if len(begun) != 0 || told != 0 {
		t.Errorf("begun again %d times, told %d", len(begun), told)
	}
	answer <- reading{found: []event{{"lis", "err"}}, places: map[string]string{"journal": "x"}, note: errNotUnderstood}
	if err := s.events(t.Context()); !errors.Is(err, errNotUnderstood) || told != 1 || s.places["journal"] != "x" {
		t.Errorf("%v, told %d, %v", err, told, s.places)
	}
}
