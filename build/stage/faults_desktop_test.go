package stage

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/engineer"
	"beckmanconnect/session/wire"
)

// What the tray's menu says.
const (
	saysNoService = "the service is not running"
	saysSetUp     = "not set up yet"
	saysOK        = "all is well"
)

// login is a technician who is logged on at a desktop of their own.
type login struct {
	*site
	display *Display
	hand    *Hand
	env     []string
}

func newLogin(t *testing.T) *login {
	t.Helper()
	if testing.Short() {
		t.Skip("a desktop takes seconds to come up")
	}
	s := newSite(t)
	_, display, hand, err := s.h.TechnicianDesktop(s.ctx, 1024, 768)
	if err != nil {
		t.Fatal(err)
	}
	return &login{site: s, display: display, hand: hand, env: append(display.Env(), hand.LayoutEnv(), "LANG=en_US.UTF-8", "LANGUAGE=en")}
}

func (l *login) trayUp() {
	l.t.Helper()
	l.Tray = l.h.startOnce(l.t, "tray", "beckmanconnect-tray", l.env, "--config", l.Config)
}

// trayWatches waits until the service counts a tray: without one nobody starts
// the desktop helper.
func (l *login) trayWatches() {
	l.t.Helper()
	l.traySays("BeckmanConnect")
	until(l.t, l.ctx, "the tray at the service", func() (bool, error) {
		items, err := l.display.trayMenu(l.ctx)
		for _, i := range items {
			if strings.Contains(i.Label, saysNoService) {
				return false, err
			}
		}
		return len(items) > 0, err
	})
}

func (l *login) traySays(what string) {
	l.t.Helper()
	until(l.t, l.ctx, "the tray to say “"+what+"”", func() (bool, error) {
		items, err := l.display.trayMenu(l.ctx)
		for _, i := range items {
			if strings.Contains(i.Label, what) {
				return true, nil
			}
		}
		return false, err
	})
}

// process finds a program of this login's by the configuration it was started
// with; the tray starts the window and the helper.
func (l *login) process(program string) int {
	l.t.Helper()
	pid := 0
	until(l.t, l.ctx, program, func() (bool, error) { pid = l.find(program); return pid != 0, nil })
	return pid
}

func (l *login) find(program string) int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		l.t.Fatal(err)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		args := strings.Split(string(line), "\x00")
		if err == nil && args[0] == l.h.bin(program) && strings.Contains(string(line), l.Config) {
			return pid
		}
	}
	return 0
}

// crashOf is kill -9 of a program the tray started.
func (l *login) crashOf(program string) {
	l.t.Helper()
	pid := l.process(program)
	p, err := os.FindProcess(pid)
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		l.t.Fatal(err)
	}
	until(l.t, l.ctx, program+" to be gone", func() (bool, error) { return l.find(program) != pid, nil })
}

// The tray with the service absent says so, and reconnects by itself.
func TestTheServiceIsAbsent(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	l.trayUp()
	l.traySays(saysNoService)
	l.serviceUp()
	l.traySays(saysSetUp)
	crash(l.Service)
	l.traySays(saysNoService)
	l.serviceUp()
	l.traySays(saysSetUp)
	l.raise("sample-syringe-worn")
	l.traySays("needs attention")
}

// A desktop without a place for the icon gets the window instead, and a toast
// says why.
func TestDesktopWithoutATray(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	l.serviceUp()
	panel := l.display.proc[len(l.display.proc)-1]
	panel.Stop(5 * time.Second)
	until(t, l.ctx, "the desktop without a tray", func() (bool, error) {
		has, err := l.display.hasName(l.ctx, "org.kde.StatusNotifierWatcher")
		return err == nil && !has, err
	})
	l.trayUp()
	l.process("beckmanconnect")
	until(t, l.ctx, "the window and the toast", func() (bool, error) {
		windows, err := l.display.Windows(l.ctx)
		window, toast := false, false
		for _, w := range windows {
			window = window || w.Shown && w.Class == "beckmanconnect" && w.H > 400
			toast = toast || w.Shown && w.Class == "Dunst"
		}
		return window && toast, err
	})
}

// Kill -9 of every program at every step, on the technician's real desktop:
// nothing acknowledged is lost, a grant ends with what dies on the PC, and the
// story goes on (scenarios 7, 17, 47; B5).
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	cloud := l.h.cloudUp(t, l.ctx)
	upgrade := l.h.startOnce(t, "upgrade", "beckmanconnect-upgrade", nil, "--config", l.Config)
	l.serviceUp()
	l.trayUp()
	l.register()
	d := l.h.signIn(t, l.ctx)
	step := func(name string, do func()) {
		began := time.Now()
		do()
		t.Logf("%s: %v", name, time.Since(began).Round(10*time.Millisecond))
	}

	step("after registration", func() {
		id := l.status().GetRegistration().GetDeviceId()
		crash(l.Service)
		l.serviceUp()
		if now := l.status(); now.GetRegistration().GetDeviceId() != id || !now.GetTermsAccepted() {
			t.Errorf("the registration is lost: %v", now)
		}
		crash(l.Tray)
		l.trayUp()
		l.traySays(saysOK)
	})
	step("with raised notifications", func() {
		l.acknowledge(l.raise("sample-syringe-worn"))
		l.raise("sample-temperature-out-of-range")
		for range 3 {
			crash(l.Service)
			l.serviceUp()
			l.want(hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED, "sample-syringe-worn")
			l.want(hostpb.AlarmState_ALARM_STATE_RAISED, "sample-temperature-out-of-range")
		}
		crash(l.Tray)
		l.trayUp()
		l.traySays("act now")
		l.proven()
		l.acknowledge(l.notifications()["sample-temperature-out-of-range"])
	})
	step("while a code waits", func() {
		help := l.requestHelp()
		crash(l.Tray) // it gave nobody anything: the code stays
		l.trayUp()
		if again := l.requestHelp(); again.Code != help.Code {
			t.Error("the code did not outlive the tray")
		}
		crash(l.Service) // codes live in memory only
		l.serviceUp()
		if why := l.status().GetSupport(); why.GetPhase() != hostpb.SupportPhase_SUPPORT_PHASE_READY {
			t.Errorf("a code outlived the service: %v", why)
		}
		l.trayWatches()
	})
	step("the cloud, while a code waits", func() {
		help := l.requestHelp()
		crash(cloud)
		cloud = l.h.cloudUp(t, l.ctx)
		if again := l.requestHelp(); again.Code != help.Code {
			t.Error("the code did not outlive the cloud")
		}
		v := l.connected(d)
		// Nothing is granted yet: there is nothing to come back to.
		crash(cloud)
		if why := l.over(); why != "link-lost" {
			t.Errorf("ended by %q", why)
		}
		cloud = l.h.cloudUp(t, l.ctx)
		v.client.Bye(l.ctx)
	})
	step("the cloud, under a live view lease", func() { cloud = l.cloudDies(d, cloud) })
	step("the tray, while connected", func() {
		v := l.connected(d)
		crash(l.Tray)
		if why := v.ended(); why != "tray-lost" || l.over() != why {
			t.Errorf("the tray died: ended by %q", why)
		}
		l.trayUp()
		l.trayWatches()
	})
	step("the service, while connected", func() {
		v := l.connected(d)
		crash(l.Service)
		v.phase(engineer.Lost)
		l.serviceUp()
		l.over()
		l.trayWatches()
	})
	step("the upgrade service, while connected", func() {
		v := l.connected(d)
		crash(upgrade) // it has no part in a session: nothing was granted to it
		l.h.startOnce(t, "upgrade", "beckmanconnect-upgrade", nil, "--config", l.Config)
		l.viewed(v)
		l.crashOf("beckmanconnect-desktop")
		if why := v.ended(); why != "helper-lost" || l.over() != why {
			t.Errorf("the helper died: ended by %q", why)
		}
	})
	step("the screen is locked, under a live view lease", func() {
		v := l.connected(d)
		l.viewed(v)
		// Said until it is heard: the helper may only just have come up.
		until(t, l.ctx, "the lock to end the session", func() (bool, error) {
			_, err := run(l.ctx, l.display.Env(), "dbus-send", "--session", "--type=signal", "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver.ActiveChanged", "boolean:true")
			return l.status().GetSupport().GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_READY, err
		})
		if why := v.ended(); why != "locked" || l.over() != why {
			t.Errorf("the screen was locked: ended by %q", why)
		}
	})
	step("the window, under a live view lease", func() {
		v := l.connected(d)
		l.viewed(v)
		l.crashOf("beckmanconnect")
		if why := v.ended(); why != "bar-lost" && why != "window-lost" || l.over() != why {
			t.Errorf("the window died: ended by %q", why)
		}
	})
	step("the tray, under a live view lease", func() {
		v := l.connected(d)
		l.viewed(v)
		crash(l.Tray)
		if why := v.ended(); why != "tray-lost" && why != "helper-lost" || l.over() != why {
			t.Errorf("the tray died: ended by %q", why)
		}
		until(t, l.ctx, "the helper to go with the tray", func() (bool, error) { return l.find("beckmanconnect-desktop") == 0, nil })
		l.trayUp()
		l.trayWatches()
	})
	step("the service, under a live view lease", func() {
		v := l.connected(d)
		l.viewed(v)
		crash(l.Service)
		v.phase(engineer.Lost)
		l.serviceUp()
		if why := l.over(); why != "" {
			t.Errorf("the service remembers a session: %q", why)
		}
		until(t, l.ctx, "the helper to go with the service", func() (bool, error) { return l.find("beckmanconnect-desktop") == 0, nil })
		l.trayWatches()
	})
	step("and the story goes on", func() {
		v := l.connected(d)
		l.viewed(v)
		ask(l.site, hostpb.HostClient.EndSession, &hostpb.EndSessionRequest{How: "button"})
		if why := v.ended(); why != "technician" || l.over() != why {
			t.Errorf("ended by %q", why)
		}
		l.want(hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED, "sample-syringe-worn", "sample-temperature-out-of-range")
		l.delivered(d, map[string]string{"sample-syringe-worn": "acknowledged", "sample-temperature-out-of-range": "acknowledged"})
		l.proven()
	})
	crash(cloud)
}

// cloudDies: only a lost cloud resumes, inside the lease and without a prompt
// (scenario 18).
func (l *login) cloudDies(d *desk, cloud *Process) *Process {
	l.t.Helper()
	v := l.connected(d)
	before := l.viewed(v)
	crash(cloud)
	v.phase(engineer.Lost)
	until(l.t, l.ctx, "the host to notice", func() (bool, error) {
		return l.status().GetSupport().GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_LOST, nil
	})
	cloud = l.h.cloudUp(l.t, l.ctx)
	v.phase(engineer.Session)
	v.pictured()
	after := l.status().GetSupport()
	switch {
	case after.GetPhase() != hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED || after.GetSessionId() != before.GetSessionId():
		l.t.Errorf("another session came back: %v", after)
	case len(after.GetLeases()) != 1 || after.GetLeases()[0].GetUntilUnixMs() != before.GetLeases()[0].GetUntilUnixMs():
		l.t.Errorf("another lease came back: %v", after.GetLeases())
	}
	if n := l.prompts(); n != 1 {
		l.t.Errorf("%d prompts for one lease", n)
	}
	v.say(wire.Message{Type: "bye"})
	if why := v.ended(); why != engineer.WhyLeft && why != "engineer" {
		l.t.Errorf("ended by %q", why)
	}
	l.over()
	return cloud
}

// prompts counts how often the technician was asked, by the log.
func (l *login) prompts() int {
	l.t.Helper()
	n := 0
	for _, e := range ask(l.site, hostpb.HostClient.ListActivity, &hostpb.ListActivityRequest{Limit: 200}).GetEntries() {
		if e.Kind == "prompt.shown" {
			n++
		}
	}
	return n
}
