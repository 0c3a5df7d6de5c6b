package model_test

import (
	"strings"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
)

// What can be done in each state, and what cannot.
func TestUpgradeStates(t *testing.T) { // P4, P8
	for state, row := range map[string]struct {
		busy   bool
		acts   string
		tone   theme.Tone
		brings bool
	}{
		"offered": {false, "choose remind", theme.Note, true}, "planned": {false, "change cancel", theme.Note, true}, "ready": {false, "change cancel", theme.Note, true},
		"downloading": {true, "cancel", theme.Note, true}, "installing": {true, "cancel", theme.Note, true}, "checking": {true, "", theme.Note, true},
		"watching": {false, "", theme.Good, true}, "installed": {false, "dismiss", theme.Good, true}, "failed": {false, "choose remind", theme.Danger, false},
		"rolled-back": {false, "check", theme.Attention, false}, "none": {false, "check", theme.Good, false}, "": {false, "check", theme.Good, false},
	} {
		s := sample.Offered()
		s.Upgrade.State, s.Upgrade.When = state, "now"
		v := s.UpgradeView(en, sample.Now)
		if acts := upgradeActs(v); v.Busy != row.busy || acts != row.acts || v.Mark.Tone != row.tone || v.Brings != row.brings || v.Mark.Word == "" {
			t.Errorf("%q: %q %+v", state, acts, v)
		}
		s.Upgrading.Act = model.UpgradeInstall
		if v := s.UpgradeView(en, sample.Now); (v.Act != model.UpgradeNothing) != v.CanChoose {
			t.Errorf("%q: a form for nothing", state)
		}
	}
}

func upgradeActs(v model.UpgradeView) string {
	var out []string
	for _, a := range []struct {
		name string
		on   bool
	}{{"choose", v.CanChoose}, {"remind", v.CanRemind}, {"change", v.CanChange}, {"cancel", v.CanCancel}, {"check", v.CanCheck}, {"dismiss", v.CanDismiss}} {
		if a.on {
			out = append(out, a.name)
		}
	}
	return strings.Join(out, " ")
}

// Nobody accepts an upgrade in a session, nor while the code is out.
func TestNoUpgradeInASession(t *testing.T) {
	s := sample.Offered()
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Support{Support: sample.SessionState()}})
	if v := s.UpgradeView(en, sample.Now); v.CanChoose || v.Hint == "" {
		t.Errorf("%+v", v)
	}
	s = sample.Offered()
	s.Support.Phase = hostpb.SupportPhase_SUPPORT_PHASE_WAITING
	if v := s.UpgradeView(en, sample.Now); v.CanChoose || v.Hint == "" {
		t.Errorf("%+v", v)
	}
}

// What both the vendor and the site want cannot be put off.
func TestMandatoryUpgrade(t *testing.T) {
	s := sample.Offered()
	s.Upgrade.State, s.Upgrade.When, s.Upgrade.Mandatory, s.Upgrade.PlannedMs = "planned", "tonight", true, sample.In(8*time.Hour)
	if v := s.UpgradeView(en, sample.Now); upgradeActs(v) != "change" || !strings.Contains(v.Detail, "22:05") || len(v.Chips) != 1 {
		t.Errorf("%+v", v)
	}
	s.Upgrading.Changing = true
	if v := s.UpgradeView(en, sample.Now); upgradeActs(v) != "choose" {
		t.Errorf("%+v", v)
	}
}

// Each capability is shown off, with how IT authorises it; one that the site has
// authorised is shown so.
func TestUpgradeBrings(t *testing.T) { // scenario 40
	s := sample.Offered()
	s.Upgrade.Capabilities, s.Upgrade.Authorised = []string{"clipboard", "annotate\u202e"}, []string{"clipboard"}
	v := s.UpgradeView(en, sample.Now)
	if len(v.Capabilities) != 2 || !v.Capabilities[0].On || v.Capabilities[0].Name != "Clipboard" || v.Capabilities[1].On ||
		!strings.Contains(v.Capabilities[1].How, "“annotate”") || strings.Contains(v.Capabilities[1].Name, "\u202e") {
		t.Errorf("%+v", v.Capabilities)
	}
}

// As with control a second yes is asked for while nobody knows about a run.
func TestUpgradeNeeds(t *testing.T) {
	for _, row := range []struct {
		run, disturbs, identify string
		act                     model.UpgradeAct
		want                    bool
	}{
		{"unknown", "instrument", "", model.UpgradeInstall, true}, {"", "instrument", "", model.UpgradeInstall, true},
		{"running", "instrument", "", model.UpgradeInstall, false}, {"idle", "instrument", "", model.UpgradeInstall, false},
		{"unknown", "connection", "", model.UpgradeInstall, false}, {"unknown", "instrument", "", model.UpgradeAtNight, false},
		{"idle", "nothing", "initials", model.UpgradeAtNight, true}, {"idle", "nothing", "pin", model.UpgradeCancel, true},
		{"idle", "nothing", "none", model.UpgradeWhenIdle, false}, {"idle", "nothing", "", model.UpgradeRemind, true},
	} {
		s := sample.Offered()
		s.Status.InstrumentRun, s.Upgrade.Disturbs, s.Status.Identify = row.run, row.disturbs, row.identify
		if got := s.UpgradeNeeds(row.act); got != row.want {
			t.Errorf("%+v: %v", row, got)
		}
	}
}

func TestRemindHours(t *testing.T) {
	at := func(hour, minute int) time.Time { return time.Date(2026, 3, 17, hour, minute, 0, 0, time.UTC) }
	for _, row := range []struct {
		choice model.RemindChoice
		now    time.Time
		want   uint32
	}{
		{model.RemindHour, at(14, 5), 1}, {model.RemindTonight, at(14, 5), 8}, {model.RemindTonight, at(21, 30), 1}, {model.RemindTonight, at(22, 0), 24},
		{model.RemindTomorrow, at(14, 5), 18}, {model.RemindTomorrow, at(0, 10), 32}, {model.RemindDays, at(14, 5), 72}, {model.RemindWeek, at(14, 5), 168},
	} {
		if got := row.choice.Hours(row.now); got != row.want {
			t.Errorf("%d at %s: %d, want %d", row.choice, row.now.Format("15:04"), got, row.want)
		}
	}
}

// An answer that comes after an event does not undo it.
func TestUpgradeAnswered(t *testing.T) {
	s := sample.Offered()
	before := s.Upgrade
	s.UpgradeAnswered(&hostpb.Upgrade{State: "planned"}, before)
	if s.Upgrade.GetState() != "planned" {
		t.Error(s.Upgrade)
	}
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Upgrade{Upgrade: &hostpb.Upgrade{State: "installing"}}})
	s.UpgradeAnswered(&hostpb.Upgrade{State: "planned"}, before)
	if s.Upgrade.GetState() != "installing" {
		t.Error(s.Upgrade)
	}
}

// What was read is not shown again; a failed look says so and why.
func TestNothingToInstall(t *testing.T) {
	s := sample.Offered()
	s.Upgrade.State = "installed"
	s.Upgrading.Dismissed = s.Upgrade.GetDigest()
	if v := s.UpgradeView(en, sample.Now); v.CanDismiss || !v.CanCheck || v.Mark.Tone != theme.Good {
		t.Errorf("%+v", v)
	}
	for code, tone := range map[string]theme.Tone{"": theme.Good, "unreachable": theme.Attention, "metadata-expired": theme.Attention, "something-new": theme.Attention} {
		s.Upgrade = &hostpb.Upgrade{State: "none", CheckedMs: sample.Ago(time.Hour), CheckError: code}
		v := s.UpgradeView(en, sample.Now)
		if v.Mark.Tone != tone || (code == "something-new") != strings.Contains(v.Detail, "something-new") {
			t.Errorf("%q: %+v", code, v)
		}
	}
}

// The log page names a release by its version, and says when it is installed.
func TestUpgradeInTheLog(t *testing.T) {
	s := sample.State()
	entry := func(i uint64, kind string, fields map[string]string) *hostpb.Activity {
		return &hostpb.Activity{Index: i, UnixMs: sample.Ago(time.Hour), Kind: kind, Subject: strings.Repeat("ab", 32), Fields: fields}
	}
	s.Activity.List = model.ActivityList{}
	sample.LoadActivity(&s, []*hostpb.Activity{
		entry(3, "upgrade.rolled-back", map[string]string{"version": "0.1.2", "code": "health-check"}),
		entry(2, "upgrade.journal.switched", map[string]string{"version": "0.1.2"}),
		entry(1, "upgrade.planned", map[string]string{"version": "0.1.2", "when": "tonight"}),
	})
	want := [][2]string{
		{"Upgrade taken back: 0.1.2", "health-check"}, {"Upgrade service: another version was made current: 0.1.2", ""}, {"Upgrade planned: 0.1.2", "Tonight"},
	}
	for i, w := range want {
		if r := s.ActivityRow(en, i, sample.Now); r.What != w[0] || r.Meta != w[1] {
			t.Errorf("%q, %q, want %q", r.What, r.Meta, w)
		}
	}
	if r := s.ActivityRow(en, 0, sample.Now); r.Tone != theme.Attention {
		t.Errorf("%v", r.Tone)
	}
}
