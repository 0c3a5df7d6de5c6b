package broker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/build/hostile/tally"
	"beckmanconnect/internal/vendorpolicy"
	"beckmanconnect/ipc/hostpb"
)

// What a broker must not be able to do is done here by those who may, behind
// the script's back: the observer finds each of it.
func TestTheObserverFinds(t *testing.T) {
	set, err := newTrust()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(filepath.Dir(set)) })
	act := func(w *walk) error {
		if err := w.askForHelp(); err != nil { // takes back what waits
			return err
		}
		if _, err := w.window.Host.RequestHelp(w.ctx, &hostpb.RequestHelpRequest{TechnicianCalled: true}); err != nil {
			return err
		}
		signed, err := vendorpolicy.Sign("[capabilities]\ncontrol = \"off\"\n", 1, time.Now(), w.vendor)
		if err != nil {
			return err
		}
		if err := w.sendPolicy(signed); err != nil {
			return err
		}
		if err := w.sendTime(w.sign(w.vendor, fmt.Sprintf("beckmanconnect time\n%d\n", time.Now().Add(time.Hour).Unix()))); err != nil {
			return err
		}
		_, err = w.window.Host.PublishNotification(w.ctx, &hostpb.PublishNotificationRequest{Publisher: "lims-one", Code: "some-code", Severity: hostpb.Severity_SEVERITY_LOW, Title: "x"})
		if err != nil {
			return err
		}
		select { // the tray hears of it a moment later
		case <-w.seen.notified:
		case <-w.ctx.Done():
			return w.ctx.Err()
		}
		return w.unchanged()
	}
	k := tally.Kind{Name: "broker", Block: 1, Classes: []tally.Class{{Name: "test", Weight: 1}}, Run: func(ctx context.Context, b *tally.Block) error {
		return block(ctx, b, set, map[string]class{"test": {"test", 1, act}})
	}}
	r, err := tally.Run(t.Context(), k, tally.Options{Attempts: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for what, part := range map[string]string{"log": "help was asked for", "policy": "control is", "time": "is kept", "notification": "came from outside"} {
		if !slices.ContainsFunc(r.Found, func(a tally.Act) bool { return a.What == what && strings.Contains(a.Detail, part) }) {
			t.Errorf("%s was not found: %+v", what, r.Found)
		}
	}
}
