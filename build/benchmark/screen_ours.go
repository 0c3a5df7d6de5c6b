package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beckmanconnect/build/benchmark/paint"
	"beckmanconnect/build/stage"
	"beckmanconnect/internal/xmanaged"
	"beckmanconnect/ipc/hostpb"
)

// rig is the product as it runs in the field: cloud, service, tray, window and
// desktop helper, a console in Chromium, and the relay and the end-to-end
// channel between them. Only the technician's clicks are replaced by the calls
// that they make.
type rig struct {
	*contender
	house      *stage.House
	pc         *stage.PC
	desktop    *stage.Display
	browser    *stage.Browser // the console's tab
	technician *technician
}

// openOurs starts all of it. Nobody has joined yet.
func openOurs(ctx context.Context, o options, p *programs) (r *rig, err error) {
	if o.archive == "" {
		return nil, fmt.Errorf("--package names no release archive")
	}
	r = &rig{contender: &contender{name: ours}}
	defer func() {
		if err != nil {
			r.close()
			r = nil
		}
	}()
	if r.house, err = stage.Open(ctx, stage.Config{Dir: filepath.Join(o.dir, "house"), Bin: o.bin, Package: o.archive, Progress: func(what string) { fmt.Fprintln(os.Stderr, "  "+what) }}); err != nil {
		return r, err
	}
	r.closing = append(r.closing, r.house.Close)
	// Where files are scanned, there are none without a scanner.
	if err = r.house.StartScanner(ctx); err != nil {
		return r, err
	}
	if r.pc, err = r.house.AddPC(ctx, stage.PCConfig{Name: "pc1", Folder: o.dir, Policy: screenPolicy}); err != nil {
		return r, err
	}
	if err = r.overLine(ctx); err != nil {
		return r, fmt.Errorf("the PC behind the counted line: %w", err)
	}
	if err = register(ctx, r.pc); err != nil {
		return r, err
	}
	if r.technician, err = technicianOf(ctx, r.pc); err != nil {
		return r, err
	}
	r.closing = append(r.closing, r.technician.close)
	if err = r.logOn(ctx, p); err != nil {
		return r, err
	}
	if r.browser, err = r.house.OpenBrowser(ctx); err != nil {
		return r, err
	}
	address := r.house.Cloud() + "/"
	if o.desk {
		if address, err = r.house.OpenDesk(ctx); err != nil {
			return r, err
		}
	}
	if err = consoleAt(ctx, r.browser, address); err != nil {
		return r, fmt.Errorf("the engineer's console: %w", err)
	}
	r.eyes = canvasView{tab: r.browser, canvas: "#screen"}
	r.front = r.browser.Front
	r.pids = r.processes
	r.apart = r.truth.places
	return r, nil
}

// screenPolicy is that of a laboratory without patient data, with everything
// on that a session may have.
const screenPolicy = `number = 1
site = "Laboratory 1"
instrument_class = "general"
instrument_type = "DxH 900"
staff = ["` + stage.EngineerAccount + `"]
prompt_timeout = "60s"

[capabilities]
view = "ask"
control = "ask"
files = "ask"
`

// overLine puts a counted line between the PC and the cloud: the service gets
// the line's address for the cloud's. The name stays, so the certificate holds.
func (r *rig) overLine(ctx context.Context) (err error) {
	cloud, err := url.Parse(r.house.Cloud())
	if err != nil {
		return err
	}
	if r.line, err = openLine(firstPort+1, "127.0.0.1:"+cloud.Port(), true); err != nil {
		return err
	}
	r.closing = append(r.closing, r.line.close)
	text, err := os.ReadFile(r.pc.Config)
	if err != nil {
		return err
	}
	behind := *cloud
	behind.Host = fmt.Sprintf("%s:%d", cloud.Hostname(), r.line.port())
	changed := strings.Replace(string(text), r.house.Cloud(), behind.String(), 1)
	if changed == string(text) {
		return errors.New("the PC's configuration does not name the cloud")
	}
	if err := os.WriteFile(r.pc.Config, []byte(changed), 0o600); err != nil {
		return err
	}
	before := r.pc.Service.PID()
	r.pc.Service.Kill()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return stage.Until(ctx, "the service with its new address", func() (bool, error) {
		if r.pc.Service.PID() == before {
			return false, nil
		}
		_, err := r.pc.Ctl(ctx, "status", "--json")
		return err == nil, err
	})
}

// logOn makes the technician's desktop, as the peers' are, with the session bus
// that a tray needs, and starts the tray on it.
func (r *rig) logOn(ctx context.Context, p *programs) (err error) {
	if r.display, err = p.xvfb("ours-display"); err != nil {
		return err
	}
	bus := filepath.Join(p.dir, "bus")
	if _, err := p.start("ours-dbus", nil, nil, "dbus-daemon", "--session", "--nofork", "--nopidfile", "--address=unix:path="+bus); err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := stage.Until(wait, "the session bus", func() (bool, error) { _, err := os.Stat(bus); return err == nil, nil }); err != nil {
		return err
	}
	r.desktop = &stage.Display{Name: r.display, Bus: "unix:path=" + bus}
	if _, err := p.start("ours-openbox", r.desktop.Env(), nil, "openbox", "--sm-disable"); err != nil {
		return err
	}
	if err := xmanaged.Await(wait, r.display); err != nil {
		return err
	}
	if err := paint.Wallpaper(r.display); err != nil {
		return err
	}
	if r.truth, err = openXView(r.display); err != nil {
		return err
	}
	r.closing = append(r.closing, r.truth.close)
	home := filepath.Join(r.pc.Dir, "technician") // inside the house, which ends what lives there
	for _, dir := range []string{"run", ".config", ".cache", ".local/share"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			return err
		}
	}
	return r.pc.LogOn(r.desktop, "HOME="+home, "XDG_CONFIG_HOME="+home+"/.config", "XDG_CACHE_HOME="+home+"/.cache", "XDG_DATA_HOME="+home+"/.local/share",
		"XDG_RUNTIME_DIR="+home+"/run", "LANG=en_US.UTF-8", "LANGUAGE=en")
}

// join has the technician ask for help and the engineer come. Nothing is
// granted yet.
func (r *rig) join(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	if err := r.technician.ready(ctx); err != nil {
		return err
	}
	r.technician.forget()
	help, err := r.technician.host.RequestHelp(ctx, &hostpb.RequestHelpRequest{TechnicianCalled: true})
	if err != nil {
		return fmt.Errorf("ask for help: %w", err)
	}
	button := fmt.Sprintf("#waiting .request[data-id=%q] button.join", help.GetRequestId())
	b := r.browser
	return inTurn(
		b.Front,
		func() error {
			return b.Wait(ctx, "the request in the engineer's list", fmt.Sprintf("document.querySelector(%q)", button))
		},
		func() error { return b.Click(button) },
		func() error { return b.Fill("#reason", "Ticket 4711: sample syringe") },
		func() error { return b.Fill("#code", help.GetCode()) },
		func() error { return b.Click("#join-confirm") },
		func() error {
			return b.Wait(ctx, "the session", `document.querySelector('#ask-view')?.offsetParent && document.querySelector('#words')?.textContent.trim()`)
		},
	)
}

// granted has the engineer ask for view and control for the whole session, and
// the technician allow both.
func (r *rig) granted(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	err := r.browser.Eval(`(() => { const d = document.querySelector('#duration'); if (d) { d.value = 'session'; d.dispatchEvent(new Event('change')); } })()`, nil)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		button string
		is     hostpb.Capability
	}{{"#ask-view", hostpb.Capability_CAPABILITY_VIEW}, {"#ask-control", hostpb.Capability_CAPABILITY_CONTROL}} {
		if err := r.browser.Click(c.button); err != nil {
			return err
		}
		q, err := r.technician.prompt(ctx, c.is)
		if err != nil {
			return err
		}
		if _, err := r.technician.allow(ctx, q); err != nil {
			return err
		}
		if err := r.browser.Wait(ctx, c.button+" granted", fmt.Sprintf(`document.querySelector(%q)?.dataset.state === 'granted'`, c.button)); err != nil {
			return err
		}
	}
	if err := r.barAlone(ctx); err != nil {
		return err
	}
	return stage.Until(ctx, "the engineer's picture to equal the technician's screen", func() (bool, error) {
		n, err := r.compare()
		if err == nil && n > 0 {
			err = fmt.Errorf("%d pixels differ", n)
		}
		return n == 0, err
	})
}

// barAlone puts the product's larger window away, as a technician does who
// wants to see the instrument's screen. The session bar stays, at the upper
// edge, where no work is done.
func (r *rig) barAlone(ctx context.Context) error {
	return stage.Until(ctx, "the session bar alone", func() (bool, error) {
		all, err := r.truth.own()
		bars, others := 0, 0
		for _, w := range all {
			if w.place.Dy() < paint.Top {
				bars++
				continue
			}
			others++
			if err == nil {
				err = r.truth.dismiss(w.client)
			}
		}
		return bars > 0 && others == 0, err
	})
}

// inTurn does one after the other until one fails.
func inTurn(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
