package view_test

import (
	"testing"

	"fyne.io/fyne/v2"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/view"
)

func TestUpgradeTaps(t *testing.T) {
	with := func(edit func(*hostpb.Upgrade), then ...func(*model.State)) model.State {
		return sample.Upgraded(edit, then...)
	}
	offered := with(func(*hostpb.Upgrade) {})
	planned := with(func(u *hostpb.Upgrade) { u.State, u.When = "planned", "tonight" })
	installed := with(func(u *hostpb.Upgrade) { u.State = "installed" })
	none := with(func(u *hostpb.Upgrade) { u.Reset() })
	remind := with(func(*hostpb.Upgrade) {}, func(s *model.State) { s.Upgrading.Act = model.UpgradeRemind })
	digest := offered.Upgrade.GetDigest()
	for _, row := range []struct {
		id, want string
		state    *model.State
	}{
		{"upgrade.now", "upgrade act 2", &offered}, {"upgrade.tonight", "upgrade act 3", &offered}, {"upgrade.idle", "upgrade act 4", &offered},
		{"upgrade.remind", "upgrade act 1", &offered}, {"upgrade.change", "change upgrade", &planned}, {"upgrade.cancel", "upgrade act 5", &planned},
		{"upgrade.check", "check", &none}, {"upgrade.dismiss", "dismiss " + digest, &installed},
		{"upgrade.remind.0", "postpone " + digest + " 0", &remind}, {"upgrade.remind.4", "postpone " + digest + " 4", &remind}, {"upgrade.act.cancel", "upgrade act 0", &remind},
	} {
		v, a, _ := window(t, view.Upgrade, row.state)
		tap(t, v.Content(), row.id)
		if a.last() != row.want {
			t.Errorf("%s: %q, want %q", row.id, a.last(), row.want)
		}
	}
}

// Initials and the second yes: nothing is sent before both are there, and what
// was typed outlives an event.
func TestUpgradeForm(t *testing.T) {
	s := sample.Upgraded(func(u *hostpb.Upgrade) { u.Disturbs = "instrument" }, func(s *model.State) {
		s.Status.Identify, s.Status.InstrumentRun, s.Upgrading.Act = "initials", "unknown", model.UpgradeInstall
	})
	v, a, w := window(t, view.Upgrade, &s)
	tap(t, v.Content(), "upgrade.act")
	if a.last() != "" {
		t.Fatalf("without the second yes: %q", a.last())
	}
	part.Find(v.Content(), "upgrade.run-yes").(*part.Check).SetChecked(true)
	part.Find(v.Content(), "upgrade.initials").(*part.Entry).SetText("")
	tap(t, v.Content(), "upgrade.act")
	if a.last() != "" {
		t.Fatalf("without initials: %q", a.last())
	}
	part.Find(v.Content(), "upgrade.initials").(*part.Entry).SetText("aw")
	s.Upgrade.CheckedMs = sample.Ago(0) // an event
	v.Update(&s, sample.Now)
	tap(t, v.Content(), "upgrade.act")
	if want := "accept 4be83d557c1f02a9 now true AW"; a.last() != want {
		t.Errorf("%q, want %q", a.last(), want)
	}
	w.Canvas().Focus(part.Find(v.Content(), "upgrade.act").(fyne.Focusable))
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if a.last() != "upgrade act 0" {
		t.Errorf("Escape: %q", a.last())
	}
}

// Everything on the page is reached with Tab.
func TestUpgradeByKeyboard(t *testing.T) {
	for name, s := range map[string]model.State{
		"offered": sample.Upgraded(func(*hostpb.Upgrade) {}),
		"remind":  sample.Upgraded(func(*hostpb.Upgrade) {}, func(s *model.State) { s.Upgrading.Act = model.UpgradeRemind }),
		"signed":  sample.Upgraded(func(*hostpb.Upgrade) {}, func(s *model.State) { s.Status.Identify, s.Upgrading.Act = "pin", model.UpgradeAtNight }),
		"planned": sample.Upgraded(func(u *hostpb.Upgrade) { u.State, u.When = "planned", "idle" }),
	} {
		v, _, w := window(t, view.Upgrade, &s)
		reached := map[string]bool{}
		for range 30 {
			w.Canvas().FocusNext()
			if f, ok := w.Canvas().Focused().(part.Identified); ok {
				reached[f.WidgetID()] = true
			}
		}
		for _, p := range part.Places(v.Content()) {
			switch o := p.Object.(type) {
			case *part.Button:
				if o.Enabled() && !reached[p.ID] {
					t.Errorf("%s: %s is not reached with Tab", name, p.ID)
				}
			case *part.Entry:
				if !reached[p.ID] {
					t.Errorf("%s: %s is not reached with Tab", name, p.ID)
				}
			}
		}
	}
}
