package tray_test

import (
	"strings"
	"testing"

	"beckmanconnect/app/tray"
	"beckmanconnect/assets/icons"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// well is a service with nothing to report.
func well(change ...func(*hostpb.Status)) *hostpb.Status {
	s := &hostpb.Status{TermsAccepted: true, Link: hostpb.Link_LINK_ONLINE, Support: &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY}}
	for _, c := range change {
		c(s)
	}
	return s
}

func open(n uint32, worst hostpb.Severity) func(*hostpb.Status) {
	return func(s *hostpb.Status) { s.OpenNotifications, s.Worst = n, worst }
}

func phase(p hostpb.SupportPhase) func(*hostpb.Status) {
	return func(s *hostpb.Status) {
		s.Support = &hostpb.SupportState{Phase: p, SessionId: "s1", Engineer: &hostpb.Engineer{Account: "anna@vendor.example", Name: "Anna Weber"}}
	}
}

// log is one that cannot be written, for this reason.
func log(trouble string) func(*hostpb.Status) {
	return func(s *hostpb.Status) { s.Log = &hostpb.LogState{Trouble: trouble} }
}

func offline(s *hostpb.Status) { s.Link = hostpb.Link_LINK_OFFLINE }

func offer(s *hostpb.Status) {
	s.Upgrade = &hostpb.Upgrade{State: "offered", Version: "0.2.0", Digest: "d"}
}

func upgrading(state string) func(*hostpb.Status) {
	return func(s *hostpb.Status) { s.Upgrade.State = state }
}

func later(s *hostpb.Status)   { s.Upgrade.PlannedMs = 1_800_000_000_000 }
func unasked(s *hostpb.Status) { s.Upgrade.Mandatory = true }

// While something becomes of an upgrade its item says what.
func TestUpgradeItem(t *testing.T) {
	for state, want := range map[string]string{
		"offered": "Upgrade to 0.2.0 …", "planned": "Upgrade to 0.2.0 is planned …", "ready": "Upgrade to 0.2.0 is planned …", "downloading": "Upgrade to 0.2.0 is under way …",
		"watching": "Upgrade to 0.2.0 is under way …", "none": "", "installed": "", "failed": "", "rolled-back": "",
	} {
		for _, i := range tray.Show(tray.State{Connected: true, Status: well(offer, upgrading(state))}, text.New("en")).Items {
			if i.ID == tray.ItemUpgrade && (i.Hidden != (want == "") || want != "" && i.Title != want) {
				t.Errorf("%s: %+v, want %q", state, i, want)
			}
		}
	}
}

// More than nine look alike: a flood does not redraw the icon at each of them.
func TestManyAreOneNumber(t *testing.T) {
	c := text.New("en")
	for n, want := range map[uint32]int{0: 0, 1: 1, 9: 9, 10: icons.MaxCount, 11: icons.MaxCount, 4_000_000_000: icons.MaxCount} {
		if got := tray.Show(tray.State{Connected: true, Status: well(open(n, hostpb.Severity_SEVERITY_LOW))}, c).Count; got != want {
			t.Errorf("%d open: %d on the icon", n, got)
		}
	}
}

func TestShow(t *testing.T) {
	c := text.New("en")
	session, lost, waiting := hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, hostpb.SupportPhase_SUPPORT_PHASE_LOST, hostpb.SupportPhase_SUPPORT_PHASE_WAITING
	high, medium, low := hostpb.Severity_SEVERITY_HIGH, hostpb.Severity_SEVERITY_MEDIUM, hostpb.Severity_SEVERITY_LOW
	for _, test := range []struct {
		name    string
		state   tray.State
		icon    icons.State
		tooltip string // a part of it
		shown   string // items that are only shown at times
	}{
		{"no service", tray.State{}, icons.Offline, "not running", ""},
		{"service gone keeps nothing", tray.State{Status: well(phase(session), offer)}, icons.Offline, "not running", ""},
		{"well", tray.State{Connected: true, Status: well()}, icons.OK, "all is well", ""},
		{"not set up", tray.State{Connected: true, Status: &hostpb.Status{Link: hostpb.Link_LINK_UNREGISTERED}}, icons.Attention, "not set up", "set-up"},
		{"cloud offline", tray.State{Connected: true, Status: well(offline)}, icons.Offline, "offline", ""},
		{"low", tray.State{Connected: true, Status: well(open(1, low))}, icons.Attention, "1 notification needs", ""},
		{"medium", tray.State{Connected: true, Status: well(open(3, medium))}, icons.Attention, "3 notifications need", ""},
		{"high", tray.State{Connected: true, Status: well(open(2, high))}, icons.ActNow, "act now", ""},
		{"high while the cloud is offline", tray.State{Connected: true, Status: well(open(2, high), offline)}, icons.ActNow, "act now", ""},
		{"low while the cloud is offline", tray.State{Connected: true, Status: well(open(1, low), offline)}, icons.Offline, "offline", ""},
		{"the log cannot be written", tray.State{Connected: true, Status: well(log(""))}, icons.ActNow, "The log cannot be written", ""},
		{"the log is damaged, and an alarm", tray.State{Connected: true, Status: well(open(2, high), log("damaged"))}, icons.ActNow, "The log is damaged", ""},
		{"trouble we have no words for", tray.State{Connected: true, Status: well(log("new"), offline)}, icons.ActNow, "wrong with the log", ""},
		{"the log is fine", tray.State{Connected: true, Status: well(func(s *hostpb.Status) { s.Log = &hostpb.LogState{Writable: true} })}, icons.OK, "all is well", ""},
		{"withdrawn by the vendor", tray.State{Connected: true, Status: well(func(s *hostpb.Status) { s.DeviceState = "revoked" })}, icons.ActNow, "identity does not count", ""},
		{"a session, and no log", tray.State{Connected: true, Status: well(phase(session), log(""))}, icons.Session, "Anna Weber", "end-session"},
		{"waiting", tray.State{Connected: true, Status: well(open(2, high), phase(waiting))}, icons.Waiting, "waiting", ""},
		{"session", tray.State{Connected: true, Status: well(open(2, high), phase(session))}, icons.Session, "Anna Weber", "end-session"},
		{"link lost in a session", tray.State{Connected: true, Status: well(phase(lost))}, icons.Session, "Anna Weber", "end-session"},
		{"upgrade", tray.State{Connected: true, Status: well(offer)}, icons.OK, "all is well", "upgrade"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := tray.Show(test.state, c)
			if v.Icon != test.icon {
				t.Errorf("icon %s, want %s", v.Icon, test.icon)
			}
			// The number is there in every state, as long as it is known.
			if want := int(test.state.Status.GetOpenNotifications()); test.state.Connected && v.Count != want || !test.state.Connected && v.Count != 0 {
				t.Errorf("%d on the icon, want %d", v.Count, want)
			}
			if !strings.Contains(v.Tooltip, test.tooltip) {
				t.Errorf("tooltip %q, want %q in it", v.Tooltip, test.tooltip)
			}
			var shown []string
			for _, i := range v.Items {
				switch i.ID {
				case tray.ItemEndSession, tray.ItemUpgrade, tray.ItemSetUp:
					if !i.Hidden {
						shown = append(shown, i.ID)
					}
				case tray.ItemStatus:
					if i.Enabled || i.Title != v.Tooltip {
						t.Errorf("status line %+v", i)
					}
				}
			}
			if got := strings.Join(shown, ","); got != test.shown {
				t.Errorf("shown at times: %q, want %q", got, test.shown)
			}
		})
	}
}

// The menu is made once: every state has the same items in the same order, the
// first opens the window, and every language has its words.
func TestItemsAreAlwaysTheSame(t *testing.T) {
	var first []tray.Item
	for _, language := range text.Languages() {
		c := text.New(language.Tag)
		for _, s := range []tray.State{{}, {Connected: true, Status: well()}, {Connected: true, Status: well(offer, phase(hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED))}} {
			items := tray.Show(s, c).Items
			if items[0].ID != tray.ItemOpen || !items[0].Enabled {
				t.Errorf("first item %+v", items[0])
			}
			if first == nil {
				first = items
			}
			for i := range items {
				if items[i].ID != first[i].ID {
					t.Errorf("item %d is %s, was %s", i, items[i].ID, first[i].ID)
				}
				if strings.HasPrefix(items[i].Title, "tray.") || items[i].Title == "" {
					t.Errorf("%s: item %s has no words: %q", language.Tag, items[i].ID, items[i].Title)
				}
			}
		}
	}
}
