package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
)

// within bounds one part of a step, so that a story that hangs says where.
func within(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience*limit)
	defer cancel()
	return do(ctx)
}

// patience is how many times longer than on a quiet machine is waited before a
// step counts as stuck.
const patience = 3

// turnTo presses an entry of the navigation until what it leads to shows: a
// window that is only just there may not take the first click.
func (t *teller) turnTo(ctx context.Context, entry, shows string) error {
	return stage.Until(ctx, "“"+shows+"” behind “"+entry+"”", func() (bool, error) {
		if err := t.hand.Press(ctx, entry); err != nil {
			return false, err
		}
		return briefly(ctx, func(ctx context.Context) error { _, err := t.hand.Part(ctx, shows); return err }) == nil, nil
	})
}

// pipe is a second way into the service, as the same technician: for questions
// that a picture does not answer.
func pipe(ctx context.Context, pc *stage.PC) (*client.Client, error) {
	return client.Dial(ctx, client.Config{Socket: pc.Socket, DialPipe: pc.Dial(), Program: "story", Version: version.Version()})
}

// register is step 1: terms are shown and accepted, then the instrument is
// registered (P13, P19).
func (t *teller) register(ctx context.Context) (string, error) {
	service, err := pipe(ctx, t.pc)
	if err != nil {
		return "", err
	}
	defer service.Close()
	// Not only greyed out: the service itself refuses before the terms.
	if _, err := service.Host.RequestHelp(ctx, &hostpb.RequestHelpRequest{TechnicianCalled: true}); err == nil {
		return "", errors.New("help could be asked for before the terms were accepted")
	}
	err = within(ctx, 60*time.Second, func(ctx context.Context) error {
		return all(
			func() error { return t.openFromTray(ctx, "register.it-read", "tray.menu.register") },
			func() error { return t.desk(ctx, "terms") },
			func() error { return t.readyTo(ctx, "register.accept", t.tick("register.it-read")) },
			func() error { return t.hand.Press(ctx, "register.accept") },
			func() error {
				return t.readyTo(ctx, "register.submit", t.fill("register.email", "maria.koch@lab.example"), t.fill("register.name", "Maria Koch"),
					t.fill("register.type", "DxH 900"), t.fill("register.serial", "BC-4711"))
			},
			func() error { return t.desk(ctx, "registration") },
			func() error { return t.hand.Press(ctx, "register.submit") },
			func() error { return t.hand.Gone(ctx, "register.submit") },
		)
	})
	if err != nil {
		return "", err
	}
	if err := within(ctx, 30*time.Second, t.setPIN); err != nil {
		return "", err
	}
	if err := within(ctx, 30*time.Second, t.signIn); err != nil {
		return "", err
	}
	online := `(await (await fetch('/api/v1/staff/devices')).json()).some(d => d.serial === 'BC-4711' && d.online)`
	if err := within(ctx, 30*time.Second, func(ctx context.Context) error {
		return t.browser.WaitAsync(ctx, "the device to be online in the cloud", online)
	}); err != nil {
		return "", err
	}
	return "terms accepted, registered, a PIN set, online in the cloud's own list", errors.Join(t.desk(ctx, "registered"), t.page("fleet"))
}

// setPIN is the technician choosing a PIN, which a yes needs once an engineer
// has had mouse and keyboard (B3).
func (t *teller) setPIN(ctx context.Context) error {
	service, err := pipe(ctx, t.pc)
	if err != nil {
		return err
	}
	defer service.Close()
	isSet := func(ctx context.Context) error {
		return stage.Until(ctx, "the PIN to be set", func() (bool, error) {
			status, err := service.Host.GetStatus(ctx, &hostpb.GetStatusRequest{})
			return len(status.GetPinInitials()) == 1 && status.PinInitials[0] == initials, err
		})
	}
	// Nobody sees what a field that shows dots holds: it is typed until it counts.
	return stage.Until(ctx, "a PIN to be chosen", func() (bool, error) {
		err := all(
			func() error {
				return t.readyTo(ctx, "pin.save", t.fill("pin.initials", initials), t.fillHidden("pin.new", pin), t.fillHidden("pin.repeat", pin))
			},
			func() error { return t.desk(ctx, "pin") },
			func() error { return t.hand.Press(ctx, "pin.save") },
		)
		return err == nil && t.comes(ctx, isSet), err
	})
}

// chooseInTray picks an entry of the tray's menu in the technician's language.
func (t *teller) chooseInTray(ctx context.Context, key string, args ...any) error {
	return t.on.chooseInTray(ctx, t, t.words.T(key, args...))
}

// openFromTray picks an entry of the tray's menu until what it leads to shows: a
// menu closes under the mouse when a window comes up, and a person opens it again.
func (t *teller) openFromTray(ctx context.Context, shows, key string, args ...any) error {
	return stage.Until(ctx, "“"+shows+"” behind the tray's “"+key+"”", func() (bool, error) {
		if err := t.chooseInTray(ctx, key, args...); err != nil {
			return false, err
		}
		return t.comes(ctx, func(ctx context.Context) error { _, err := t.hand.Part(ctx, shows); return err }), nil
	})
}

// readyTo does what is needed before a button answers, and again when it does not:
// a window that has only just come up may not take the mouse or the keyboard yet.
func (t *teller) readyTo(ctx context.Context, button string, needed ...func(context.Context) error) error {
	return stage.Until(ctx, "“"+button+"” to answer", func() (bool, error) {
		for _, do := range needed {
			if err := do(ctx); err != nil {
				return false, err
			}
		}
		return t.comes(ctx, func(ctx context.Context) error { return t.hand.Pressable(ctx, button) }), nil
	})
}

// comes is whether something happens in the time in which a program that was
// asked answers, also under Wine on a busy machine.
func (t *teller) comes(ctx context.Context, what func(context.Context) error) bool {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return what(ctx) == nil
}

// fill writes a text into a field until it stands there.
func (t *teller) fill(part, text string) func(context.Context) error {
	return func(ctx context.Context) error {
		return stage.Until(ctx, "“"+text+"” in “"+part+"”", func() (bool, error) {
			if err := t.hand.Fill(ctx, part, text); err != nil {
				return false, err
			}
			return t.comes(ctx, func(ctx context.Context) error { return t.hand.Holds(ctx, part, text) }), nil
		})
	}
}

// fillHidden writes into a field that shows dots.
func (t *teller) fillHidden(part, text string) func(context.Context) error {
	return func(ctx context.Context) error { return t.hand.Fill(ctx, part, text) }
}

func (t *teller) tick(part string) func(context.Context) error {
	return func(ctx context.Context) error { return t.hand.Tick(ctx, part) }
}

// signIn is the engineer's, through the development provider.
func (t *teller) signIn(ctx context.Context) error {
	return all(
		func() error { return t.browser.Open(t.house.Cloud() + "/") },
		func() error { return t.browser.Click("#sign-in") },
		func() error { return t.browser.Fill("#username", stage.EngineerAccount) },
		func() error { return t.browser.Fill("#password", stage.EngineerPassword) },
		func() error { return t.page("sign-in") },
		func() error { return t.browser.Click("#submit") },
		func() error {
			return t.browser.Wait(ctx, "the console", `document.querySelector('#waiting') && location.origin === '`+t.house.Cloud()+`'`)
		},
	)
}

// notify is step 2: a condition of the machine and a line in the instrument's
// log each raise a notification; they are acknowledged and survive a crash
// (P2, P7, B9).
func (t *teller) notify(ctx context.Context) (string, error) {
	before, err := t.trayPicture(ctx)
	if err != nil {
		return "", err
	}
	if err := stage.Fill(t.pc.Folder, 94); err != nil {
		return "", err
	}
	if err := t.pc.WriteLog(time.Now().Format("2006-01-02 15:04:05") + " ERROR SYR-02 Sample syringe worn, stroke deviation 3.1 %"); err != nil {
		return "", err
	}
	codes := map[string]uint64{}
	err = within(ctx, 40*time.Second, func(ctx context.Context) error {
		return stage.Until(ctx, "two notifications", func() (bool, error) {
			rows, err := t.notifications(ctx)
			for _, n := range rows {
				codes[n.Code] = n.Id
			}
			return len(codes) >= 2, err
		})
	})
	if err != nil {
		return "", err
	}
	err = within(ctx, 10*time.Second, func(ctx context.Context) error {
		return stage.Until(ctx, "another tray icon", func() (bool, error) {
			after, err := t.trayPicture(ctx)
			return err == nil && string(before) != string(after), err
		})
	})
	if err != nil {
		return "", err
	}
	if err := errors.Join(t.desk(ctx, "toast"), t.on.toasts(ctx, t)); err != nil {
		return "", err
	}
	if err := t.on.shotOfTrayMenu(ctx, t, t.report.shot("tray-menu")); err != nil {
		return "", err
	}
	err = within(ctx, 60*time.Second, func(ctx context.Context) error {
		if err := t.openFromTray(ctx, "nav.notifications", "tray.menu.open"); err != nil {
			return err
		}
		if err := t.turnTo(ctx, "nav.notifications", "notification.*.acknowledge"); err != nil {
			return err
		}
		for _, id := range codes {
			part := fmt.Sprintf("notification.%d.acknowledge", id)
			if _, err := t.hand.Part(ctx, part); err != nil {
				return err
			}
		}
		if err := t.desk(ctx, "notifications"); err != nil {
			return err
		}
		for _, id := range codes {
			part := fmt.Sprintf("notification.%d.acknowledge", id)
			if err := t.hand.Press(ctx, part); err != nil {
				return err
			}
			if err := t.hand.Gone(ctx, part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	// The cloud knows, and a crash of the service forgets nothing.
	acknowledged := `await (async () => { const d = (await (await fetch('/api/v1/staff/devices')).json()).find(d => d.serial === 'BC-4711');
		const n = await (await fetch('/api/v1/staff/notifications?device=' + d.id)).json(); return n.filter(x => x.state === 'acknowledged').length >= 2 })()`
	if err := within(ctx, 30*time.Second, func(ctx context.Context) error {
		return t.browser.WaitAsync(ctx, "both acknowledged in the cloud", acknowledged)
	}); err != nil {
		return "", err
	}
	if err := t.pc.CrashService(ctx); err != nil {
		return "", err
	}
	err = within(ctx, 30*time.Second, func(ctx context.Context) error {
		return stage.Until(ctx, "the acknowledged notifications after a crash", func() (bool, error) {
			rows, err := t.notifications(ctx)
			n := 0
			for _, row := range rows {
				if codes[row.Code] == row.Id && row.State == hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED {
					n++
				}
			}
			return n == len(codes), err
		})
	})
	if err != nil {
		return "", err
	}
	log, err := t.pc.Ctl(ctx, "log", "list")
	if err != nil {
		return "", err
	}
	for _, kind := range []string{"notification.raised", "notification.acknowledged"} {
		if strings.Count(log, kind) < 2 {
			return "", fmt.Errorf("the log has fewer than two entries %q", kind)
		}
	}
	return "a full file system and a line of the instrument's log; toast, icon, rows; acknowledged here and in the cloud; still there after kill -9", nil
}

func (t *teller) notifications(ctx context.Context) ([]*hostpb.Notification, error) {
	service, err := pipe(ctx, t.pc)
	if err != nil {
		return nil, err
	}
	defer service.Close()
	page, err := service.Host.ListNotifications(ctx, &hostpb.ListNotificationsRequest{})
	return page.GetNotifications(), err
}

// trayPicture is what the tray shows now, for comparing.
func (t *teller) trayPicture(ctx context.Context) ([]byte, error) {
	file := t.path("tray.png")
	defer os.Remove(file)
	if err := t.desktop.ShotOfTray(ctx, file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// proof is step 9: the log verifies, and with one byte changed it does not
// (B4, scenario 48).
func (t *teller) proof(ctx context.Context) (string, error) {
	good, err := t.pc.Ctl(ctx, "log", "verify", "--json")
	if err != nil {
		return "", fmt.Errorf("the log does not verify: %w", err)
	}
	var report map[string]any
	if err := json.Unmarshal([]byte(good), &report); err != nil {
		return "", fmt.Errorf("beckmanctl log verify --json: %w", err)
	}
	where, err := t.tamper(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("verified: %s; with one byte changed: %s", oneLine(good), oneLine(where)), nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
