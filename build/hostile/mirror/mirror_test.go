package mirror

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	"beckmanconnect/build/hostile/tally"
	"beckmanconnect/internal/release"
)

func attemptOf(t *testing.T, try func(*walk) error) *tally.Report {
	t.Helper()
	all := map[string]class{"test": {"test", 1, try}}
	k := tally.Kind{Name: "mirror", Block: 1, Classes: []tally.Class{{Name: "test", Weight: 1}}, Run: func(ctx context.Context, b *tally.Block) error {
		return block(ctx, b, all)
	}}
	r, err := tally.Run(t.Context(), k, tally.Options{Attempts: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What a mirror must not be able to do is done here by those who may, or by
// hand: the observer finds each of it.
func TestTheObserverFinds(t *testing.T) {
	for what, try := range map[string]func(*walk) error{
		// Both keys sign a release that the vendor's books know nothing of.
		"offer": func(w *walk) error {
			d, content := w.evil()
			name := release.ArchiveName(d.Version, d.Platform)
			target, err := w.vendor.file(name, content, d)
			if err != nil {
				return err
			}
			return w.amongTargets(name, target)
		},
		// The PC has seen more than it is held to have.
		"old offer": func(w *walk) error {
			w.floor += 1000
			w.serve(w.vendor.newest(), nil)
			w.look()
			w.floor = 0
			return nil
		},
		// Another root was installed meanwhile.
		"lasting": func(w *walk) error {
			w.pc.root = w.other.first
			w.pc.restart()
			return nil
		},
		"state": func(w *walk) error {
			w.judgeError(errors.New("something went wrong"), checkCodes)
			return nil
		},
		"bytes": func(w *walk) error {
			w.serve(w.vendor.newest(), func(http.ResponseWriter, *http.Request, string) bool {
				w.server.sent.Add(most + 1)
				return false
			})
			w.look()
			return nil
		},
	} {
		t.Run(what, func(t *testing.T) {
			r := attemptOf(t, try)
			if !slices.ContainsFunc(r.Found, func(a tally.Act) bool { return a.What == what }) {
				t.Errorf("it was not found: %+v", r.Found)
			}
		})
	}
}

// An honest mirror is no attack.
func TestAnHonestMirror(t *testing.T) {
	r := attemptOf(t, func(w *walk) error {
		w.serve(w.vendor.newest(), nil)
		w.look()
		return nil
	})
	if r.Acts != 0 || r.Live["downloads verified"] == 0 || r.Live["offers of the honest server"] == 0 {
		t.Errorf("%+v", r)
	}
}
