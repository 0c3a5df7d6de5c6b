package machine

import (
	"context"
	"errors"
	"fmt"
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
		system.events = log.read
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
	log.all, log.fail = log.all[:3], errors.New("not for this account")
	look(pc, false)
	var got []string
	for _, o := range seen {
		got = append(got, fmt.Sprint(o.Code, ", ", o.Subject, ", ", o.Backlog))
		if o.Condition || o.Ends || len(o.Texts) != 5 {
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
