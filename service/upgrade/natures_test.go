package upgrade

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/upgradepb"
)

// Versions that look well at first, each in its own way, with the times a PC
// has: the one before runs in the end, and why is said (scenario 41).
func TestVersionsThatFailLater(t *testing.T) {
	for name, tt := range map[string]struct {
		nature nature
		phase  string
		says   string // part of the error
	}{
		"well":                                    {nature{}, installed, ""},
		"the service never answers":               {nature{ServiceNever: true}, rolledBack, errHealth.Error()},
		"the service ends again and again":        {nature{ServiceEnds: 2 * time.Second}, rolledBack, errHealth.Error()},
		"the service ends after 30 s":             {nature{ServiceEnds: 30 * time.Second}, rolledBack, "it ended 2 times"},
		"the service ends after 70 s":             {nature{ServiceEnds: 70 * time.Second}, rolledBack, "it ended 2 times"},
		"the upgrade service crashes at once":     {nature{UpgradeCrashes: -1}, rolledBack, "its upgrade service did not start"},
		"the upgrade service crashes after 30 s":  {nature{UpgradeCrashes: 30 * time.Second}, rolledBack, "its upgrade service did not start"},
		"both":                                    {nature{UpgradeCrashes: 30 * time.Second, ServiceEnds: 30 * time.Second}, rolledBack, "its upgrade service did not start"},
		"the upgrade service crashes after 5 min": {nature{UpgradeCrashes: 5 * time.Minute}, installed, ""}, // the trial is over by then
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, dir, tt.nature)
				var last *upgradepb.State
				var kinds []string
				w.look = func(u *Upgrader) {
					last = u.board.get()
					for _, e := range u.journal.oldest(100) {
						kinds = append(kinds, e.GetKind())
					}
				}
				faults := w.play([]deed{{Name: "install", Digest: newDigest}})
				if tt.phase == installed {
					faults = slices.DeleteFunc(faults, func(f string) bool { return strings.HasPrefix(f, "a version that is not healthy") })
				}
				for _, f := range faults {
					t.Error(f)
				}
				if last.GetPhase() != tt.phase || !strings.Contains(last.GetError(), tt.says) || (tt.says == "") != (last.GetErrorCode() == "") {
					t.Errorf("in the end: %v", last)
				}
				want := []string{kindSwitched}
				if tt.phase == rolledBack {
					want = append(want, kindUnhealthy, kindRolledBack)
				} else {
					want = append(want, kindHealthy)
				}
				for _, k := range want {
					if !slices.Contains(kinds, k) {
						t.Errorf("the journal has %q, not %s", kinds, k)
					}
				}
			})
		})
	}
}

// While something is held nothing goes on, and the state says what for; a hold
// that nobody renews ends, and the installation goes on.
func TestHeldInstallation(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dir, nature{})
		w.look = func(u *Upgrader) {
			if s := u.board.get(); s.GetPhase() != installed {
				t.Errorf("in the end: %v", s)
			}
		}
		phase := func(want, held string) func(*Upgrader) {
			return func(u *Upgrader) {
				if s := u.board.get(); s.GetPhase() != want || s.GetHeld() != held {
					t.Errorf("%v, want %s held for %q", s, want, held)
				}
			}
		}
		faults := w.play([]deed{
			{Name: "hold", Reason: "session"},
			{Name: "install", Digest: newDigest, Then: 50 * time.Second},
			{Name: "look", Look: phase(downloading, "session")},
			{Name: "hold", Reason: "run", Then: 59 * time.Second}, // 60 s from here
			{Name: "look", Look: phase(downloading, "run")},
			{Name: "nothing", Then: 2 * time.Second},
			{Name: "look", Look: phase(downloading, "")},
			{Name: "hold", Reason: "hours", Then: 10 * time.Second}, // in mid-download
			{Name: "look", Look: phase(downloading, "hours")},
			{Name: "free", Then: time.Minute},
			{Name: "look", Look: phase(watching, "")},
		})
		for _, f := range faults {
			t.Error(f)
		}
	})
}

// The new version has to have what the one before had: its link to the cloud,
// a store that takes entries. What it never had is not asked of it, and a
// network that is down for everybody is not its doing.
func TestWhatTheServiceHadBefore(t *testing.T) {
	for name, tt := range map[string]struct {
		nature nature
		phase  string
		says   string
	}{
		"the link does not come up":           {nature{Offline: true}, rolledBack, "its link to the cloud does not come up"},
		"nor did it before":                   {nature{Offline: true, OldOffline: true}, installed, ""},
		"nor does anybody's":                  {nature{Offline: true, Unreachable: true}, installed, ""},
		"the store takes no entries":          {nature{ReadOnly: true}, rolledBack, "its store does not take entries"},
		"nor did it before, the disk is full": {nature{ReadOnly: true, OldReadOnly: true}, installed, ""},
		"it has more than before":             {nature{OldOffline: true, OldReadOnly: true}, installed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, dir, tt.nature)
				w.look = func(u *Upgrader) {
					if s := u.board.get(); s.GetPhase() != tt.phase || !strings.Contains(s.GetError(), tt.says) {
						t.Errorf("in the end: %v", s)
					}
				}
				for _, f := range w.play([]deed{{Name: "nothing", Then: 5 * time.Second}, {Name: "install", Digest: newDigest}}) {
					if tt.phase != installed || !strings.HasPrefix(f, "a version that is not healthy") {
						t.Error(f)
					}
				}
			})
		})
	}
}

// A hold that comes in the last moment, while what is staged is verified, still
// keeps the switch.
func TestHeldInTheLastMoment(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dir, nature{})
		held := 0
		w.stepped = func(u *Upgrader, name string) {
			if name == "verify" && held < 3 {
				held++
				u.hold.set("session", time.Minute)
			}
		}
		w.look = func(u *Upgrader) {
			if s := u.board.get(); s.GetPhase() != installed || held != 3 {
				t.Errorf("held %d times; in the end: %v", held, s)
			}
		}
		for _, f := range w.play([]deed{{Name: "install", Digest: newDigest, Then: 3*time.Minute + 10*time.Second}}) {
			t.Error(f)
		}
	})
}

// The disk is full when a version has to be undone, so that this cannot be
// remembered, and the power fails on the way back: the next start goes on with
// it all the same (scenario 41).
func TestPowerFailsOnTheWayBackWithAFullDisk(t *testing.T) {
	for _, at := range []string{"switch-back", "switched-back", "outcome"} {
		t.Run(at, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, dir, nature{ServiceNever: true})
				killed := false
				w.stepped = func(_ *Upgrader, name string) {
					w.set(func() {
						w.full = w.full || name == "switched"
						if name == at && !killed {
							killed, w.crash = true, true
						}
					})
				}
				w.look = func(u *Upgrader) {
					if s := u.board.get(); s.GetPhase() != rolledBack || !killed {
						t.Errorf("killed %v; in the end: %v", killed, s)
					}
				}
				for _, f := range w.play([]deed{{Name: "install", Digest: newDigest, Then: time.Minute}}) {
					t.Error(f)
				}
			})
		})
	}
}

// Calls that come twice, too late, or for something else.
func TestCallsOutOfTurn(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dir, nature{})
		code := func(call func(*Upgrader) error, want string) func(*Upgrader) {
			return func(u *Upgrader) {
				t.Helper()
				if err := call(u); client.Code(err) != want && !(err == nil && want == "") {
					t.Errorf("in %s: %v, want %q", u.board.get().GetPhase(), err, want)
				}
			}
		}
		install := func(digest string) func(*Upgrader) error {
			return func(u *Upgrader) error {
				_, err := u.Install(t.Context(), &upgradepb.InstallRequest{Digest: digest})
				w.set(func() { w.asked = w.asked || err == nil })
				return err
			}
		}
		download := func(u *Upgrader) error {
			_, err := u.Download(t.Context(), &upgradepb.DownloadRequest{Digest: newDigest})
			return err
		}
		cancel := func(digest string) func(*Upgrader) error {
			return func(u *Upgrader) error {
				_, err := u.Cancel(t.Context(), &upgradepb.CancelRequest{Digest: digest})
				w.set(func() { w.asked = w.asked && err != nil })
				return err
			}
		}
		hold := func(reason string, seconds uint32) func(*Upgrader) error {
			return func(u *Upgrader) error {
				_, err := u.Hold(t.Context(), &upgradepb.HoldRequest{Reason: reason, Seconds: seconds})
				return err
			}
		}
		phase := func(want string) func(*Upgrader) {
			return func(u *Upgrader) {
				t.Helper()
				if s := u.board.get(); s.GetPhase() != want {
					t.Errorf("%v, want %s", s, want)
				}
			}
		}
		var deeds []deed
		at := func(then time.Duration, look func(*Upgrader)) {
			deeds = append(deeds, deed{Name: "look", Look: look, Then: then})
		}
		at(0, phase(offered))
		for _, wrong := range []string{"", "x", oldDigest, "../" + newDigest} {
			at(0, code(install(wrong), CodeNotOffered))
			at(0, code(cancel(wrong), CodeNotOffered))
		}
		at(0, code(hold("lunch", 60), CodeBadHold))
		at(0, code(hold("run", 301), CodeBadHold))
		at(time.Second, code(download, ""))
		at(0, phase(downloading))
		at(0, code(download, ""))                      // once more
		at(0, code(cancel(oldDigest), CodeNotOffered)) // not this one
		at(0, code(cancel(newDigest), ""))             // in time
		at(0, phase(offered))                          // and the bytes stay
		at(10*time.Second, code(download, ""))         // ahead
		at(0, phase(ready))
		at(0, code(download, ""))          // it is here
		at(0, code(cancel(newDigest), "")) // not now
		at(0, phase(offered))
		at(0, code(download, "")) // it is here still
		at(0, phase(ready))       // without a second download
		at(0, code(hold("session", 60), ""))
		at(time.Second, code(install(newDigest), ""))
		at(0, phase(downloading))           // held before anything else
		at(0, code(install(newDigest), "")) // a second click
		at(0, code(hold("", 0), ""))
		at(100*time.Millisecond, phase(restarting))
		at(0, code(cancel(newDigest), CodeTooLate))
		at(time.Minute, code(install(newDigest), "")) // a third: it is under way
		at(0, phase(watching))
		at(0, code(cancel(newDigest), CodeTooLate))
		at(0, code(install(newDigest), CodeNotOffered))
		at(3*time.Minute, code(download, CodeNotOffered))
		at(0, phase(installed))
		at(0, code(cancel(newDigest), CodeTooLate))
		for _, f := range w.play(deeds) {
			t.Error(f)
		}
		if turned := with(w, func() int { return w.turned }); turned != 1 {
			t.Errorf("switched %d times", turned)
		}
	})
}

// A check that is asked for while something is going on disturbs nothing and
// returns at once.
func TestCheckWhileBusy(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dir, nature{})
		look := func(u *Upgrader) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if s, err := u.Check(ctx, &upgradepb.CheckRequest{}); err != nil || s.GetPhase() != watching {
				t.Errorf("%v, %v", s, err)
			}
		}
		for _, f := range w.play([]deed{{Name: "install", Digest: newDigest, Then: time.Minute}, {Name: "look", Look: look}}) {
			t.Error(f)
		}
	})
}

// An upgrade service that is on trial and hangs is ended, and only that one.
func TestHungTrialIsEnded(t *testing.T) {
	for name, tt := range map[string]struct {
		trial, ends bool // ends: the trial does, in time
		want        int
	}{
		"on trial, and hangs":    {true, false, 1},
		"on trial, and comes up": {true, true, 0},
		"not on trial":           {false, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, dir, nature{})
				w.put(newDigest, "1.1.0")
				if tt.trial {
					if err := w.install.Switch(newDigest); err != nil {
						t.Fatal(err)
					}
				}
				ended := 0
				go guard(t.Context(), w.install, trialLimit, func() { ended++ })
				time.Sleep(trialLimit - time.Second)
				if tt.ends {
					if err := w.install.EndTrial(); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if ended != tt.want {
					t.Errorf("ended %d times, want %d", ended, tt.want)
				}
			})
		})
	}
}
