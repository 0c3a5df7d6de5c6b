package model

import (
	"strconv"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// Mark is a tone with the icon and word that say the same.
type Mark struct {
	Tone theme.Tone
	Icon icons.Name
	Word string
}

// Frame is what surrounds every view.
type Frame struct {
	Tone          theme.Tone
	Icon          icons.Name
	Title, Detail string
	Link          Mark
	Banner        *Mark // nil: none
	Failure       string
	OpenCount     string // badge of the navigation's notifications, "" for none
	HelpMark      string
	UpgradeMark   string
	NeedsSetup    bool
}

// KillKey is the named key that ends a session at once.
const KillKey = "key.pause"

// Frame makes the frame's view model.
func (s *State) Frame(c *text.Catalogue) Frame {
	f := Frame{Link: s.link(c), NeedsSetup: s.needsSetup()}
	if n := int(s.Status.GetOpenNotifications()); n > 0 && s.Connected {
		f.OpenCount = strconv.Itoa(n)
		if n > 99 {
			f.OpenCount = "99+"
		}
	}
	if s.Connected && (s.InSession() || s.Waiting()) {
		f.HelpMark = "•" // part.Dot
		if n := s.Unread(); n > 0 {
			f.HelpMark = strconv.Itoa(n)
		}
	}
	f.UpgradeMark = s.upgradeMark()
	if s.Failure != "" {
		f.Failure = c.Headed(c.T("error.title"), Failure(c, s.Failure))
	}
	s.headline(c, &f)
	f.Banner = s.banner(c)
	return f
}

func (s *State) needsSetup() bool {
	return s.Connected && s.Status != nil && (!s.Status.GetTermsAccepted() || s.Status.GetRegistration() == nil)
}

// headline says the one thing that matters most now.
func (s *State) headline(c *text.Catalogue, f *Frame) {
	set := func(tone theme.Tone, icon icons.Name, key string, args ...any) {
		f.Tone, f.Icon, f.Title, f.Detail = tone, icon, c.T(key+".title", args...), c.T(key+".detail", args...)
	}
	open, worst := int(s.Status.GetOpenNotifications()), s.Status.GetWorst()
	stopped := ask.Stopped(c, s.Status)
	engineer := cleanName(s.Support.GetEngineer().GetName())
	switch {
	case !s.Connected:
		set(theme.Neutral, icons.Offline, "state.no-service")
	case s.Support.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED:
		set(theme.Session, icons.Person, "state.session", "name", engineer, "key", c.T(KillKey))
	case s.Support.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_LOST:
		set(theme.Session, icons.Offline, "state.lost", "name", engineer)
	case s.Waiting():
		set(theme.Note, icons.Phone, "state.waiting")
	case open > 0 && worst == hostpb.Severity_SEVERITY_HIGH:
		set(theme.Danger, icons.Stop, "state.urgent", "n", open)
	case stopped.Title != "":
		f.Tone, f.Icon, f.Title, f.Detail = theme.Danger, icons.Stop, stopped.Title, stopped.Detail
	case open > 0:
		set(theme.Attention, icons.Warning, "state.attention", "n", open)
	case s.needsSetup():
		set(theme.Neutral, icons.Setup, "state.setup")
	default:
		set(theme.Good, icons.Check, "state.ok")
	}
}

func (s *State) link(c *text.Catalogue) Mark {
	if !s.Connected {
		return Mark{theme.Danger, icons.Offline, c.T("link.unknown")}
	}
	switch s.Status.GetLink() {
	case hostpb.Link_LINK_ONLINE:
		return Mark{theme.Good, icons.Online, c.T("link.online")}
	case hostpb.Link_LINK_CONNECTING:
		return Mark{theme.Note, icons.Clock, c.T("link.connecting")}
	case hostpb.Link_LINK_UNREGISTERED:
		return Mark{theme.Neutral, icons.Setup, c.T("link.unregistered")}
	case hostpb.Link_LINK_OFFLINE:
		return Mark{theme.Attention, icons.Offline, c.T("link.offline")}
	}
	return Mark{theme.Neutral, icons.Clock, c.T("link.connecting")}
}

func (s *State) banner(c *text.Catalogue) *Mark {
	switch {
	case !s.Connected && s.Tried:
		return &Mark{theme.Danger, icons.Offline, c.T("banner.no-service")}
	case !s.Connected || s.Status == nil:
		return nil
	case s.Status.GetLog() != nil && !s.Status.GetLog().GetWritable():
		return &Mark{theme.Danger, icons.Stop, c.T("banner.log-not-writable")}
	case c.Has("banner.device." + s.Status.GetDeviceState()):
		return &Mark{theme.Danger, icons.Stop, c.T("banner.device." + s.Status.GetDeviceState())}
	case s.Status.GetLink() == hostpb.Link_LINK_OFFLINE:
		return &Mark{theme.Attention, icons.Offline, c.Sentences(c.T("banner.offline"), s.linkProblem(c))}
	}
	return nil
}

// linkProblem says why there is no connection, "" when it is not known.
func (s *State) linkProblem(c *text.Catalogue) string {
	for _, fact := range s.Status.GetLinkFacts() {
		if key := "link.code." + fact.GetValue(); fact.GetName() == "code" && c.Has(key) {
			return c.T(key)
		}
	}
	return ""
}

// Failure is the sentence for a failed call's code.
func Failure(c *text.Catalogue, code string) string { return ask.Failure(c, code) }

// at reads a time in milliseconds in the time zone of now.
func at(ms int64, now time.Time) time.Time { return time.UnixMilli(ms).In(now.Location()) }
