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

// HomeView is the page the window opens with: whether all is well, what needs
// doing now, the way to help, and what happened last.
type HomeView struct {
	State  Mark // all is well, or what is the matter; the frame says it, too
	Detail string
	Todo   []TodoRow
	More   string // open notifications that have no row here; "": none
	Help   HomeHelp
	Recent []RecentRow
	Quiet  string // in place of Recent: why there is nothing; "": there is something
}

// TodoRow is one thing that needs doing, with the one button that leads to it.
type TodoRow struct {
	ID            string // stable name, "alarm.19", "upgrade"
	Mark          Mark
	Title, Detail string
	Do            string // the button's label; "": there is nothing to press
	Go            string // the view it leads to
	Spoken        string // the row as a screen reader says it
}

// RecentRow is one thing that happened.
type RecentRow struct {
	When, What string
	Icon       icons.Name
	Tone       theme.Tone
	Spoken     string
}

// HomeHelpKind is what the help card shows.
type HomeHelpKind int

const (
	HomeHelpOff     HomeHelpKind = iota // why, and what to do
	HomeHelpReady                       // get help
	HomeHelpWaiting                     // the code
	HomeHelpSession                     // who is here, and what is allowed
)

// HomeHelp is the way to help, or the call that is going on.
type HomeHelp struct {
	Kind          HomeHelpKind
	Title, Detail string
	Action        string // off: the label of the button that leads to the step; "": none
	Phone, Hours  string // "": not configured

	Code     []string // waiting: its groups; empty: it was shown elsewhere
	Spelling [][]string
	Left     string
	Urgent   bool
	Queue    *QueueView // nil: the vendor has said nothing

	Who     string // session
	Allowed []Mark // what is allowed now
	Since   string
	Spoken  string
}

// hoursLimit is as long as the configuration lets the hours be, in characters.
const hoursLimit = 120

// HomeView makes the view model.
func (s *State) HomeView(c *text.Catalogue, now time.Time) HomeView {
	f := Frame{}
	s.headline(c, &f)
	v := HomeView{State: Mark{f.Tone, f.Icon, f.Title}, Detail: f.Detail, Help: s.homeHelp(c, now)}
	v.Todo, v.More = s.todo(c, now)
	v.Recent, v.Quiet = s.recent(c, now)
	return v
}

// todo is what needs doing, what cannot wait first.
func (s *State) todo(c *text.Catalogue, now time.Time) (rows []TodoRow, more string) {
	add := func(id string, m Mark, key, do, to string, args ...any) {
		r := TodoRow{ID: id, Mark: m, Title: c.T(key+".title", args...), Detail: c.T(key+".detail", args...), Go: to}
		if do != "" {
			r.Do = c.T(do)
		}
		rows = append(rows, r.spoken(c))
	}
	if !s.Connected {
		if s.Tried {
			add("service", Mark{theme.Danger, icons.Offline, c.T("home.weight.now")}, "home.service", "", "")
		}
		return rows, ""
	}
	if s.Status == nil {
		return nil, ""
	}
	if t := ask.LogTrouble(c, s.Status.GetLog()); t.Title != "" {
		rows = append(rows, TodoRow{
			ID: "log", Mark: Mark{theme.Danger, icons.Stop, c.T("home.weight.now")}, Title: t.Title, Detail: t.Detail, Do: c.T("home.do.activity"), Go: "activity",
		}.spoken(c))
	}
	if key := "banner.device." + s.Status.GetDeviceState(); c.Has(key) {
		rows = append(rows, TodoRow{
			ID: "device", Mark: Mark{theme.Danger, icons.Stop, c.T("home.weight.now")}, Title: c.T("home.device.title"), Detail: c.T(key), Do: c.T("home.do.setup"), Go: "register",
		}.spoken(c))
	}
	alarms, more := s.todoAlarms(c, now)
	rows = append(rows, alarms...)
	if s.needsSetup() {
		add("setup", Mark{theme.Attention, icons.Setup, c.T("home.weight.soon")}, "home.setup", "home.do.setup", "register")
	}
	if s.Status.GetLink() == hostpb.Link_LINK_OFFLINE && s.Status.GetRegistration() != nil {
		r := TodoRow{ID: "link", Mark: Mark{theme.Attention, icons.Offline, c.T("home.weight.soon")}, Title: c.T("home.link.title")}
		r.Detail = c.Sentences(s.linkProblem(c), c.T("home.link.detail"))
		rows = append(rows, r.spoken(c))
	}
	if row, ok := s.todoUpgrade(c); ok {
		rows = append(rows, row)
	}
	return rows, more
}

// todoAlarms are the worst open notifications, one row each.
func (s *State) todoAlarms(c *text.Catalogue, now time.Time) (rows []TodoRow, more string) {
	open := int(s.Status.GetOpenNotifications())
	for _, n := range s.Home.Open {
		if len(rows) == homeAlarms || len(rows) == open {
			break
		}
		a := s.alarmRow(c, n, now)
		rows = append(rows, TodoRow{
			ID: "alarm." + strconv.FormatUint(a.ID, 10), Mark: a.Severity, Title: a.Title, Detail: Joined(a.Severity.Word, a.When),
			Do: c.T("home.do.read"), Go: "notification/" + strconv.FormatUint(a.ID, 10),
		}.spoken(c))
	}
	if left := open - len(rows); left > 0 {
		more = c.T("home.more", "n", left)
	}
	return rows, more
}

// todoUpgrade is an upgrade that waits for somebody, or for which something is
// to be read.
func (s *State) todoUpgrade(c *text.Catalogue) (TodoRow, bool) {
	u := s.Upgrade
	r := TodoRow{ID: "upgrade", Go: "upgrade", Do: c.T("home.do.upgrade")}
	version := Clean(u.GetVersion(), 32)
	switch {
	case u.GetState() == "offered" && u.GetPlannedMs() == 0:
		r.Mark = Mark{theme.Note, icons.Upgrade, c.T("home.weight.when")}
		r.Title, r.Detail = c.T("upgrade.offered", "version", version), c.T("home.upgrade.detail")
	case (u.GetState() == "failed" || u.GetState() == "rolled-back") && u.GetDigest() != s.Upgrading.Dismissed:
		r.Mark = Mark{theme.Attention, icons.Warning, c.T("home.weight.soon")}
		r.Title, r.Detail = c.T("upgrade."+u.GetState(), "version", version), c.T("upgrade."+u.GetState()+".detail", "version", version)
	default:
		return r, false
	}
	return r.spoken(c), true
}

func (r TodoRow) spoken(c *text.Catalogue) TodoRow {
	r.Spoken = spoken(r.Mark.Word, r.Title, r.Detail)
	if r.Do != "" {
		r.Spoken = spoken(r.Spoken, c.T("home.spoken.button", "label", r.Do))
	}
	return r
}

// homeHelp is the card on the way to help.
func (s *State) homeHelp(c *text.Catalogue, now time.Time) HomeHelp {
	h := HomeHelp{Phone: Clean(s.Status.GetSupportPhone(), 40), Hours: Clean(s.Status.GetSupportHours(), hoursLimit)}
	switch {
	case s.InSession():
		e := s.sessionView(c, now)
		h.Kind, h.Who, h.Since = HomeHelpSession, e.Name, e.Since
		h.Title, h.Detail = e.Name, Joined(e.Organisation, e.Since)
		for _, l := range e.Leases {
			tone := theme.Neutral
			if l.Active {
				tone = theme.Attention
			}
			h.Allowed = append(h.Allowed, Mark{tone, l.Icon, l.Label})
		}
	case s.Waiting():
		w := s.waitingView(c, now)
		h.Kind, h.Code, h.Spelling, h.Left, h.Urgent = HomeHelpWaiting, w.Groups, w.Spelling, w.Left, w.Urgent
		h.Title, h.Detail, h.Queue = c.T("state.waiting.title"), c.T("home.help.waiting"), w.Queue
		if len(w.Groups) == 0 {
			h.Detail = c.T("help.code.hidden")
		}
	case s.offCode() != "":
		off := offView(c, s.offCode())
		h.Kind, h.Title, h.Detail, h.Action = HomeHelpOff, c.T("help.off.title"), off.Why, off.Action
	default:
		h.Kind, h.Title, h.Detail = HomeHelpReady, c.T("help.title"), c.T("home.help.detail")
	}
	phone := ""
	if h.Phone != "" {
		phone = c.T("help.phone", "phone", h.Phone)
	}
	queue := ""
	if h.Queue != nil {
		queue = spoken(h.Queue.Word, h.Queue.Says)
	}
	h.Spoken = spoken(h.Title, h.Detail, queue, phone, h.Hours)
	return h
}

// recent are the last things that happened.
func (s *State) recent(c *text.Catalogue, now time.Time) (rows []RecentRow, quiet string) {
	switch {
	case !s.Home.RecentKnown && s.Connected:
		return nil, c.T("activity.loading")
	case !s.Home.RecentKnown:
		return nil, c.T("home.recent.unknown")
	case len(s.Home.Recent) == 0:
		return nil, c.T("home.recent.none")
	}
	for _, a := range s.Home.Recent {
		r := RecentRow{When: c.Moment(at(a.GetUnixMs(), now), now)}
		r.What, r.Icon, r.Tone = plainWords(c, a)
		r.Spoken = spoken(r.When, r.What)
		rows = append(rows, r)
	}
	return rows, ""
}

// spoken puts parts into sentences, as a screen reader pauses between them.
func spoken(parts ...string) string {
	out := ""
	for _, p := range parts {
		if p == "" {
			continue
		}
		if out != "" {
			if last := out[len(out)-1]; last != '.' && last != '!' && last != '?' && last < 0x80 {
				out += "."
			}
			out += " "
		}
		out += p
	}
	return out
}
