// Package tray is the program that is always there: an icon that shows how
// things stand, a menu, toasts, and the starting of the programs that draw and
// capture. It follows the service's state and decides; the system's own parts
// stand behind Face, Toaster and Launcher. It links no Fyne.
package tray

import (
	"beckmanconnect/assets/icons"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
)

// The menu's items, from the top. "Open" is first: the left click opens the
// menu on Linux.
const (
	ItemOpen          = "open"
	ItemStatus        = "status" // says how things stand; never enabled
	ItemEndSession    = "end-session"
	ItemHelp          = "help"
	ItemUpgrade       = "upgrade"
	ItemNotifications = "notifications"
	ItemActivity      = "activity"
	ItemSetUp         = "set-up"
	ItemTest          = "test"
	ItemAbout         = "about"
)

// Item is one line of the menu as it stands.
type Item struct {
	ID      string
	Title   string
	Enabled bool
	Hidden  bool
}

// View is everything the icon shows. Items are always the same, in the same
// order: they are changed in place.
type View struct {
	Icon    icons.State
	Count   int // of open notifications, on the icon; icons.MaxCount stands for more
	Tooltip string
	Items   []Item
}

// State is what the tray knows.
type State struct {
	Connected bool
	Status    *hostpb.Status // the newest; nil before the first
}

// maxName is how much of an engineer's name stands in the tooltip and the menu,
// in characters: Windows has a place for 127 units of the whole tooltip.
const maxName = 40

// inSession says whether an engineer proved the code and the session goes on.
func inSession(s *hostpb.SupportState) bool {
	return s.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED || s.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_LOST
}

// setUp says whether terms and registration are done.
func setUp(s *hostpb.Status) bool {
	return s.GetTermsAccepted() && s.GetLink() != hostpb.Link_LINK_UNREGISTERED
}

// Show turns the state into what is shown.
func Show(s State, c *text.Catalogue) View {
	status := s.Status
	if !s.Connected {
		status = nil
	}
	support := status.GetSupport()
	upgrade := status.GetUpgrade()
	here := status != nil
	engineer := support.GetEngineer().GetName()
	if engineer == "" {
		engineer = support.GetEngineer().GetAccount()
	}
	engineer = clean(engineer, maxName)
	v := View{Icon: icon(status, c), Count: min(int(status.GetOpenNotifications()), icons.MaxCount)}
	v.Tooltip = tooltip(status, engineer, c)

	notifications := c.T("tray.menu.notifications")
	if n := status.GetOpenNotifications(); n > 0 {
		notifications = c.T("tray.menu.notifications-open", "n", n)
	}
	upgradeTitle, upgradeShown := upgradeItem(upgrade, c)
	v.Items = []Item{
		{ID: ItemOpen, Title: c.T("tray.menu.open"), Enabled: true},
		{ID: ItemStatus, Title: v.Tooltip},
		{ID: ItemEndSession, Title: c.T("tray.menu.end-session", "name", engineer), Enabled: inSession(support), Hidden: !inSession(support)},
		{ID: ItemHelp, Title: c.T("tray.menu.help"), Enabled: here},
		{ID: ItemUpgrade, Title: upgradeTitle, Enabled: here, Hidden: !upgradeShown},
		{ID: ItemNotifications, Title: notifications, Enabled: here},
		{ID: ItemActivity, Title: c.T("tray.menu.activity"), Enabled: here},
		{ID: ItemSetUp, Title: c.T("tray.menu.register"), Enabled: here, Hidden: !here || setUp(status)},
		{ID: ItemTest, Title: c.T("tray.menu.test"), Enabled: true},
		{ID: ItemAbout, Title: c.T("tray.menu.about"), Enabled: true},
	}
	return v
}

// upgradeItem says what becomes of an upgrade, while something does.
func upgradeItem(u *hostpb.Upgrade, c *text.Catalogue) (title string, shown bool) {
	version := clean(u.GetVersion(), maxVersion)
	switch u.GetState() {
	case "offered":
		return c.T("tray.menu.upgrade-offered", "version", version), true
	case "planned", "ready":
		return c.T("tray.menu.upgrade-planned", "version", version), true
	case "downloading", "installing", "checking", "watching":
		return c.T("tray.menu.upgrade-running", "version", version), true
	}
	return c.T("tray.menu.upgrade"), false
}

// icon picks the most pressing of what is true. A session comes first: that
// somebody sees the screen must never be hidden behind an alarm.
func icon(s *hostpb.Status, c *text.Catalogue) icons.State {
	switch {
	case s == nil:
		return icons.Offline
	case inSession(s.GetSupport()):
		return icons.Session
	case s.GetSupport().GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_WAITING:
		return icons.Waiting
	case ask.Stopped(c, s).Title != "":
		return icons.ActNow
	case s.GetOpenNotifications() > 0 && s.GetWorst() >= hostpb.Severity_SEVERITY_HIGH:
		return icons.ActNow
	case s.GetOpenNotifications() > 0 && s.GetWorst() == hostpb.Severity_SEVERITY_MEDIUM:
		return icons.Attention
	case s.GetLink() == hostpb.Link_LINK_OFFLINE:
		return icons.Offline
	case s.GetOpenNotifications() > 0, !setUp(s):
		return icons.Attention
	}
	return icons.OK
}

func tooltip(s *hostpb.Status, engineer string, c *text.Catalogue) string {
	switch icon(s, c) {
	case icons.Session:
		return c.T("tray.tooltip.session", "name", engineer)
	case icons.Waiting:
		return withQueue(c.T("tray.tooltip.waiting"), s.GetSupport().GetQueue(), c)
	case icons.ActNow:
		if what := ask.Stopped(c, s).Title; what != "" {
			return c.T("tray.tooltip.stopped", "what", what)
		}
		return c.T("tray.tooltip.urgent", "n", s.GetOpenNotifications())
	case icons.Offline:
		if s == nil {
			return c.T("tray.tooltip.no-service")
		}
		return c.T("tray.tooltip.offline")
	case icons.OK:
		return c.T("tray.tooltip.ok")
	}
	if s.GetOpenNotifications() > 0 {
		return c.T("tray.tooltip.attention", "n", s.GetOpenNotifications())
	}
	return c.T("tray.tooltip.setup")
}
