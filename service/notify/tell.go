package notify

import (
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

// publish writes what changed, and tells the log, the windows and the cloud.
func (b *batch) publish() error {
	if err := b.digest(); err != nil {
		return err
	}
	if err := b.write(func(c *change) bool { return c.n.GroupKind == "" }); err != nil {
		return err
	}
	if err := b.groups(); err != nil {
		return err
	}
	if err := b.write(func(*change) bool { return true }); err != nil {
		return err
	}
	for _, e := range b.entries {
		if _, err := b.tx.Append(e); err != nil {
			return err
		}
	}
	alerts := b.alerts()
	for i, c := range b.changed {
		if err := b.record(c); err != nil {
			return err
		}
		if err := tell(b.tx, c.n, alerts[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) write(which func(*change) bool) error {
	for _, c := range b.changed {
		if c.dirty && which(c) {
			if err := b.put(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// alerts decides what each change is worth. What comes at once beside the
// highest class is one alert, that of the worst: a weekend's end is no storm.
func (b *batch) alerts() []hostpb.Alert {
	alerts := make([]hostpb.Alert, len(b.changed))
	high := false // a member of the highest class is told for itself
	for _, c := range b.changed {
		high = high || c.n.Group != 0 && b.alert(c, false) == hostpb.Alert_ALERT_LOUD
	}
	worst, told := -1, 0
	for i, c := range b.changed {
		alerts[i] = b.alert(c, high)
		if alerts[i] == hostpb.Alert_ALERT_NONE || c.n.Severity >= store.High {
			continue
		}
		told++
		if worst < 0 || c.n.Severity > b.changed[worst].n.Severity {
			worst = i
		}
	}
	if told > floodMost {
		for i, c := range b.changed {
			if i != worst && c.n.Severity < store.High {
				alerts[i] = hostpb.Alert_ALERT_NONE
			}
		}
	}
	return alerts
}

func (b *batch) alert(c *change, highMember bool) hostpb.Alert {
	isHigh := c.n.Severity >= store.High
	switch {
	case !c.tell,
		c.n.GroupKind != "" && highMember,       // it is told already
		!c.n.Open() && (c.by || !isHigh),        // it came and went
		c.n.Open() && c.n.State != store.Raised, //
		c.n.Group != 0 && !isHigh:               // the group is told
		return hostpb.Alert_ALERT_NONE
	}
	return alertOf(c.n.Severity, c.has(stepEscalated), b.quiet)
}

// record puts a change on record: one entry for each step, one for all repeats.
func (b *batch) record(c *change) error {
	for _, s := range c.steps {
		if !kept[s.kind] {
			continue
		}
		step := store.Step{At: b.now, Kind: s.kind, Detail: s.detail}
		if s.person {
			step.By = b.who.Name()
		}
		if err := b.tx.AddStep(c.n.ID, step); err != nil {
			return err
		}
	}
	if c.covered {
		return nil
	}
	for _, s := range c.entries() {
		if s.kind == stepGrouped && c.n.GroupKind == "" {
			continue // the group's entry says how many came
		}
		if _, err := b.tx.Append(b.entry(c, s)); err != nil {
			return err
		}
	}
	return nil
}

// kept are the steps of a notification's page that its row does not tell.
var kept = map[string]bool{
	stepSeen: true, stepAcknowledged: true, stepEscalated: true, stepShelved: true, stepUnshelved: true, stepGrouped: true, stepChatter: true, stepCalm: true,
}

// entries: repeats go before an end that came in the same batch.
func (c *change) entries() []lifeStep {
	steps := c.steps
	if c.more == 0 {
		return steps
	}
	at := len(steps)
	if at > 0 && steps[at-1].kind == stepCleared {
		at--
	}
	all := append([]lifeStep{}, steps[:at]...)
	return append(append(all, lifeStep{kind: stepRepeated}), steps[at:]...)
}

func (b *batch) entry(c *change, s lifeStep) store.Entry {
	n := c.n
	e := store.Entry{Kind: "notification." + s.kind, Actor: "system", Subject: n.Code, Fields: map[string]string{
		"notification": strconv.FormatUint(n.ID, 10), "severity": SeverityName(n.Severity), "source": n.Source, "count": strconv.FormatUint(uint64(n.Count), 10),
		"subject": n.Subject,
	}}
	if s.kind == stepRepeated {
		e.Fields["more"] = strconv.FormatUint(uint64(c.more), 10)
	}
	if n.Group != 0 {
		e.Fields["group"] = strconv.FormatUint(n.Group, 10)
	}
	if n.GroupKind != "" {
		e.Fields["members"], e.Fields["joined"], e.Fields["changed"] = strconv.FormatUint(uint64(n.Members), 10), strconv.FormatUint(uint64(c.joined), 10), strconv.FormatUint(uint64(c.touched), 10)
	}
	if s.kind == stepShelved && n.Shelf != nil {
		e.Fields["until"] = n.Shelf.Until.UTC().Format(time.RFC3339)
	}
	if s.person {
		e.Actor, e.Personal = b.who.Role, maps.Clone(b.who.Fields())
		b.who.Mark(e.Fields)
		if s.detail != "" {
			e.Personal["reason"] = s.detail
		}
	}
	return e
}

// tell tells the windows and the cloud.
func tell(tx *store.Tx, n *store.Notification, alert hostpb.Alert) error {
	p := Proto(n)
	p.Alert = alert
	payload, err := proto.Marshal(p)
	if err != nil {
		return err
	}
	if _, err := tx.Emit(EventNotification, payload); err != nil {
		return err
	}
	body, err := json.Marshal(forCloud(n))
	if err != nil {
		return err
	}
	_, err = tx.Enqueue(cloudapi.KindNotification, body)
	return err
}

// forCloud leaves out what people or other programs wrote: only the profile's
// and the product's own words, which cannot hold patient data, go to the
// cloud. Of a group that is its title, which only counts.
func forCloud(n *store.Notification) cloudapi.Notification {
	c := cloudapi.Notification{
		ID: n.ID, Code: n.Code, Severity: SeverityName(n.Severity), State: string(n.State), Source: n.Source,
		Count: int(n.Count), RaisedMS: ms(n.Raised), LastMS: ms(n.Last), Acknowledged: ms(n.Acknowledged), Seen: ms(n.Seen), Escalated: ms(n.Escalated),
		Group: n.Group, Members: int(n.Members), Chatters: n.Chatters, Verified: n.Verified, Sample: n.Sample,
	}
	if n.Shelf != nil {
		c.ShelvedUntil = ms(n.Shelf.Until)
	}
	if n.Source == SourceLocal {
		return c
	}
	c.Subject = n.Subject
	for _, t := range n.Texts {
		if t.Language == "en" {
			c.Title = t.Title
		}
	}
	return c
}
