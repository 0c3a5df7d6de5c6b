package dialog

import (
	"strings"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
	"beckmanconnect/ui/look"
)

const (
	idEnd    = "bar.end"
	idStop   = "bar.stop" // of a file
	barWidth = 640
)

// bar is the session bar as a form: who is here, what is allowed and for how
// long, the file that came last, how it ends.
func bar(c *text.Catalogue, s *hostpb.SupportState, killKey bool, now time.Time) *Form {
	name := ask.CleanName(s.GetEngineer().GetName())
	title := c.T("bar.connected", "name", name)
	if s.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_LOST {
		title = c.T("bar.lost", "name", name)
	}
	var allowed []string
	for _, l := range s.GetLeases() {
		words := c.T("bar." + ask.Capability(l.GetCapability()))
		if ms := l.GetUntilUnixMs(); ms > 0 {
			words += " " + c.Countdown(time.UnixMilli(ms).Sub(now))
		}
		allowed = append(allowed, words)
	}
	if len(allowed) == 0 {
		allowed = []string{c.T("bar.nothing")}
	}
	kill := c.T("bar.kill", "key", c.T("key.pause"))
	if !killKey {
		kill = c.T("bar.no-kill", "key", c.T("key.pause"))
	}
	b := Block{Kind: Row, Tone: look.Session, Rows: [][2]string{{title}, {strings.Join(append(allowed, kill), " · ")}}}
	if t := shownTransfer(s); t != nil {
		row := ask.NewTransfer(c, t)
		b.Rows = append(b.Rows, [2]string{ask.Joined(row.Name, row.State)})
		if t.GetId() == liveTransfer(s) {
			b.Buttons = append(b.Buttons, Button{ID: idStop, Label: c.T("bar.take-back"), Enabled: true})
		}
	}
	b.Buttons = append(b.Buttons, Button{ID: idEnd, Label: c.T("bar.end"), Style: Stop, Enabled: true})
	return &Form{Width: barWidth, focus: "none", Blocks: []Block{b}}
}
