package machine

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"beckmanconnect/internal/redact"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/words"
	"beckmanconnect/store"
)

// Windows' event logs: errors of the providers that the configuration names.
// Of an event only its provider and number are taken; its text may hold
// anything, patient data too.

const (
	codeEvent     = "program-error-logged"
	settingEvents = "notify.events"
	mostEvents    = 50 // of one log in one round; the rest waits
)

var errNoEvents = errors.New("only Windows has event logs")

// channels are the logs that are looked at.
func channels() []string { return []string{"Application", "System"} }

// event is what is taken of one.
type event struct {
	Provider string
	ID       uint32
	Record   uint64
}

// eventReader reads of a channel what query selects, oldest first, or with
// newest the newest event alone; as XML.
type eventReader func(channel, query string, newest bool, most int) ([]string, error)

// events looks at the logs and has what is new committed with the place it was
// read to. What was there before the first look is history.
func (s *Source) events(ctx context.Context) error {
	if len(s.config.Events) == 0 {
		return nil
	}
	if s.places == nil {
		places := map[string]uint64{}
		if s.config.Setting != nil {
			text, ok, err := s.config.Setting(ctx, settingEvents)
			if err != nil {
				return err
			}
			if ok && json.Unmarshal([]byte(text), &places) != nil {
				places = map[string]uint64{}
			}
		}
		s.places, s.behind = places, true
	}
	next := map[string]uint64{}
	var seen []notify.Observation
	for _, channel := range channels() {
		last, known := s.places[channel]
		found, err := s.eventsOf(channel, last, known)
		if err != nil {
			return fmt.Errorf("event log %s: %w", channel, err)
		}
		next[channel] = last
		for _, e := range found {
			next[channel] = max(next[channel], e.Record)
			if known {
				seen = append(seen, e.observation(s.behind))
			}
		}
	}
	s.behind = false
	if mapsEqual(next, s.places) {
		return nil
	}
	err := s.config.Alarms.Apply(ctx, seen, func(tx *store.Tx) error {
		text, err := json.Marshal(next)
		if err != nil {
			return err
		}
		return tx.SetSetting(settingEvents, string(text))
	})
	if err == nil {
		s.places = next
	}
	return err
}

func mapsEqual(a, b map[string]uint64) bool {
	for k, v := range a {
		if w, ok := b[k]; !ok || w != v {
			return false
		}
	}
	return true
}

func (s *Source) eventsOf(channel string, last uint64, known bool) ([]event, error) {
	query := "*"
	if known {
		query = eventQuery(s.config.Events, last)
	}
	texts, err := s.config.system.events(channel, query, !known, mostEvents)
	if err != nil {
		return nil, err
	}
	var all []event
	for _, text := range texts {
		e, err := parseEvent(text)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// eventQuery selects errors of some providers behind a record, in the XPath that
// event logs know.
func eventQuery(providers []string, after uint64) string {
	var names []string
	for _, p := range providers {
		quote := "'"
		if strings.Contains(p, quote) {
			quote = `"`
		}
		if strings.Contains(p, quote) {
			continue // no provider has such a name
		}
		names = append(names, "@Name="+quote+p+quote)
	}
	return fmt.Sprintf("*[System[Provider[%s] and (Level=1 or Level=2) and (EventRecordID > %d)]]", strings.Join(names, " or "), after)
}

func parseEvent(text string) (event, error) {
	var e struct {
		System struct {
			Provider struct {
				Name string `xml:"Name,attr"`
			} `xml:"Provider"`
			EventID       uint32 `xml:"EventID"`
			EventRecordID uint64 `xml:"EventRecordID"`
		} `xml:"System"`
	}
	if err := xml.Unmarshal([]byte(text), &e); err != nil {
		return event{}, errors.New("an event cannot be understood")
	}
	return event{e.System.Provider.Name, e.System.EventID, e.System.EventRecordID}, nil
}

// observation: nothing in the log says when it is over, a person does.
func (e event) observation(behind bool) notify.Observation {
	return notify.Observation{
		Code: codeEvent, Severity: store.Low, Source: notify.SourceMachine, Subject: redact.Line(fmt.Sprintf("%s %d", e.Provider, e.ID), 80),
		Texts: words.Of(codeEvent), Verified: true, Backlog: behind,
	}
}
