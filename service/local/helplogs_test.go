package local

import (
	"context"
	"errors"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/service/helplogs"
	"beckmanconnect/service/support"
	"beckmanconnect/store"
)

// fakeLogs keeps one text.
type fakeLogs struct {
	account string
	around  time.Time
	off     string
	err     error
	taken   int
	sent    []string
}

func (f *fakeLogs) Prepare(_ context.Context, account string, around time.Time) (helplogs.Prepared, error) {
	f.account, f.around = account, around
	return helplogs.Prepared{ID: "l1", Text: "x\n", SHA256: "aa", Lines: 1, Scrubbed: 2, Off: f.off}, f.err
}

func (f *fakeLogs) Take(account, id, sum string) (helplogs.Prepared, error) {
	f.taken++
	if account != f.account || id != "l1" || sum != "aa" {
		return helplogs.Prepared{}, &helplogs.Error{Code: helplogs.CodeChanged, Message: "no"}
	}
	return helplogs.Prepared{ID: "l1", Text: "x\n", SHA256: "aa", Lines: 1, Scrubbed: 2}, f.err
}

func (f *fakeLogs) Sent(id string) { f.sent = append(f.sent, id) }

// B8: prepared around the notification, for the caller's account.
func TestPrepareHelpLogs(t *testing.T) {
	l := newLab(t)
	if r, err := l.PrepareHelpLogs(anna, &hostpb.PrepareHelpLogsRequest{}); err != nil || r.GetOffCode() != helplogs.OffNoLog {
		t.Errorf("without any: %v %v", r, err)
	}
	logs := &fakeLogs{}
	l.config.HelpLogs = logs
	_, err := l.PrepareHelpLogs(anna, &hostpb.PrepareHelpLogsRequest{NotificationId: 99})
	l.code("an unknown notification", err, codeUnknown)
	last := time.UnixMilli(1_764_000_000_000)
	n := &store.Notification{Code: "a", Severity: store.Low, State: store.Raised, Source: "machine", Count: 1, Raised: last, Last: last}
	if err := l.store.Update(t.Context(), func(tx *store.Tx) error { return tx.PutNotification(n) }); err != nil {
		t.Fatal(err)
	}
	r, err := l.PrepareHelpLogs(anna, &hostpb.PrepareHelpLogsRequest{NotificationId: n.ID})
	if err != nil || r.GetId() != "l1" || r.GetText() != "x\n" || r.GetSha256() != "aa" || r.GetLines() != 1 || r.GetScrubbed() != 2 || r.GetOffCode() != "" {
		t.Errorf("%v %v", r, err)
	}
	if logs.account != identity.FromContext(anna).ID || !logs.around.Equal(last) {
		t.Errorf("for %q around %v", logs.account, logs.around)
	}
	logs.err = errors.New("disk")
	if _, err := l.PrepareHelpLogs(anna, &hostpb.PrepareHelpLogsRequest{}); err == nil {
		t.Error("no error")
	}
}

// What is not what was looked at refuses the whole call and changes nothing;
// what was refused for another reason can be asked again.
func TestRequestHelpWithLogs(t *testing.T) {
	l := newLab(t)
	_, err := l.RequestHelp(anna, &hostpb.RequestHelpRequest{LogsId: "l1", LogsSha256: "aa"})
	l.code("without any", err, helplogs.CodeExpired)
	logs := &fakeLogs{account: identity.FromContext(anna).ID}
	l.config.HelpLogs = logs
	for what, r := range map[string]*hostpb.RequestHelpRequest{
		"another hash": {LogsId: "l1", LogsSha256: "bb"}, "no hash": {LogsId: "l1"}, "no id": {LogsSha256: "aa"}, "another id": {LogsId: "l2", LogsSha256: "aa"},
	} {
		_, err := l.RequestHelp(anna, r)
		l.code(what, err, helplogs.CodeChanged)
	}
	_, err = l.RequestHelp(bert, &hostpb.RequestHelpRequest{LogsId: "l1", LogsSha256: "aa"})
	l.code("another account", err, helplogs.CodeChanged)
	if len(l.support.calls) != 0 || l.helped != 0 || l.Asker().Known() {
		t.Errorf("a refused call had an effect: %q", l.support.calls)
	}
	l.support.err = &support.Refusal{Code: "terms-not-accepted", Message: "x"}
	_, err = l.RequestHelp(anna, &hostpb.RequestHelpRequest{LogsId: "l1", LogsSha256: "aa"})
	l.code("the machine's refusal", err, "terms-not-accepted")
	if len(logs.sent) != 0 {
		t.Error("forgotten without having been sent")
	}
	l.support.err = nil
	if _, err := l.RequestHelp(anna, &hostpb.RequestHelpRequest{LogsId: "l1", LogsSha256: "aa"}); err != nil {
		t.Fatal(err)
	}
	if got := l.support.logs; got == nil || *got != (support.Logs{Text: "x\n", Lines: 1, Scrubbed: 2}) || len(logs.sent) != 1 || logs.sent[0] != "l1" {
		t.Errorf("%+v, sent %q", got, logs.sent)
	}
	taken := logs.taken
	if _, err := l.RequestHelp(anna, &hostpb.RequestHelpRequest{}); err != nil || l.support.logs != nil || logs.taken != taken {
		t.Errorf("without logs: %v %v", l.support.logs, err)
	}
}
