package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/build/stage"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/hostpb"
)

// tasks plays five tasks as a newcomer gets them, with the real programs, and
// counts what each takes (B12, C4). What is not the task is set up beforehand.
func tasks(ctx context.Context, o options) (err error) {
	t := &teller{o: o, words: text.New(o.lang), report: &report{dir: o.dir, now: new(step)}, on: newcomer{}}
	defer func() {
		if t.house != nil {
			t.house.Close()
		}
	}()
	if err := t.yesterday(ctx); err != nil {
		return err
	}
	if err := t.setUp(ctx); err != nil {
		return fmt.Errorf("setting the stage: %w", err)
	}
	var done []*task
	for _, one := range []func(context.Context) (*task, error){t.readAlarm, t.getHelp, t.refuseFile, t.postpone, t.exportLog} {
		played, err := one(ctx)
		if err != nil {
			picture := filepath.Join(o.tasks, "failed.png")
			return errors.Join(fmt.Errorf("%s: %w", played.Name, err), t.desktop.Shot(context.WithoutCancel(ctx), picture))
		}
		done = append(done, played)
		fmt.Printf("%-14s %2d clicks %2d keys %2d screens  person %5.1f s  programs %4.1f s  %s\n", played.Name, played.Clicks, played.Keys, played.Screens, played.Person, played.Program, played.Detail)
	}
	raw, err := json.MarshalIndent(done, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.tasks, "tasks.json"), append(raw, '\n'), 0o644)
}

// newcomer is the platform of the tasks: the technician logs on later, when the
// PC has been set up as by somebody else.
type newcomer struct{ linux }

func (newcomer) setUp(ctx context.Context, t *teller) (err error) {
	if t.outer, t.desktop, t.hand, err = t.house.TechnicianDesktop(ctx, 1280, 800); err != nil {
		return err
	}
	if err := t.house.StartScanner(ctx); err != nil {
		return err
	}
	t.pc, err = t.house.AddPC(ctx, stage.PCConfig{Name: "pc1", Policy: sitePolicy})
	return err
}

// yesterday gives this stage a time zone in which midnight comes while it is
// set up, so that its log has a day before today.
func (t *teller) yesterday(ctx context.Context) error {
	const ahead = 40 * time.Second
	now := time.Now().UTC()
	since := now.Sub(now.Truncate(24 * time.Hour))
	offset := 24*time.Hour - since - ahead
	if offset > 12*time.Hour {
		offset -= 24 * time.Hour
	}
	sign := ""
	if offset < 0 {
		sign = "-"
	}
	o := offset.Abs()
	source := t.path("zone")
	line := fmt.Sprintf("Zone Lab %s%d:%02d:%02d - LAB\n", sign, int(o.Hours()), int(o.Minutes())%60, int(o.Seconds())%60)
	if err := os.WriteFile(source, []byte(line), 0o600); err != nil {
		return err
	}
	zic, err := exec.LookPath("zic")
	if err != nil {
		zic = "/usr/sbin/zic" // not on everybody's path
	}
	if out, err := exec.CommandContext(ctx, zic, "-d", t.path("zones"), source).CombinedOutput(); err != nil {
		return fmt.Errorf("zic: %w: %s", err, out)
	}
	t.midnight = now.Add(ahead)
	return os.Setenv("TZ", t.path("zones", "Lab"))
}

// ready registers the PC without a hand, as it was long before, and leaves the
// guide of a first start behind; then the technician logs on.
func (t *teller) ready(ctx context.Context) error {
	service, err := pipe(ctx, t.pc)
	if err != nil {
		return err
	}
	defer service.Close()
	terms, err := service.Host.GetTerms(ctx, &hostpb.GetTermsRequest{Language: t.o.lang})
	if err != nil {
		return err
	}
	if _, err := service.Host.AcceptTerms(ctx, &hostpb.AcceptTermsRequest{Version: terms.Version, Sha256: terms.Sha256, ItRequirementsRead: true}); err != nil {
		return err
	}
	if _, err := service.Host.Register(ctx, &hostpb.RegisterRequest{Email: "maria.koch@lab.example", Name: "Maria Koch", InstrumentType: "DxH 900", Serial: "BC-4711"}); err != nil {
		return err
	}
	if _, err := service.Host.SetPIN(ctx, &hostpb.SetPINRequest{Initials: initials, Pin: pin}); err != nil {
		return err
	}
	folder := filepath.Join(t.desktop.Home(), ".config", version.ID())
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	raw, err := json.Marshal(map[string]string{"guided": version.Version(), "language": t.o.lang, "look": "light"})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "preferences.json"), raw, 0o600); err != nil {
		return err
	}
	if err := stage.Until(ctx, "midnight", func() (bool, error) { return time.Now().After(t.midnight), nil }); err != nil {
		return err
	}
	if err := t.pc.LogOn(t.desktop, t.hand.LayoutEnv(), "LANG="+t.o.lang+".UTF-8"); err != nil {
		return err
	}
	return t.signIn(ctx)
}

// readAlarm is the first task.
func (t *teller) readAlarm(ctx context.Context) (*task, error) {
	p := t.newPerson(t.o.tasks, "read-alarm", "Something is wrong with the instrument. Find out what, and tell the program that you deal with it.")
	return p.task, within(ctx, 120*time.Second, func(ctx context.Context) error {
		if err := t.ready(ctx); err != nil {
			return err
		}
		if err := t.pc.WriteLog(time.Now().Format("2006-01-02 15:04:05") + " ERROR SYR-02 Sample syringe worn, stroke deviation 3.1 %"); err != nil {
			return err
		}
		var alarm *hostpb.Notification
		if err := stage.Until(ctx, "the alarm", func() (bool, error) {
			rows, err := t.notifications(ctx)
			for _, n := range rows {
				if n.GetSource() == "instrument-log" {
					alarm = n
				}
			}
			return alarm != nil, err
		}); err != nil {
			return err
		}
		row := fmt.Sprintf("notification.%d", alarm.GetId())
		if err := p.tray(ctx, t.words.T("tray.menu.open"), "nav.notifications"); err != nil {
			return err
		}
		if err := p.toRow(ctx, row); err != nil {
			return err
		}
		return all(
			func() error { return p.click(ctx, "opens the alarm", row, row+".page") },
			func() error {
				return p.do(ctx, act{Does: "reads what to do", Person: 2 * mindTime}, image.Rectangle{}, nil, nil)
			},
			func() error { return p.click(ctx, "acknowledges it", row+".acknowledge", "") },
			func() error { return t.hand.Gone(ctx, row+".acknowledge") },
			func() error {
				return stage.Until(ctx, "the alarm acknowledged in the service", func() (bool, error) {
					rows, err := t.notifications(ctx)
					for _, n := range rows {
						if n.GetId() == alarm.GetId() {
							return n.GetState() == hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED, err
						}
					}
					return false, err
				})
			},
			func() error { return p.end(ctx, "the service has it as acknowledged") },
		)
	})
}

// toRow goes to the list of notifications, where the window opens elsewhere.
func (p *person) toRow(ctx context.Context, row string) error {
	parts, err := p.t.hand.Parts()
	if err != nil {
		return err
	}
	for _, part := range parts {
		if part.ID == row {
			return nil
		}
	}
	return p.click(ctx, "goes to the notifications", "nav.notifications", row)
}

// getHelp is the second.
func (t *teller) getHelp(ctx context.Context) (*task, error) {
	p := t.newPerson(t.o.tasks, "get-help", "You have the vendor’s service on the phone. They ask you for a code.")
	return p.task, within(ctx, 90*time.Second, func(ctx context.Context) error {
		if err := t.closeMainWindow(ctx); err != nil {
			return err
		}
		return all(
			func() error { return p.tray(ctx, t.words.T("tray.menu.help"), "help.called-them") },
			func() error { return p.click(ctx, "says who called whom", "help.called-them", "help.request") },
			func() error { return p.click(ctx, "asks for the code", "help.request", "help.code") },
			func() error {
				code, err := t.readCode(ctx)
				if err != nil {
					return err
				}
				return p.end(ctx, fmt.Sprintf("a code of %d characters waits", len(strings.ReplaceAll(code, " ", ""))))
			},
		)
	})
}

// refuseFile is the third: the engineer is in, and offers a file.
func (t *teller) refuseFile(ctx context.Context) (*task, error) {
	p := t.newPerson(t.o.tasks, "refuse-file", "The engineer is connected. You do not want a file from them.")
	return p.task, within(ctx, 120*time.Second, func(ctx context.Context) error {
		code, err := t.readCode(ctx)
		if err != nil {
			return err
		}
		offered := t.path("calibration-v7.bin")
		if err := os.WriteFile(offered, []byte("a calibration"), 0o600); err != nil {
			return err
		}
		return all(
			func() error { return t.browser.Click("#waiting .request button.join") },
			func() error { return t.browser.Fill("#ticket", "4711") },
			func() error { return t.browser.Fill("#reason", "Sample syringe worn") },
			func() error { return t.enter(ctx, code) },
			func() error { return t.browser.Choose("#file-input", offered) },
			func() error { _, err := t.hand.Part(ctx, "prompt.deny"); return err },
			func() error {
				return p.do(ctx, act{Does: "reads who wants what", Person: 2 * mindTime}, image.Rectangle{}, nil, nil)
			},
			func() error { return p.click(ctx, "denies it", "prompt.deny", "") },
			func() error { return t.hand.Gone(ctx, "prompt.deny") },
			func() error {
				return t.browser.Wait(ctx, "the refusal on the engineer's page", `/denied|refused/i.test(document.querySelector('#files')?.textContent ?? '')`)
			},
			func() error {
				if found, err := arrivedAny(t.desktop.Home()); err != nil || found {
					return fmt.Errorf("the file is on the PC (%w)", err)
				}
				return p.end(ctx, "the engineer’s page says so, and no file is on the PC")
			},
			func() error { return t.hand.Press(ctx, "bar.end") },
			func() error {
				return stage.Until(ctx, "the end of the session", func() (bool, error) {
					state, err := t.support(ctx)
					return state.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_READY, err
				})
			},
		)
	})
}

// postpone is the fourth.
func (t *teller) postpone(ctx context.Context) (*task, error) {
	p := t.newPerson(t.o.tasks, "postpone-update", "A new version is offered. You have samples to run; you want to be asked again later.")
	return p.task, within(ctx, 180*time.Second, func(ctx context.Context) error {
		if err := t.closeMainWindow(ctx); err != nil {
			return err
		}
		if err := t.house.Release(ctx, t.o.release); err != nil {
			return err
		}
		version := archiveVersion(t.o.release)
		if err := stage.Until(ctx, "the offer", func() (bool, error) {
			u, err := t.upgradeStatus(ctx)
			return u.State == "offered" && u.Version == version, err
		}); err != nil {
			return err
		}
		return all(
			func() error {
				return p.tray(ctx, t.words.T("tray.menu.upgrade-offered", "version", version), "upgrade.remind")
			},
			func() error { return p.click(ctx, "wants to be reminded", "upgrade.remind", "upgrade.remind.1") },
			func() error { return p.click(ctx, "says when", "upgrade.remind.1", "") },
			func() error { return t.hand.Gone(ctx, "upgrade.remind.1") },
			func() error {
				return stage.Until(ctx, "the offer put off", func() (bool, error) {
					out, err := t.pc.Ctl(ctx, "log", "list")
					return strings.Contains(out, "upgrade.postponed"), err
				})
			},
			func() error { return p.end(ctx, "the log has it as postponed") },
		)
	})
}

// exportLog is the fifth.
func (t *teller) exportLog(ctx context.Context) (*task, error) {
	p := t.newPerson(t.o.tasks, "export-log", "Your quality manager wants a PDF of what this program did yesterday.")
	return p.task, within(ctx, 90*time.Second, func(ctx context.Context) error {
		if err := t.closeMainWindow(ctx); err != nil {
			return err
		}
		saved := func() ([]string, error) { return filepath.Glob(filepath.Join(t.desktop.Home(), "*", "*", "*.pdf")) }
		return all(
			func() error { return p.tray(ctx, t.words.T("tray.menu.activity"), "activity.span") },
			func() error {
				return p.choose(ctx, "opens the list of days", "activity.span", yesterdayEntry, nil)
			},
			func() error { return p.click(ctx, "wants a file of it", "activity.export", "activity.export.do") },
			func() error { return p.click(ctx, "saves it as PDF", "activity.export.do", "activity.export.folder") },
			func() error {
				files, err := saved()
				if err != nil || len(files) != 1 {
					return fmt.Errorf("%d files were saved (%w)", len(files), err)
				}
				return p.end(ctx, "saved as "+filepath.Base(files[0]))
			},
		)
	})
}

// yesterdayEntry is the number of “Yesterday” among the choices of days.
const yesterdayEntry = 2
