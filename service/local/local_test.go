package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"beckmanconnect/assets/terms"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/server"
	"beckmanconnect/service/device"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/offers"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/relay"
	"beckmanconnect/service/support"
	"beckmanconnect/store"
)

// lab is a Host on a real store, with the parts that reach outside replaced.
type lab struct {
	*Host
	t       *testing.T
	store   *store.Store
	device  *fakeDevice
	support *fakeSupport
	offers  *fakeOffers
	site    *policy.Site
	changed int
	helped  int
}

type fakeDevice struct {
	err        error
	asked      []device.Form
	registered device.Registration
	ok         bool
	state      string
	ending     bool
	renewed    int
}

func (d *fakeDevice) Register(_ context.Context, f device.Form) (device.Registration, error) {
	d.asked = append(d.asked, f)
	return device.Registration{DeviceID: "bc-1", Email: f.Email, Name: f.Name, InstrumentType: f.InstrumentType, Serial: f.Serial, Region: f.Region}, d.err
}
func (d *fakeDevice) Restore(r device.Registration) error {
	d.registered, d.ok = r, true
	return nil
}
func (d *fakeDevice) Registration() (device.Registration, bool) { return d.registered, d.ok }
func (d *fakeDevice) ID() string                                { return "bc-" + strconv.Itoa(d.renewed+1) }
func (d *fakeDevice) State() string                             { return cmp.Or(d.state, device.StateOK) }
func (d *fakeDevice) Ending(time.Duration) bool                 { return d.ending }
func (d *fakeDevice) Renew() (string, error) {
	if d.err == nil {
		d.renewed++
		d.registered, d.ok, d.state = device.Registration{}, false, ""
	}
	return d.ID(), d.err
}

type fakeSupport struct {
	state *hostpb.SupportState
	logs  *support.Logs
	err   error
	calls []string
}

func (s *fakeSupport) call(name string) error {
	s.calls = append(s.calls, name)
	return s.err
}
func (s *fakeSupport) RequestHelp(who string, _ *hostpb.RequestHelpRequest, alarm string, logs *support.Logs) (*hostpb.HelpRequested, error) {
	s.logs = logs
	return &hostpb.HelpRequested{RequestId: "r"}, s.call("help " + who + " " + alarm)
}
func (s *fakeSupport) CancelHelp(who, request string) error { return s.call("cancel " + who) }
func (s *fakeSupport) AnswerPrompt(who string, _ *hostpb.AnswerPromptRequest) error {
	return s.call("answer " + who)
}
func (s *fakeSupport) RevokeCapability(who string, _ hostpb.Capability) error {
	return s.call("revoke " + who)
}
func (s *fakeSupport) EndSession(who, how string) error { return s.call("end " + who + " " + how) }
func (s *fakeSupport) ResetTries(by string) error       { return s.call("reset " + by) }
func (s *fakeSupport) SetPIN(who string, _ *hostpb.SetPINRequest) error {
	return s.call("set-pin " + who)
}
func (s *fakeSupport) RemovePIN(by, initials string) error {
	return s.call("remove-pin " + by + " " + initials)
}
func (s *fakeSupport) HoldSessionBar(string, relay.BarStream) error { return s.call("bar") }
func (s *fakeSupport) AttachDesktop(relay.DesktopStream) error      { return s.call("desktop") }
func (s *fakeSupport) HandleFiles(string, relay.FilesStream) error  { return s.call("files") }
func (s *fakeSupport) WatchPreview(string, relay.PreviewStream) error {
	return s.call("preview")
}
func (s *fakeSupport) SendChat(who string, r *hostpb.SendChatRequest) error {
	return s.call("chat " + who + " " + r.GetText())
}
func (s *fakeSupport) State() *hostpb.SupportState { return s.state }

type fakeOffers struct {
	err   error
	calls []string
	by    notify.Person
}

func (o *fakeOffers) call(name string, by notify.Person) (*hostpb.Upgrade, error) {
	o.calls, o.by = append(o.calls, name), by
	return &hostpb.Upgrade{Digest: "d1"}, o.err
}
func (o *fakeOffers) Current() *hostpb.Upgrade { return nil }
func (o *fakeOffers) Accept(_ context.Context, a offers.Acceptance) (*hostpb.Upgrade, error) {
	return o.call(fmt.Sprintf("accept %s %s %v", a.Digest, a.When, a.RunConfirmed), a.By)
}
func (o *fakeOffers) Postpone(_ context.Context, digest string, wait time.Duration, by notify.Person) (*hostpb.Upgrade, error) {
	return o.call(fmt.Sprintf("postpone %s %s", digest, wait), by)
}
func (o *fakeOffers) Cancel(_ context.Context, digest string, by notify.Person) (*hostpb.Upgrade, error) {
	return o.call("cancel "+digest, by)
}
func (o *fakeOffers) Check(context.Context) (*hostpb.Upgrade, error) {
	return o.call("check", notify.Person{})
}

type noHistory struct{}

func (noHistory) EventsAfter(context.Context, uint64, int) ([]*hostpb.Event, error) { return nil, nil }
func (noHistory) Bounds(context.Context) (uint64, uint64, error)                    { return 0, 0, nil }

func newLab(t *testing.T) *lab {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	l := &lab{t: t, store: s, device: &fakeDevice{}, support: &fakeSupport{state: &hostpb.SupportState{}}, offers: &fakeOffers{}}
	alarms := &notify.Alarms{Store: s, Now: time.Now}
	acceptance, err := NewAcceptance(t.Context(), s, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	hub, err := server.NewHub(t.Context(), server.HubConfig{Epoch: s.Epoch(), History: noHistory{}})
	if err != nil {
		t.Fatal(err)
	}
	l.Host, err = New(Config{
		Store: s, Hub: hub, Alarms: alarms, Publisher: notify.NewPublisher(alarms),
		Policy: func() *policy.Effective {
			return policy.Evaluate(policy.Layers{Table: policy.Defaults(), Known: policy.Installed(policy.Defaults(), "1"), Site: l.site})
		},
		Device: l.device, Acceptance: acceptance, Support: l.support, Upgrades: l.offers,
		Status: func(context.Context) (*hostpb.Status, error) { return &hostpb.Status{}, nil }, Region: "eu", LogVerifier: "v",
		UserProxies: &UserProxies{},
		Changed:     func() { l.changed++ }, HelpWanted: func() { l.helped++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// as is a call by somebody.
func as(id, user string, roles identity.Roles) context.Context {
	return identity.NewContext(context.Background(), identity.Actor{ID: id, User: user, Roles: roles})
}

var (
	anna = as("uid:1", "anna", identity.Technician)
	bert = as("uid:2", "bert", identity.Technician)
	root = as("uid:0", "root", identity.IT)
)

func (l *lab) code(what string, err error, want string) {
	l.t.Helper()
	if got := client.Code(err); got != want {
		l.t.Errorf("%s: %q (%v), want %q", what, got, err, want)
	}
}

func (l *lab) entries() (kinds []string, newest store.Record) {
	l.t.Helper()
	list, _, err := l.store.Entries(l.t.Context(), 0, 100)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, e := range slices.Backward(list) {
		kinds = append(kinds, e.Kind)
	}
	return kinds[1:], list[0] // without the log's own first
}

func (l *lab) accept() { l.t.Helper(); l.acceptIn("en") }

// acceptIn accepts the texts as they are read in a language.
func (l *lab) acceptIn(lang string) {
	l.t.Helper()
	read, err := l.GetTerms(anna, &hostpb.GetTermsRequest{Language: lang})
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.AcceptTerms(anna, &hostpb.AcceptTermsRequest{Version: read.Version, Sha256: read.Sha256, ItRequirementsRead: true, Initials: "A\nW"}); err != nil {
		l.t.Fatal(err)
	}
}

func TestTermsComeFirst(t *testing.T) { // P19
	l := newLab(t)
	form := &hostpb.RegisterRequest{Email: "a@b.example", Name: "Lab", InstrumentType: "DxH 900", Serial: "1"}
	_, err := l.Register(anna, form)
	l.code("register before the terms", err, codeTerms)
	for name, row := range map[string]struct {
		request *hostpb.AcceptTermsRequest
		want    string
	}{
		"another version": {&hostpb.AcceptTermsRequest{Version: "0", Sha256: terms.Current("en").SHA256, ItRequirementsRead: true}, codeTermsChanged},
		"other words":     {&hostpb.AcceptTermsRequest{Version: terms.Version, Sha256: "00", ItRequirementsRead: true}, codeTermsChanged},
		"not read":        {&hostpb.AcceptTermsRequest{Version: terms.Version, Sha256: terms.Current("en").SHA256}, codeNotRead},
	} {
		_, err := l.AcceptTerms(anna, row.request)
		l.code(name, err, row.want)
	}
	if l.config.Acceptance.Current() || len(l.device.asked) > 0 {
		t.Fatal("accepted, or registered without")
	}
	l.accept()
	kinds, newest := l.entries()
	if !slices.Equal(kinds, []string{"terms.accepted"}) || newest.Actor != "technician" || newest.Subject != terms.Version ||
		newest.Fields["sha256"] != terms.Current("en").SHA256 || newest.Fields["language"] != "en" || newest.Personal["account"] != "anna" || newest.Personal["initials"] != "A W" {
		t.Errorf("%+v", newest)
	}
	again, err := NewAcceptance(t.Context(), l.store, time.Now)
	if err != nil || !again.Current() {
		t.Errorf("after a restart: %v", err)
	}
	if l.changed != 1 {
		t.Errorf("told %d times", l.changed)
	}
}

// Whichever language they were read in, one version is accepted, and the log
// says by its hash and by name which words were read (P19).
func TestTermsInTheLanguageThatWasRead(t *testing.T) {
	hashes := map[string]string{}
	for _, lang := range text.Languages() {
		l := newLab(t)
		l.acceptIn(lang.Tag)
		_, newest := l.entries()
		sum := newest.Fields["sha256"]
		if newest.Subject != terms.Version || newest.Fields["language"] != lang.Tag || sum != terms.Current(lang.Tag).SHA256 {
			t.Errorf("read in %s, on record: %s %v", lang.Tag, newest.Subject, newest.Fields)
		}
		if other := hashes[sum]; other != "" {
			t.Errorf("%s and %s are accepted by one hash", lang.Tag, other)
		}
		hashes[sum] = lang.Tag
		again, err := NewAcceptance(t.Context(), l.store, time.Now)
		if err != nil || !l.config.Acceptance.Current() || !again.Current() {
			t.Errorf("read in %s: not accepted, or not after a restart: %v", lang.Tag, err)
		}
	}
}

func TestRegistration(t *testing.T) { // P13
	l := newLab(t)
	l.accept()
	_, err := l.Register(anna, &hostpb.RegisterRequest{Email: "no", Name: "Lab", InstrumentType: "DxH 900", Serial: "1"})
	l.code("a bad form", err, "email-invalid")
	form := &hostpb.RegisterRequest{Email: "a@b.example", Name: "Lab", InstrumentType: "DxH 900", Serial: "1"}
	l.device.err = &device.Error{Op: "register", Code: "cloud-unreachable", Retryable: true, Err: errors.New("x")}
	_, err = l.Register(anna, form)
	l.code("no cloud", err, "cloud-unreachable")
	if !client.Detail(err).GetRetryable() {
		t.Error("not retryable")
	}
	l.device.err = &device.Error{Op: "register", Code: "serial-unknown"}
	_, err = l.Register(anna, form)
	l.code("refused", err, "serial-unknown")
	if _, ok, err := device.Kept(t.Context(), l.store); ok || err != nil {
		t.Errorf("kept although it failed: %v", err)
	}
	l.device.err = nil
	r, err := l.Register(anna, form)
	if err != nil || r.GetDeviceId() != "bc-1" || r.GetRegion() != "eu" {
		t.Fatalf("%v %v", r, err)
	}
	if f := l.device.asked[2]; f.TermsVersion != terms.Version || f.LogVerifier != "v" || f.Region != "eu" {
		t.Errorf("form %+v", f)
	}
	if kept, ok, err := device.Kept(t.Context(), l.store); !ok || err != nil || kept.Email != "a@b.example" {
		t.Errorf("kept %+v %v", kept, err)
	}
	kinds, newest := l.entries()
	if want := []string{"terms.accepted", "device.registering", "device.registering", "device.registering", "device.registered"}; !slices.Equal(kinds, want) {
		t.Errorf("log %q", kinds)
	}
	if newest.Personal["email"] != "a@b.example" || newest.Fields["email"] != "" || newest.Subject != "1" {
		t.Errorf("%+v", newest)
	}
	_, err = l.Register(bert, form)
	l.code("again, by a technician", err, codeRegistered)
	if _, err = l.Register(root, form); err != nil {
		t.Errorf("again, by IT: %v", err)
	}
}

func TestNotificationsOverTheAPI(t *testing.T) {
	l := newLab(t)
	n, err := l.PublishNotification(bert, &hostpb.PublishNotificationRequest{Publisher: "lis", Code: "full", Severity: hostpb.Severity_SEVERITY_LOW, Title: "Full"})
	if err != nil || n.GetVerified() {
		t.Fatalf("%v %v", n, err)
	}
	_, err = l.PublishNotification(bert, &hostpb.PublishNotificationRequest{Publisher: "../lis", Code: "full", Severity: hostpb.Severity_SEVERITY_LOW, Title: "Full"})
	l.code("a bad publisher", err, "publisher-invalid")
	_, err = l.AcknowledgeNotification(anna, &hostpb.AcknowledgeNotificationRequest{Id: 99})
	l.code("an unknown one", err, codeUnknown)
	if n, err = l.AcknowledgeNotification(anna, &hostpb.AcknowledgeNotificationRequest{Id: n.GetId(), Initials: "AW"}); err != nil || n.GetAcknowledgedBy() != "AW (anna)" {
		t.Errorf("%v %v", n, err)
	}
	page, err := l.ListNotifications(anna, &hostpb.ListNotificationsRequest{Limit: 1})
	if err != nil || len(page.GetNotifications()) != 1 || page.GetMore() {
		t.Errorf("%v %v", page, err)
	}
	activity, err := l.ListActivity(anna, &hostpb.ListActivityRequest{Limit: 1})
	if err != nil || len(activity.GetEntries()) != 1 || !activity.GetMore() || activity.GetEntries()[0].GetFields()["account"] != "anna" || !activity.GetEntries()[0].GetProven() {
		t.Errorf("%v %v", activity, err)
	}
}

// Whoever asked for help is the one whose prompts, bar and desktop count; any
// technician may narrow (scenario 11).
func TestHelpBelongsToWhoAsked(t *testing.T) {
	l := newLab(t)
	_, err := l.AnswerPrompt(anna, &hostpb.AnswerPromptRequest{Allow: true})
	l.code("before anybody asked", err, codeWrongAccount)
	_, err = l.RequestHelp(anna, &hostpb.RequestHelpRequest{NotificationId: 7})
	l.code("from an unknown notification", err, codeUnknown)
	if _, err = l.RequestHelp(anna, &hostpb.RequestHelpRequest{}); err != nil || l.helped != 1 || l.Asker().User != "anna" {
		t.Fatal(err)
	}
	l.support.state = &hostpb.SupportState{RequestId: "r"}
	_, err = l.RequestHelp(bert, &hostpb.RequestHelpRequest{})
	l.code("another's request and code", err, codeWrongAccount)
	_, err = l.AnswerPrompt(bert, &hostpb.AnswerPromptRequest{Allow: true})
	l.code("another allows", err, codeWrongAccount)
	for what, err := range map[string]error{
		"another denies": second(l.AnswerPrompt(bert, &hostpb.AnswerPromptRequest{})),
		"allow":          second(l.AnswerPrompt(anna, &hostpb.AnswerPromptRequest{Allow: true})),
		"another ends":   second(l.EndSession(bert, &hostpb.EndSessionRequest{How: "tray"})),
		"IT revokes":     second(l.RevokeCapability(root, &hostpb.RevokeCapabilityRequest{})),
		"IT resets":      second(l.ResetCodeTries(root, &hostpb.ResetCodeTriesRequest{})),
		"IT cancels":     second(l.CancelHelp(root, &hostpb.CancelHelpRequest{})),
		"another's PIN":  second(l.SetPIN(bert, &hostpb.SetPINRequest{Initials: "BB"})),
		"IT removes one": second(l.RemovePIN(root, &hostpb.RemovePINRequest{Initials: "BB"})),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, call := range []string{"set-pin bert", "remove-pin root BB"} {
		if !slices.Contains(l.support.calls, call) {
			t.Errorf("%q is not in %q", call, l.support.calls)
		}
	}
	_, err = l.SendChat(bert, &hostpb.SendChatRequest{Text: "hello"})
	l.code("another writes", err, codeWrongAccount)
	if _, err = l.SendChat(anna, &hostpb.SendChatRequest{Text: "hello"}); err != nil || l.support.calls[len(l.support.calls)-1] != "chat anna hello" {
		t.Errorf("%v, %q", err, l.support.calls)
	}
	l.code("another looks at the screen", l.WatchPreview(&hostpb.WatchPreviewRequest{}, previews{ctx: bert}), codeWrongAccount)
	if err := l.WatchPreview(&hostpb.WatchPreviewRequest{}, previews{ctx: anna}); err != nil {
		t.Error(err)
	}
	l.support.err = &support.Refusal{Code: "too-many-wrong-codes", Message: "x"}
	_, err = l.RequestHelp(anna, &hostpb.RequestHelpRequest{})
	l.code("the machine's own refusal", err, "too-many-wrong-codes")
}

// previews is a stream of WatchPreview as the caller's log-on makes it.
type previews struct {
	grpc.ServerStreamingServer[hostpb.Preview]
	ctx context.Context
}

func (p previews) Context() context.Context { return p.ctx }

func second[T any](_ T, err error) error { return err }

// Nothing takes effect that could not be put on record (scenario 50).
func TestNoRecordNoEffect(t *testing.T) {
	l := newLab(t)
	l.accept()
	if err := l.store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Register(anna, &hostpb.RegisterRequest{Email: "a@b.example", Name: "Lab", InstrumentType: "DxH 900", Serial: "1"}); err == nil || len(l.device.asked) > 0 {
		t.Errorf("registered off the record: %v", err)
	}
	if _, err := l.AcknowledgeNotification(anna, &hostpb.AcknowledgeNotificationRequest{Id: 1}); err == nil {
		t.Error("acknowledged off the record")
	}
}

func TestShow(t *testing.T) {
	l := newLab(t)
	_, err := l.Show(anna, &hostpb.ShowRequest{View: "../x"})
	l.code("an unknown view", err, "view-unknown")
	if r, err := l.Show(anna, &hostpb.ShowRequest{View: "help"}); err != nil || r.GetWindows() != 0 {
		t.Errorf("%v %v", r, err)
	}
}

func TestErrorsHaveStableCodes(t *testing.T) {
	l := newLab(t)
	for _, row := range []struct {
		err  error
		want string
	}{
		{&store.Error{Kind: store.KindDiskFull, Op: "update"}, codeLog},
		{&notify.PublishError{Code: "too-many"}, "too-many"},
		{server.Fail(codes.NotFound, "x", "y", ""), "x"},
		{errors.New("secret /path"), "internal"},
	} {
		if got := client.Code(l.fail("test", row.err)); got != row.want {
			t.Errorf("%v: %s, want %s", row.err, got, row.want)
		}
	}
}
