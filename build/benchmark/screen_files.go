package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/hostpb"
)

// fileTarget: what the bare relay carries may be 1/0.7 of ours, as ratios are
// rounded.
const fileTarget = 1.429

// fileRounds is how often each direction is measured.
const fileRounds = 3

// fileWithin is how long one may take.
const fileWithin = 3 * time.Minute

// fileTimes are rates in megabytes a second.
type fileTimes struct {
	size                 int64
	toPC, toEngineer     []float64 // ours
	barePC, bareEngineer []float64 // the bare relay
	skipped              []string  // what was not measured, and why
	failed               []string  // what did not get through, and why
}

func (f *fileTimes) rows() []row {
	if f == nil {
		return nil
	}
	var rows []row
	for _, d := range []struct {
		name       string
		mine, bare []float64
	}{{"to the PC", f.toPC, f.barePC}, {"to the engineer", f.toEngineer, f.bareEngineer}} {
		if len(d.mine) > 0 {
			// What did not get through at all counts as good as nothing.
			rows = append(rows, yields(fmt.Sprintf("file of %d MB %s", f.size>>20, d.name), "MB/s", max(median(d.mine), .01), "bare relay", median(d.bare), fileTarget))
		}
	}
	return rows
}

func (f *fileTimes) details() (lines []string) {
	if f == nil {
		return nil
	}
	lines = append(lines, fmt.Sprintf("files of %d MB, MB/s: to the PC %.1f (bare relay %.1f), to the engineer %.1f (bare relay %.1f)", f.size>>20,
		f.toPC, f.barePC, f.toEngineer, f.bareEngineer))
	for _, s := range f.skipped {
		lines = append(lines, "not measured: "+s)
	}
	for _, s := range f.failed {
		lines = append(lines, "FAILED: "+s)
	}
	return lines
}

// files measures transfers in both directions against a bare relay that carries
// as many bytes between two sockets. One that fails is a row that is missed, not
// the end of a run whose other figures stand.
func (b *screenBench) files(ctx context.Context) error {
	f := &fileTimes{size: 64 << 20}
	if b.o.seconds < 10 {
		f.size = 16 << 20
	}
	b.results.files = f
	bare, err := openBareRelay(firstPort + 60)
	if err != nil {
		return err
	}
	defer bare.close()
	if err := b.ours.front(); err != nil {
		return err
	}
	for round := range min(fileRounds, b.o.rounds) {
		up, down, err := bare.rates(ctx, f.size)
		if err != nil {
			return fmt.Errorf("the bare relay: %w", err)
		}
		f.barePC, f.bareEngineer = append(f.barePC, up), append(f.bareEngineer, down)
		there, err := b.ours.fileToPC(ctx, b.programs.dir, round, f.size)
		if err != nil {
			f.failed = append(f.failed, fmt.Sprintf("file to the PC: %v", err))
			err = nil
		}
		f.toPC = append(f.toPC, there)
		back, skipped := 0.0, ""
		if len(f.skipped) == 0 {
			back, skipped, err = b.ours.fileToEngineer(ctx, round, f.size)
		}
		switch {
		case len(f.skipped) > 0:
		case err != nil:
			f.failed = append(f.failed, fmt.Sprintf("file to the engineer: %v", err))
			f.toEngineer = append(f.toEngineer, 0)
		case skipped != "":
			f.skipped = append(f.skipped, skipped)
		default:
			f.toEngineer = append(f.toEngineer, back)
		}
		b.say("file of %d MB, MB/s: to the PC %.1f, the bare relay %.1f; to the engineer %.1f, the bare relay %.1f", f.size>>20, there, up, back, down)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if len(f.failed) > 0 {
			break
		}
	}
	return nil
}

// fileStates runs in the console's page and notes when the newest file of its
// list comes to each state.
const fileStates = `(() => {
	window.benchFile?.observer.disconnect();
	const known = new Set([...document.querySelectorAll('.file[data-id]')].map((e) => e.dataset.id));
	const b = window.benchFile = {at: {}, why: ''};
	const look = () => {
		for (const e of document.querySelectorAll('.file[data-id]')) {
			if (known.has(e.dataset.id)) continue;
			b.at[e.dataset.state] ??= performance.now();
			b.why = e.dataset.why ?? '';
		}
	};
	b.observer = new MutationObserver(look);
	b.observer.observe(document.body, {subtree: true, childList: true, attributes: true, attributeFilter: ['data-state']});
})()`

// fileTold is what fileStates noted: ms by state.
type fileTold struct {
	At  map[string]float64 `json:"at"`
	Why string             `json:"why"`
}

// carried waits until the page's newest file has got through, and gives the
// rate from the first of its bytes to the last.
func (r *rig) carried(ctx context.Context, size int64, first string) (rate float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, fileWithin)
	defer cancel()
	var told fileTold
	err = stage.Until(ctx, "the file to get through", func() (bool, error) {
		if err := r.browser.Eval(`({at: window.benchFile.at, why: window.benchFile.why})`, &told); err != nil {
			return false, err
		}
		_, finished := told.At["finished"]
		for _, bad := range []string{"failed", "denied", "timeout"} {
			if _, is := told.At[bad]; is {
				return true, fmt.Errorf("%s: %s", bad, told.Why)
			}
		}
		return finished, nil
	})
	if err != nil {
		return 0, fmt.Errorf("%w (%+v)", err, told)
	}
	began, is := told.At[first]
	if !is {
		return 0, fmt.Errorf("the page never said %q: %+v", first, told.At)
	}
	ended, checked := told.At["checking"]
	if !checked || first == "receiving" {
		ended = told.At["finished"]
	}
	return float64(size) / 1e6 / ((ended - began) / 1000), nil
}

// fileToPC offers a file in the console, and the technician takes it. Hashing
// before and scanning after it are not the transfer's.
func (r *rig) fileToPC(ctx context.Context, dir string, round int, size int64) (rate float64, err error) {
	file := filepath.Join(dir, fmt.Sprintf("calibration-%d.bin", round))
	if err := randomFile(file, size, uint64(round)); err != nil {
		return 0, err
	}
	defer os.Remove(file)
	r.technician.forget()
	if err := inTurn(
		func() error { return r.browser.Eval(fileStates, nil) },
		func() error { return r.browser.Choose("#file-input", file) },
	); err != nil {
		return 0, err
	}
	q, err := r.technician.prompt(ctx, hostpb.Capability_CAPABILITY_FILES)
	if err != nil {
		told := fileTold{}
		_ = r.browser.Eval(`({at: window.benchFile.at, why: window.benchFile.why})`, &told) // says why there was no prompt
		return 0, fmt.Errorf("%w (the page: %+v)", err, told)
	}
	if _, err := r.technician.allow(ctx, q); err != nil {
		return 0, err
	}
	return r.carried(ctx, size, "sending")
}

// randomFile cannot be made smaller on its way.
func randomFile(file string, size int64, seed uint64) error {
	content := make([]byte, size)
	random := rand.NewChaCha8([32]byte{byte(seed), 47, 11})
	_, _ = random.Read(content) // never fails
	return os.WriteFile(file, content, 0o600)
}
