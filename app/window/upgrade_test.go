package window

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/server"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/view"
)

// newUpgradeStage is at the upgrade page with a version on offer.
func newUpgradeStage(t *testing.T, edit func(*hostpb.Status)) *stage {
	status := sample.Status()
	status.Upgrade = sample.Upgrade()
	edit(status)
	s := newStageWith(t, Config{View: view.Upgrade}, status)
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.AcceptUpgrade = func(_ context.Context, r *hostpb.AcceptUpgradeRequest) (*hostpb.Upgrade, error) {
			u := sample.Upgrade()
			u.State, u.When = "planned", r.GetWhen()
			return u, nil
		}
		h.PostponeUpgrade = func(context.Context, *hostpb.PostponeUpgradeRequest) (*hostpb.Upgrade, error) {
			u := sample.Upgrade()
			u.PlannedMs = sample.In(1)
			return u, nil
		}
		h.CancelUpgrade = func(context.Context, *hostpb.CancelUpgradeRequest) (*hostpb.Upgrade, error) {
			return sample.Upgrade(), nil
		}
	})
	s.ready()
	return s
}

func (s *stage) shows(id string) func() bool {
	return func() bool { return part.Find(s.program.main.Content(), id) != nil }
}

// One press each, where the site wants nothing more.
func TestUpgradePresses(t *testing.T) { // P4, P8
	s := newUpgradeStage(t, func(*hostpb.Status) {})
	digest := sample.Upgrade().GetDigest()
	s.tap(s.program.main, "upgrade.tonight")
	if r := s.called("AcceptUpgrade", 1).Request.(*hostpb.AcceptUpgradeRequest); r.GetDigest() != digest || r.GetWhen() != "tonight" || r.GetRunConfirmed() {
		t.Errorf("%v", r)
	}
	s.until("it is planned", s.shows("upgrade.change"))
	s.tap(s.program.main, "upgrade.change")
	s.tap(s.program.main, "upgrade.remind")
	s.tap(s.program.main, "upgrade.remind.0")
	if r := s.called("PostponeUpgrade", 1).Request.(*hostpb.PostponeUpgradeRequest); r.GetDigest() != digest || r.GetHours() != 1 {
		t.Errorf("%v", r)
	}
	s.until("it is offered again", s.shows("upgrade.now"))
	s.tap(s.program.main, "upgrade.now")
	if r := s.called("AcceptUpgrade", 2).Request.(*hostpb.AcceptUpgradeRequest); r.GetWhen() != "now" {
		t.Errorf("%v", r)
	}
	s.until("it is planned", s.shows("upgrade.cancel"))
	s.tap(s.program.main, "upgrade.cancel")
	if r := s.called("CancelUpgrade", 1).Request.(*hostpb.CancelUpgradeRequest); r.GetDigest() != digest {
		t.Errorf("%v", r)
	}
	s.until("it is offered again", s.shows("upgrade.now"))
}

// Initials and the second yes go with it, and the initials are offered the next
// time.
func TestUpgradeIsSigned(t *testing.T) { // defaults.md, "Who acted"
	s := newUpgradeStage(t, func(status *hostpb.Status) {
		status.Identify, status.InstrumentRun, status.Upgrade.Disturbs = "initials", "unknown", "instrument"
	})
	s.tap(s.program.main, "upgrade.now")
	s.until("the form", s.shows("upgrade.run-yes"))
	if n := len(s.service.Host.Calls("AcceptUpgrade")); n != 0 {
		t.Fatalf("%d calls before the form", n)
	}
	part.Find(s.program.main.Content(), "upgrade.run-yes").(*part.Check).SetChecked(true)
	part.Find(s.program.main.Content(), "upgrade.initials").(*part.Entry).SetText("aw")
	s.tap(s.program.main, "upgrade.act")
	if r := s.called("AcceptUpgrade", 1).Request.(*hostpb.AcceptUpgradeRequest); r.GetInitials() != "AW" || !r.GetRunConfirmed() || r.GetWhen() != "now" {
		t.Errorf("%v", r)
	}
	s.until("it is planned", s.shows("upgrade.change"))
	if s.program.LastInitials() != "AW" {
		t.Errorf("initials %q", s.program.LastInitials())
	}
}

// A refusal is said, and what was offered can still be chosen.
func TestUpgradeRefused(t *testing.T) {
	s := newUpgradeStage(t, func(*hostpb.Status) {})
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.AcceptUpgrade = func(context.Context, *hostpb.AcceptUpgradeRequest) (*hostpb.Upgrade, error) {
			return nil, server.Fail(codes.FailedPrecondition, "session-running", "a session is running", "")
		}
	})
	s.tap(s.program.main, "upgrade.idle")
	s.until("the refusal", func() bool { return s.program.state.Failure == "session-running" })
	if v := s.program.state.UpgradeView(s.program.kit.Words, s.now); !v.CanChoose || !v.Enabled {
		t.Errorf("%+v", v)
	}
}

// Looking takes its time and is shown; what was read is not shown again, also
// by the next window.
func TestLookAndDismiss(t *testing.T) {
	s := newUpgradeStage(t, func(status *hostpb.Status) { status.Upgrade = &hostpb.Upgrade{State: "none"} })
	release := make(chan struct{})
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.CheckUpgrades = func(ctx context.Context, _ *hostpb.CheckUpgradesRequest) (*hostpb.Upgrade, error) {
			select {
			case <-release:
			case <-ctx.Done():
			}
			u := sample.Upgrade()
			u.State = "installed"
			return u, nil
		}
	})
	s.tap(s.program.main, "upgrade.check")
	s.called("CheckUpgrades", 1)
	if !s.program.state.Upgrading.Checking {
		t.Error("nothing says that it is looked for")
	}
	s.program.CheckUpgrades() // once is enough
	close(release)
	s.until("the outcome", s.shows("upgrade.dismiss"))
	s.tap(s.program.main, "upgrade.dismiss")
	s.until("it is read", s.shows("upgrade.check"))
	if n := len(s.service.Host.Calls("CheckUpgrades")); n != 1 || s.program.app.Preferences().String(dismissedKey) != sample.Upgrade().GetDigest() {
		t.Errorf("%d calls, %q", n, s.program.app.Preferences().String(dismissedKey))
	}
	if s.program.state.Upgrading.Act != model.UpgradeNothing {
		t.Error("a form is open")
	}
}
