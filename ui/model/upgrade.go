package model

import (
	"slices"
	"strings"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/internal/release"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// When an upgrade is installed, in the words of the local API.
const (
	UpgradeNow     = "now"
	UpgradeTonight = "tonight"
	UpgradeIdle    = "idle"
)

// UpgradeAct is what somebody is about to do with an upgrade.
type UpgradeAct int

// Acts. All but the first two need nothing more than initials, where the site
// wants them.
const (
	UpgradeNothing UpgradeAct = iota
	UpgradeRemind             // when again
	UpgradeInstall            // a second yes while nobody knows about a run
	UpgradeAtNight
	UpgradeWhenIdle
	UpgradeCancel
)

// When is when an act has the upgrade installed, "" for one that does not.
func (a UpgradeAct) When() string {
	return map[UpgradeAct]string{UpgradeInstall: UpgradeNow, UpgradeAtNight: UpgradeTonight, UpgradeWhenIdle: UpgradeIdle}[a]
}

// UpgradeTry is what the upgrade page remembers by itself.
type UpgradeTry struct {
	Act       UpgradeAct // whose form is open
	Changing  bool       // another time is being chosen for what was planned
	Busy      bool       // an act is on its way
	Checking  bool       // somebody had it looked for
	Dismissed string     // digest of the outcome that was read
}

// RemindChoice is for how long an upgrade can be postponed.
type RemindChoice int

// Choices, as they are offered.
const (
	RemindHour RemindChoice = iota
	RemindTonight
	RemindTomorrow
	RemindDays
	RemindWeek
)

// RemindChoices are the choices in words, in their order.
func RemindChoices(c *text.Catalogue) []string {
	return []string{
		c.T("upgrade.remind.hour"), c.T("upgrade.remind.tonight"), c.T("upgrade.remind.tomorrow"), c.T("upgrade.remind.days"), c.T("upgrade.remind.week"),
	}
}

// Hours is a choice in whole hours from now, as the service takes it.
func (r RemindChoice) Hours(now time.Time) uint32 {
	until := func(day, hour int) uint32 {
		at := time.Date(now.Year(), now.Month(), now.Day()+day, hour, 0, 0, 0, now.Location())
		if !at.After(now) {
			at = at.AddDate(0, 0, 1)
		}
		return uint32((at.Sub(now) + time.Hour - 1) / time.Hour)
	}
	switch r {
	case RemindTonight:
		return until(0, 22)
	case RemindTomorrow:
		return until(1, 8)
	case RemindDays:
		return 72
	case RemindWeek:
		return 168
	}
	return 1
}

// UpgradeView is the view that offers the next version.
type UpgradeView struct {
	Mark    Mark // Word: the headline
	Detail  string
	Advice  string // what to do about it
	Chips   []Mark
	Waiting string // what it waits for
	Facts   [][2]string
	New     []string // what is new, one line each

	Brings       bool // the card about capabilities is shown
	Capabilities []UpgradeCapability

	Busy     bool // a bar is shown
	Fraction float32
	Percent  string

	Digest                                     string
	CanChoose, CanRemind, CanChange, CanCancel bool
	CanCheck, CanDismiss                       bool
	Enabled                                    bool // the buttons can be pressed
	Again                                      bool // it failed: "now" is "try again"
	Hint                                       string

	Act      UpgradeAct
	Sign     Signing // of an act
	RunYes   bool    // "now" needs a second yes
	Checking bool
}

// UpgradeCapability is one that a version brings.
type UpgradeCapability struct {
	Name string
	On   bool   // the site has authorised it
	How  string // how IT does
}

// UpgradeMark is what the navigation shows beside the page's name.
func (s *State) upgradeMark() string {
	u := s.Upgrade
	if s.Connected && u.GetState() == "offered" && u.GetPlannedMs() == 0 {
		return "1"
	}
	return ""
}

// UpgradeNeeds says whether an act needs something before it is done.
func (s *State) UpgradeNeeds(act UpgradeAct) bool {
	switch {
	case act == UpgradeRemind:
		return true
	case act == UpgradeInstall && s.runYes():
		return true
	}
	return s.NeedInitials()
}

// runYes: as with control, nobody knows whether a run is in progress.
func (s *State) runYes() bool {
	run := s.Status.GetInstrumentRun()
	return s.Upgrade.GetDisturbs() == release.DisturbsInstrument && run != "idle" && run != "running"
}

// UpgradeView makes the view model.
func (s *State) UpgradeView(c *text.Catalogue, now time.Time) UpgradeView {
	u := s.Upgrade
	version := Clean(u.GetVersion(), 32)
	v := UpgradeView{
		Fraction: float32(min(u.GetPercent(), 100)) / 100, Percent: c.T("upgrade.progress", "percent", min(u.GetPercent(), 100)), Digest: u.GetDigest(),
		Enabled: s.Connected && !s.Upgrading.Busy, Act: s.Upgrading.Act, Sign: s.signing(), Checking: s.Upgrading.Checking,
	}
	v.RunYes = v.Act == UpgradeInstall && s.runYes()
	state := u.GetState()
	if state == "installed" && u.GetDigest() != "" && s.Upgrading.Dismissed == u.GetDigest() {
		state = "none"
	}
	switch state {
	case "offered":
		v.Mark, v.CanRemind, v.CanChoose = Mark{theme.Note, icons.Upgrade, c.T("upgrade.offered", "version", version)}, true, true
		if ms := u.GetPlannedMs(); ms > 0 {
			v.Waiting = c.T("upgrade.postponed", "when", c.Within(at(ms, now), now))
		}
	case "planned", "ready":
		v.Mark = Mark{theme.Note, icons.Clock, c.T("upgrade.planned", "version", version)}
		s.planned(c, &v, now)
	case "downloading":
		v.Busy, v.Mark = true, Mark{theme.Note, icons.Upgrade, c.T("upgrade.downloading", "version", version)}
		v.CanCancel, v.Waiting = u.GetWhen() != "", s.heldWords(c)
	case "installing":
		v.Busy, v.Mark = true, Mark{theme.Note, icons.Upgrade, c.T("upgrade.installing", "version", version)}
		v.CanCancel, v.Waiting = u.GetWhen() != "", s.heldWords(c)
	case "checking":
		v.Busy, v.Mark, v.Detail = true, Mark{theme.Note, icons.Upgrade, c.T("upgrade.checking", "version", version)}, c.T("upgrade.checking.detail")
	case "watching":
		v.Mark, v.Detail = Mark{theme.Good, icons.Eye, c.T("upgrade.watching", "version", version)}, c.T("upgrade.watching.detail")
	case "installed":
		v.Mark, v.Detail, v.CanDismiss = Mark{theme.Good, icons.Check, c.T("upgrade.installed", "version", version)}, c.T("upgrade.installed.detail"), true
	case "failed":
		v.Mark, v.Detail = Mark{theme.Danger, icons.Stop, c.T("upgrade.failed", "version", version)}, c.T("upgrade.failed.detail")
		v.Advice, v.CanChoose, v.CanRemind, v.Again = why(c, "upgrade.why.", u.GetErrorCode()), true, true, true
	case "rolled-back":
		v.Mark, v.Detail = Mark{theme.Attention, icons.Warning, c.T("upgrade.rolled-back")}, c.T("upgrade.rolled-back.detail", "version", version)
		v.Advice, v.CanCheck = c.T("upgrade.rolled-back.advice", "code", Clean(u.GetErrorCode(), 40)), true
	default:
		s.upToDate(c, &v, now)
		return v
	}
	s.describe(c, &v, now)
	if s.InSession() || s.Waiting() {
		if v.CanChoose {
			v.Hint = c.T("upgrade.session")
		}
		v.CanChoose = false
	}
	if !v.CanChoose && v.Act.When() != "" || !v.CanRemind && v.Act == UpgradeRemind || !v.CanCancel && v.Act == UpgradeCancel {
		v.Act = UpgradeNothing // what it was about is over
	}
	return v
}

// planned says when it begins, and what can still be done about it.
func (s *State) planned(c *text.Catalogue, v *UpgradeView, now time.Time) {
	u := s.Upgrade
	begins := ""
	if ms := u.GetPlannedMs(); ms > 0 {
		begins = c.Moment(at(ms, now), now)
	}
	switch {
	case u.GetWhen() == UpgradeTonight && u.GetMandatory():
		v.Detail = c.T("upgrade.planned.mandatory", "when", begins)
	case u.GetWhen() == UpgradeTonight:
		v.Detail = c.T("upgrade.planned.tonight", "when", begins)
	case u.GetWhen() == UpgradeIdle:
		v.Detail = c.T("upgrade.planned.idle")
	default:
		v.Detail = c.T("upgrade.planned.now")
	}
	if u.GetErrorCode() != "" {
		v.Advice = why(c, "upgrade.why.", u.GetErrorCode())
	}
	v.Waiting = s.heldWords(c)
	v.CanChange, v.CanCancel = !s.Upgrading.Changing, !u.GetMandatory()
	v.CanChoose, v.CanRemind = s.Upgrading.Changing, s.Upgrading.Changing && !u.GetMandatory()
}

// heldWords says what it waits for.
func (s *State) heldWords(c *text.Catalogue) string {
	switch held := s.Upgrade.GetHeld(); {
	case held == "session":
		return c.T("upgrade.held.session")
	case held == "run" && s.Status.GetInstrumentRun() == "running":
		return c.T("upgrade.held.run")
	case held == "run":
		return c.T("upgrade.held.run-unknown")
	case held == "hours":
		return c.T("upgrade.held.hours")
	}
	return ""
}

// why is a reason in words, by its code.
func why(c *text.Catalogue, family, code string) string {
	if key := family + code; code != "" && c.Has(key) {
		return c.T(key)
	}
	return c.T("upgrade.why.other", "code", Clean(code, 40))
}

// upToDate is what is shown while there is nothing to install.
func (s *State) upToDate(c *text.Catalogue, v *UpgradeView, now time.Time) {
	u := s.Upgrade
	v.CanCheck, v.Digest, v.Act = s.Connected, "", UpgradeNothing
	running := u.GetRunningVersion()
	if running == "" {
		running = s.Status.GetVersion()
	}
	v.Facts = [][2]string{{c.T("upgrade.fact.running"), orUnknown(c, running)}, s.lookedFor(c, now)}
	if code := u.GetCheckError(); code != "" {
		v.Mark = Mark{theme.Attention, icons.Warning, c.T("upgrade.unchecked")}
		v.Detail, v.Advice = why(c, "upgrade.check.", code), c.T("upgrade.unchecked.advice")
		return
	}
	v.Mark, v.Detail = Mark{theme.Good, icons.Check, c.T("upgrade.none.title")}, c.T("upgrade.none.detail")
	if u.GetCheckedMs() == 0 {
		v.Mark = Mark{theme.Neutral, icons.Upgrade, c.T("upgrade.never")}
	}
}

func (s *State) lookedFor(c *text.Catalogue, now time.Time) [2]string {
	when := c.T("upgrade.fact.looked.never")
	if ms := s.Upgrade.GetCheckedMs(); ms > 0 {
		when = c.Moment(at(ms, now), now)
	}
	return [2]string{c.T("upgrade.fact.looked"), when}
}

// describe says what a version is: what is new, what it costs, what it brings.
func (s *State) describe(c *text.Catalogue, v *UpgradeView, now time.Time) {
	u := s.Upgrade
	notes := Pick(c.Lang(), u.GetNotes())
	for _, line := range strings.Split(notes.GetAdvice(), "\n") {
		if line = Clean(strings.TrimLeft(line, "-*• "), 300); line != "" && u.GetState() != "rolled-back" {
			v.New = append(v.New, line)
		}
	}
	if title := Clean(notes.GetTitle(), 200); title != "" && v.Detail == "" {
		v.Detail = title
	}
	if u.GetChannel() == release.Pilot {
		v.Chips = append(v.Chips, Mark{theme.Attention, icons.Info, c.T("upgrade.pilot")})
	}
	if u.GetMandatory() {
		v.Chips = append(v.Chips, Mark{theme.Attention, icons.Shield, c.T("upgrade.mandatory")})
	}
	settled := u.GetState() == "failed" || u.GetState() == "rolled-back"
	v.Brings = !settled
	for _, capability := range u.GetCapabilities() {
		name := Clean(capability, nameLimit)
		row := UpgradeCapability{Name: name, On: slices.Contains(u.GetAuthorised(), capability)}
		if key := "capability." + capability; c.Has(key) {
			row.Name = c.T(key)
		}
		if !row.On {
			row.How = c.T("upgrade.brings.how", "capability", name)
		}
		v.Capabilities = append(v.Capabilities, row)
	}
	running := u.GetRunningVersion()
	if running == "" {
		running = s.Status.GetVersion()
	}
	v.Facts = [][2]string{{c.T("upgrade.fact.running"), orUnknown(c, running)}}
	switch u.GetState() {
	case "offered", "planned", "failed":
		what := "upgrade.fact.fetch.full"
		if u.GetDelta() {
			what = "upgrade.fact.fetch.delta"
		}
		v.Facts = append(v.Facts, [2]string{c.T("upgrade.fact.fetch"), c.T(what, "size", c.Size(u.GetSize()), "time", lasts(c, u.GetSize()*8/10_000_000))})
	}
	switch u.GetState() {
	case "offered", "planned", "ready", "downloading", "failed":
		v.Facts = append(v.Facts,
			[2]string{c.T("upgrade.fact.takes"), c.T("upgrade.fact.takes.about", "time", lasts(c, uint64(u.GetInstallSeconds())))},
			[2]string{c.T("upgrade.fact.disturbs"), c.T("upgrade.disturbs." + disturbance(u.GetDisturbs()))})
	}
	v.Facts = append(v.Facts, s.lookedFor(c, now))
}

// disturbance: what is not known counts as the worst.
func disturbance(said string) string {
	switch said {
	case release.DisturbsNothing, release.DisturbsConnection:
		return said
	}
	return release.DisturbsInstrument
}

// lasts is a time in seconds, for people.
func lasts(c *text.Catalogue, seconds uint64) string {
	if seconds = min(seconds, 1<<31); seconds > 0 && seconds < 60 {
		return c.T("upgrade.seconds", "n", seconds)
	}
	return c.Lasting(time.Duration(seconds) * time.Second)
}
