package machine

import (
	"context"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// eventLogs are Windows': errors of providers, by provider and number. A place is
// the number of the last record that was dealt with.
type eventLogs struct {
	// query reads of a channel what query selects, oldest first, or with newest
	// the newest event alone; as XML.
	query func(channel, query string, newest bool, most int) ([]string, error)
}

// channels are the logs that are looked at.
func channels() []string { return []string{"Application", "System"} }

// read is an eventReader.
func (l eventLogs) read(_ context.Context, providers []string, places map[string]string) reading {
	r := reading{places: map[string]string{}}
	for _, channel := range channels() {
		last, err := strconv.ParseUint(places[channel], 10, 64)
		known := err == nil
		query := "*"
		if known {
			query = eventQuery(providers, last)
		}
		texts, err := l.query(channel, query, !known, mostEvents)
		if err != nil {
			return reading{err: fmt.Errorf("%s: %w", channel, err)}
		}
		for _, text := range texts {
			e, record, err := parseEvent(text)
			if err != nil {
				return reading{err: fmt.Errorf("%s: %w", channel, err)}
			}
			last = max(last, record)
			if known {
				r.found = append(r.found, e)
			}
		}
		r.places[channel] = strconv.FormatUint(last, 10)
		r.more = r.more || known && len(texts) == mostEvents
	}
	return r
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

func parseEvent(text string) (e event, record uint64, err error) {
	var x struct {
		System struct {
			Provider struct {
				Name string `xml:"Name,attr"`
			} `xml:"Provider"`
			EventID       uint32 `xml:"EventID"`
			EventRecordID uint64 `xml:"EventRecordID"`
		} `xml:"System"`
	}
	if err := xml.Unmarshal([]byte(text), &x); err != nil {
		return event{}, 0, errNotUnderstood
	}
	return event{x.System.Provider.Name, strconv.FormatUint(uint64(x.System.EventID), 10)}, x.System.EventRecordID, nil
}
