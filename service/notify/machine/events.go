package machine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"beckmanconnect/internal/redact"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/words"
	"beckmanconnect/store"
)

// The system's own log: errors of what the configuration names, in Windows'
// event logs or systemd's journal. Of an entry only who wrote it and its number
// or kind are taken; its text may hold anything, patient data too.

const (
	codeEvent     = "program-error-logged"
	settingEvents = "notify.events"
	mostEvents    = 50 // of one log in one round; the rest waits
)

// event is what is taken of an entry.
type event struct {
	Source string // provider, unit or identifier
	Kind   string // number, message ID or priority
}

// reading is what one look at the logs found.
type reading struct {
	found  []event           // oldest first
	places map[string]string // by log, how far it was read
	more   bool              // what is left waits for the next round
	note   error             // what cannot be known, for the status
	err    error             // nothing could be read; the places stay
}

// eventReader reads errors of names behind places. A log without a place there
// is looked at for the first time: it gives its place, and no event.
type eventReader func(ctx context.Context, names []string, places map[string]string) reading

// events looks at the logs and has what is new committed with the place it was
// read to. What was there before the first look is history.
func (s *Source) events(ctx context.Context) error {
	names := s.config.Events
	if len(names) == 0 {
		return nil
	}
	if s.places == nil {
		places, err := s.rememberedPlaces(ctx)
		if err != nil {
			return err
		}
		s.places, s.behind = places, true
	}
	places := s.places
	r, err := s.reading.get(ctx, slow, func() reading { return s.config.system.events(ctx, names, places) })
	if err == nil {
		err = r.err
	}
	if err != nil {
		return fmt.Errorf("log of the system (%w)", err)
	}
	if err := s.commit(ctx, r); err != nil {
		return err
	}
	if r.note != nil {
		return fmt.Errorf("log of the system (%w)", r.note)
	}
	return nil
}

// commit has a reading told and its places kept, both or neither.
func (s *Source) commit(ctx context.Context, r reading) error {
	if len(r.found) > 0 || !maps.Equal(r.places, s.places) {
		var seen []notify.Observation
		for _, e := range r.found {
			seen = append(seen, e.observation(s.behind))
		}
		err := s.config.Alarms.Apply(ctx, seen, func(tx *store.Tx) error {
			text, err := json.Marshal(r.places)
			if err != nil {
				return err
			}
			return tx.SetSetting(settingEvents, string(text))
		})
		if err != nil {
			return err
		}
	}
	s.places, s.behind = r.places, s.behind && r.more
	return nil
}

func (s *Source) rememberedPlaces(ctx context.Context) (map[string]string, error) {
	if s.config.Setting == nil {
		return map[string]string{}, nil
	}
	text, _, err := s.config.Setting(ctx, settingEvents)
	return parsePlaces(text), err
}

// parsePlaces reads what was remembered; earlier versions kept numbers. What
// cannot be understood is no place: its log is looked at for the first time.
func parsePlaces(text string) map[string]string {
	places, all := map[string]string{}, map[string]any{}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if d.Decode(&all) != nil {
		return places
	}
	for log, place := range all {
		switch p := place.(type) {
		case string:
			places[log] = p
		case json.Number:
			places[log] = p.String()
		}
	}
	return places
}

var errNotUnderstood = errors.New("an entry cannot be understood")

// observation: nothing in the log says when it is over, a person does.
func (e event) observation(behind bool) notify.Observation {
	return notify.Observation{
		Code: codeEvent, Severity: store.Low, Source: notify.SourceMachine, Subject: redact.Line(e.Source+" "+e.Kind, 80),
		Texts: words.Of(codeEvent), Verified: true, Backlog: behind,
	}
}
