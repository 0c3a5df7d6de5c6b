package sample

import (
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/view"
)

// Upgraded is a state with an upgrade in a state of its own.
func Upgraded(edit func(*hostpb.Upgrade), then ...func(*model.State)) model.State {
	s := Offered()
	edit(s.Upgrade)
	for _, f := range then {
		f(&s)
	}
	return s
}

// upgradeScreens is the upgrade page in every state.
func upgradeScreens(page func(name, page string, s model.State, then ...func(*view.Window)) Screen) []Screen {
	one := func(name string, edit func(*hostpb.Upgrade), then ...func(*model.State)) Screen {
		return page("upgrade"+name, view.Upgrade, Upgraded(edit, then...))
	}
	state := func(state string) func(*hostpb.Upgrade) { return func(u *hostpb.Upgrade) { u.State = state } }
	none := func(code string, ms int64) func(*hostpb.Upgrade) {
		return func(u *hostpb.Upgrade) {
			u.Reset()
			u.State, u.CheckError, u.CheckedMs, u.RunningVersion = "none", code, ms, "0.1.0"
		}
	}
	plan := func(in, when, held string) func(*hostpb.Upgrade) {
		return func(u *hostpb.Upgrade) {
			u.State, u.When, u.Held = in, when, held
			if when == model.UpgradeTonight {
				u.PlannedMs = In(7*time.Hour + 55*time.Minute)
			}
		}
	}
	act := func(a model.UpgradeAct) func(*model.State) { return func(s *model.State) { s.Upgrading.Act = a } }
	signed := func(s *model.State) { s.Status.Identify = "initials" }
	running := func(s *model.State) { s.Status.InstrumentRun = "running" }
	unknown := func(s *model.State) { s.Status.InstrumentRun = "unknown" }
	return []Screen{
		one("", func(*hostpb.Upgrade) {}),
		one("-pilot", func(u *hostpb.Upgrade) {
			u.Channel, u.Delta, u.Size, u.Disturbs, u.InstallSeconds, u.Capabilities = "pilot", false, 18_400_000, "instrument", 150, nil
		}),
		one("-postponed", func(u *hostpb.Upgrade) { u.PlannedMs = In(20 * time.Hour) }),
		one("-remind", func(*hostpb.Upgrade) {}, act(model.UpgradeRemind)),
		one("-sign", func(*hostpb.Upgrade) {}, signed, act(model.UpgradeAtNight)),
		one("-run", func(u *hostpb.Upgrade) { u.Disturbs = "instrument" }, unknown, signed, act(model.UpgradeInstall)),
		one("-session", func(*hostpb.Upgrade) {}, func(s *model.State) { s.Support = SessionState() }),
		one("-tonight", plan("planned", model.UpgradeTonight, "")),
		one("-change", plan("ready", model.UpgradeTonight, ""), func(s *model.State) { s.Upgrading.Changing = true }),
		one("-idle", plan("ready", model.UpgradeIdle, "run"), running),
		one("-idle-unknown", plan("planned", model.UpgradeIdle, "run"), unknown),
		one("-hours", plan("ready", model.UpgradeNow, "hours")),
		one("-mandatory", func(u *hostpb.Upgrade) { plan("planned", model.UpgradeTonight, "")(u); u.Mandatory = true }),
		one("-busy", func(u *hostpb.Upgrade) { plan("downloading", model.UpgradeNow, "")(u); u.Percent = 62 }),
		one("-paused", func(u *hostpb.Upgrade) { plan("downloading", model.UpgradeNow, "session")(u); u.Percent = 62 }),
		one("-installing", plan("installing", model.UpgradeNow, "")),
		one("-checking", state("checking")),
		one("-watching", func(u *hostpb.Upgrade) { u.State, u.RunningVersion = "watching", "0.1.1" }),
		one("-installed", func(u *hostpb.Upgrade) { u.State, u.RunningVersion = "installed", "0.1.1" }),
		one("-failed", func(u *hostpb.Upgrade) { u.State, u.ErrorCode = "failed", "unreachable" }),
		one("-rolled-back", func(u *hostpb.Upgrade) { u.State, u.ErrorCode = "rolled-back", "health-check" }),
		one("-none", none("", Ago(21*time.Minute))),
		one("-looking", none("", Ago(21*time.Minute)), func(s *model.State) { s.Upgrading.Checking, s.Upgrading.Busy = true, true }),
		one("-unchecked", none("unreachable", Ago(27*time.Hour))),
		one("-expired", none("metadata-expired", Ago(8*24*time.Hour))),
		one("-untrusted", none("not-trusted", Ago(27*time.Hour))),
		one("-never", none("", 0)),
	}
}
