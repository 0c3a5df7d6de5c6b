package notify

import (
	"beckmanconnect/store"
)

// A flood is more than floodMost new alarms within the time that chatter is
// told by: they become one group, with the worst on top. What came while
// nobody listened becomes one, too, a digest. A group stands for its members:
// raised while one of them is, over when all are.
const (
	floodMost   = 10
	groupFlood  = "flood"
	groupDigest = "digest"
)

// watchFlood puts a new one into the group once there is a flood, and with the
// first one those that came before it and still wait.
func (b *batch) watchFlood(c *change) error {
	if b.flood != nil {
		b.join(c, b.flood)
		return nil
	}
	ids, err := b.recent.New(floodMost + 1)
	if err != nil || len(ids) <= floodMost {
		return err
	}
	if b.flood, err = b.group(groupFlood); err != nil {
		return err
	}
	for _, id := range ids {
		earlier, err := b.load(id)
		if err != nil {
			return err
		}
		if earlier != nil && earlier.n.State == store.Raised && earlier.n.Group == 0 {
			b.join(earlier, b.flood)
		}
	}
	return nil
}

// digest makes one group of what came while nobody listened: of one alone
// there is nothing to sum up.
func (b *batch) digest() error {
	if len(b.backlog) == 0 {
		return nil
	}
	if len(b.backlog) == 1 {
		if open, err := b.find(groupDigest, ""); err != nil || open == nil {
			return err
		}
	}
	group, err := b.group(groupDigest)
	if err != nil {
		return err
	}
	for _, c := range b.backlog {
		b.join(c, group)
	}
	return nil
}

// group gives the open group of a kind, or makes one.
func (b *batch) group(kind string) (*change, error) {
	c, err := b.find(kind, "")
	if err != nil || c != nil {
		return c, err
	}
	c = &change{tell: true, n: &store.Notification{
		Code: kind, Severity: store.Info, State: store.Raised, Source: SourceSelf, Count: 1, Raised: b.now, Last: b.now,
		Verified: true, Apart: true, GroupKind: kind,
	}}
	c.step(stepRaised)
	if err := b.put(c); err != nil {
		return nil, err
	}
	b.byID[c.n.ID], b.open[alarm{kind, ""}] = c, c
	b.keep(c)
	return c, nil
}

func (b *batch) join(c, group *change) {
	c.n.Group = group.n.ID
	c.steps = append(c.steps, lifeStep{kind: stepGrouped})
	b.keep(c)
	group.n.Members++
	group.n.Last = b.now
	group.joined++
	b.keep(group)
}

// groups brings the groups of what changed up to date. Their members are
// written already.
func (b *batch) groups() error {
	touched := map[uint64]*change{}
	for _, c := range b.changed { // grows below, by groups only
		id := c.n.Group
		if c.n.GroupKind != "" {
			id = c.n.ID
		}
		if id == 0 || touched[id] != nil {
			continue
		}
		g, err := b.load(id)
		if err != nil {
			return err
		}
		if g == nil {
			continue
		}
		touched[id] = g
		if err := b.refresh(g); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) refresh(g *change) error {
	if !g.n.Open() {
		return nil
	}
	state, err := b.tx.GroupState(g.n.ID)
	if err != nil {
		return err
	}
	b.keep(g)
	if !state.Open {
		clearIt(g.n, b.now)
		g.step(stepCleared)
		b.open[alarm{g.n.Code, g.n.Subject}] = nil
		word(g.n, nil)
		return nil
	}
	first, err := b.load(state.First)
	if err != nil {
		return err
	}
	word(g.n, first.n)
	was, before := g.n.State, g.n.Severity
	g.n.Severity = state.Worst
	switch {
	case state.State == store.Raised && was != store.Raised:
		ask(g.n, b.now)
		g.tell = b.who.Role == "" // whoever did it knows
		if g.joined == 0 && !g.has(stepUnshelved) {
			g.step(stepUnshelved)
		}
	case state.State == store.Raised && state.Worst > before && !g.has(stepRaised):
		ask(g.n, b.now)
		g.tell = true
	case state.State == store.Raised && g.n.Escalated.IsZero() && g.n.Asked.IsZero():
		g.n.Asked = b.now
	case state.State == store.Acknowledged && was != store.Acknowledged:
		b.acknowledged(g, first.n)
	case state.State == store.Shelved && (was != store.Shelved || g.has(stepShelved)):
		b.shelved(g, first.n)
	}
	if g.joined > 0 && !g.has(stepRaised) {
		g.step(stepGrouped)
	}
	if state.Worst >= store.High { // its members are waited for one by one
		g.n.Asked = noTime
	}
	return nil
}

// acknowledged: all members that waited are taken care of.
func (b *batch) acknowledged(g *change, first *store.Notification) {
	g.n.State, g.n.Acknowledged, g.n.AcknowledgedBy, g.n.Shelf, g.n.Asked = store.Acknowledged, b.now, first.AcknowledgedBy, nil, noTime
	if !g.has(stepAcknowledged) {
		g.steps = append(g.steps, lifeStep{kind: stepAcknowledged, person: b.who.Role != ""})
	}
}

// shelved: all members that are open are put away.
func (b *batch) shelved(g *change, first *store.Notification) {
	shelf := *first.Shelf
	g.n.State, g.n.Shelf, g.n.Asked = store.Shelved, &shelf, noTime
	if !g.has(stepShelved) {
		g.steps = append(g.steps, lifeStep{kind: stepShelved, person: b.who.Role != "", detail: shelf.Reason})
	}
}

// word gives a group its texts: how many, and which is the worst.
func word(g, worst *store.Notification) {
	var texts []store.Text
	if worst != nil {
		texts = worst.Texts
	}
	g.Texts = groupTexts(g.GroupKind, g.Members, texts)
}
