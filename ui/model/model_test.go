package model_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
)

var en = text.New("en")

// Two seconds to see whether all is well: the one sentence for each state.
func TestHeadline(t *testing.T) {
	lost := sample.Session()
	lost.Support.Phase = hostpb.SupportPhase_SUPPORT_PHASE_LOST
	medium := sample.Alarmed()
	medium.Status.Worst = hostpb.Severity_SEVERITY_MEDIUM
	for name, row := range map[string]struct {
		state model.State
		tone  theme.Tone
		title string
	}{
		"well":       {sample.State(), theme.Good, "All is well"},
		"alarm":      {sample.Alarmed(), theme.Danger, "Act now: 2 notifications are open"},
		"attention":  {medium, theme.Attention, "2 notifications are open"},
		"session":    {sample.Session(), theme.Session, "Anna Weber is connected"},
		"lost":       {lost, theme.Session, "The connection to Anna Weber was lost"},
		"waiting":    {sample.Waiting(), theme.Note, "Waiting for an engineer"},
		"fresh":      {sample.Fresh("en"), theme.Neutral, "Set-up is not finished"},
		"no service": {sample.NoService(), theme.Neutral, "The service does not answer"},
	} {
		f := row.state.Frame(en)
		if f.Tone != row.tone || f.Title != row.title {
			t.Errorf("%s: tone %v, title %q", name, f.Tone, f.Title)
		}
	}
}

// What is not known is never shown as well.
func TestNoServiceIsNeverWell(t *testing.T) {
	s := sample.NoService()
	if v := s.AlarmsView(en); !v.Unknown || v.Loading || v.NoneOpen {
		t.Errorf("notifications: %+v", v)
	}
	if f := s.Frame(en); f.Banner == nil {
		t.Error("no banner")
	}
	if v := s.HelpView(en, sample.Now); v.Page != model.HelpOff || v.Off.Why == "" {
		t.Errorf("help: %+v", v)
	}
	alarmed := sample.Alarmed()
	alarmed.SetConnected(false)
	alarmed.OpenAlarm(19)
	if v := alarmed.AlarmDetailView(en, sample.Now); v.Title == "" || v.CanAcknowledge || v.CanAskHelp || v.CanShelve {
		t.Errorf("a lost service leaves buttons that cannot work: %+v", v)
	}
	if r := alarmed.AlarmRow(en, 0, sample.Now); r.Title == "" || r.CanAcknowledge {
		t.Errorf("a lost service leaves a button that cannot work: %+v", r)
	}
}

func TestHelpPages(t *testing.T) {
	form := sample.State()
	form.Help.Step = model.StepForm
	logs := form
	logs.Help.Step = model.StepLogs
	gone := logs
	logs.Help.Logs.Take(sample.HelpLogs())
	they := sample.State()
	they.Help.Step = model.StepTheyCalled
	for name, row := range map[string]struct {
		state model.State
		page  model.HelpPage
	}{
		"who": {sample.State(), model.HelpWho}, "form": {form, model.HelpForm}, "logs": {logs, model.HelpLogs}, "logs that are gone": {gone, model.HelpForm}, "they called": {they, model.HelpTheyCalled},
		"off": {sample.Fresh("en"), model.HelpOff}, "waiting": {sample.Waiting(), model.HelpWaiting}, "session": {sample.Session(), model.HelpSession},
	} {
		if v := row.state.HelpView(en, sample.Now); v.Page != row.page {
			t.Errorf("%s: page %v", name, v.Page)
		}
	}
}

// When help is off the view says exactly why and offers the step (P19).
func TestHelpOffSaysWhy(t *testing.T) {
	for code, action := range map[string]string{
		"terms-not-accepted": "Read and accept", "terms-changed": "Read and accept", "not-registered": "Register",
		"log-not-writable": "", "policy": "", "too-many-wrong-codes": "", "something-new": "",
	} {
		s := sample.Fresh("en")
		s.Support.OffCode = code
		v := s.HelpView(en, sample.Now)
		if v.Page != model.HelpOff || v.Off.Action != action || v.Off.Why == "" || strings.Contains(v.Off.Why, "help.off") {
			t.Errorf("%s: %+v", code, v.Off)
		}
	}
}

// Scenario 25: the code lives in the reply alone and goes when it is used.
func TestCodeLivesAsLongAsItsRequest(t *testing.T) {
	s := sample.Waiting()
	v := s.HelpView(en, sample.Now).Waiting
	if strings.Join(v.Groups, " ") != "K7PX 3MDW" || v.Left != "Valid for 9:41" || v.Wrong != "1 wrong code was tried" {
		t.Fatalf("waiting: %+v", v)
	}
	if v.Spelling[0][0] != "Kilo" || v.Spelling[0][1] != "seven" {
		t.Errorf("spelling: %v", v.Spelling)
	}
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Support{Support: sample.SessionState()}})
	if s.Help.Code != "" {
		t.Error("the code outlived its use")
	}
	s = sample.Waiting()
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Support{Support: &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_WAITING, RequestId: "r2"}}})
	if v := s.HelpView(en, sample.Now).Waiting; len(v.Groups) != 0 {
		t.Error("a code is shown for a request it does not belong to")
	}
}

func TestFilesNeverOnPatientData(t *testing.T) {
	s := sample.Waiting()
	s.Status.InstrumentClass = "patient-data"
	if v := s.HelpView(en, sample.Now).Waiting; !v.NoFiles || len(v.WillAsk) != 2 {
		t.Errorf("patient data: %+v", v)
	}
	s.Status.InstrumentClass = ""
	about := s.AboutView(en, "0.1.0", sample.Now)
	if about.Facts[5][1] != "may be on this instrument" {
		t.Error("an unknown class does not count as patient data")
	}
}

// A prompt is gone when the state says so, even if PromptGone was missed, and
// with the service.
func TestPromptFollowsTheState(t *testing.T) {
	s := sample.Session()
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: sample.ViewPrompt()}})
	if s.Prompt == nil {
		t.Fatal("no prompt")
	}
	s.Apply(&hostpb.Event{Body: &hostpb.Event_PromptGone{PromptGone: &hostpb.PromptGone{Id: "other"}}})
	if s.Prompt == nil {
		t.Fatal("another prompt's end closed this one")
	}
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Support{Support: sample.SessionState()}})
	if s.Prompt != nil {
		t.Error("a dead question stays")
	}
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: sample.ViewPrompt()}})
	s.SetConnected(false)
	if s.Prompt != nil {
		t.Error("a question outlives the service")
	}
	if _, ok := s.Bar(en, sample.Now); ok {
		t.Error("a bar without a service")
	}
}

func TestPromptView(t *testing.T) {
	v := model.NewPromptView(en, sample.FilePrompt())
	if len(v.Durations) != 0 || len(v.Facts) != 7 || v.Facts[0][1] != "archive-settings.xml" || v.Facts[2][1] != "from the engineer to this PC" || v.Facts[3][1] != "9f2c 41d0 7be8 3d55 …" {
		t.Errorf("file: %+v", v)
	}
	p := sample.ViewPrompt()
	p.Engineer.Name = "System\u202e\nAdministrator\u200b " + strings.Repeat("x", 10_000)
	v = model.NewPromptView(en, p)
	if utf8.RuneCountInString(v.Name) > 65 || !strings.HasPrefix(v.Name, "System Administrator x") {
		t.Errorf("name: %q", v.Name)
	}
	if v.Account != "anna.weber@vendor.example" {
		t.Errorf("the verified account is not shown: %q", v.Account) // scenario 15
	}
}

// Scenario 15: whatever comes from outside is one short line of what it seems.
func TestCleanProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 80).Draw(t, "limit")
		got := model.Clean(rapid.String().Draw(t, "in"), limit)
		if utf8.RuneCountInString(got) > limit+1 {
			t.Fatalf("%q is longer than %d", got, limit)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Bidi_Control) || r == '\n' {
				t.Fatalf("%q holds %U", got, r)
			}
		}
		if again := model.Clean(got, limit+1); again != got {
			t.Fatalf("cleaning twice changes %q to %q", got, again)
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add("Anna \u202eWeber\r\n", 64)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 1 + (limit&0x7f+0x80)&0x7f
		if got := model.Clean(s, limit); !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit+1 {
			t.Errorf("Clean(%q, %d) = %q", s, limit, got)
		}
	})
}

// Scenarios 10 and 11: armed late, and only by time in sight.
func TestArming(t *testing.T) {
	for _, away := range []model.Sight{model.OutOfSight, model.Covered, model.Locked} {
		a := model.NewArming(sample.ViewPrompt())
		now := sample.Now
		step := func(d time.Duration, sight model.Sight) bool {
			now = now.Add(d)
			a.Tick(now, sight)
			return a.Armed()
		}
		see := func(d time.Duration) bool { return step(d, model.InSight) }
		if see(0) || see(200*time.Millisecond) || see(200*time.Millisecond) || see(200*time.Millisecond) {
			t.Error("armed too early")
		}
		if !see(200 * time.Millisecond) {
			t.Error("not armed after its time in sight")
		}
		if step(100*time.Millisecond, away) || see(0) || see(200*time.Millisecond) {
			t.Errorf("armed although it was not in sight (%v)", away)
		}
		if away.Words(en) == "" {
			t.Errorf("nothing is said of %v", away)
		}
		if see(time.Hour) {
			t.Error("a clock that jumped armed it")
		}
	}
	none := model.NewArming(&hostpb.Prompt{})
	none.Tick(sample.Now, model.InSight)
	none.Tick(sample.Now.Add(200*time.Millisecond), model.InSight)
	if none.Armed() {
		t.Error("a prompt without a time of its own is armed at once")
	}
}

func TestRegistrationCheck(t *testing.T) {
	good := model.Registration{Email: "maria.huber@labor.example", Name: "Maria Huber", InstrumentType: "DxH 900", Serial: "BA 4711-0815"}
	if a, b, c, d := good.Check(); a+b+c+d != "" {
		t.Errorf("a good registration: %s %s %s %s", a, b, c, d)
	}
	for _, email := range []string{"", "maria", "maria@labor", "Maria <m@l.example>", "m@l.example, x@y.example", strings.Repeat("m", 260) + "@l.example"} {
		r := good
		r.Email = email
		if got, _, _, _ := r.Check(); got == "" {
			t.Errorf("e-mail %q is taken", email)
		}
	}
	for _, serial := range []string{"", "x\ny", "ü", strings.Repeat("1", 65), "1;2"} {
		r := good
		r.Serial = serial
		if _, _, _, got := r.Check(); got == "" {
			t.Errorf("serial %q is taken", serial)
		}
	}
	if _, got, _, _ := (model.Registration{Email: good.Email, Name: "A\u202eB"}).Check(); got == "" {
		t.Error("a name with a direction mark is taken")
	}
}

func TestRegisterPages(t *testing.T) {
	s := sample.Fresh("en")
	if v := s.RegisterView(en, sample.Now); v.Page != model.RegisterTerms || v.SHA256 == "" {
		t.Errorf("fresh: %+v", v)
	}
	s.TermsAccepted = s.Terms.GetVersion()
	if v := s.RegisterView(en, sample.Now); v.Page != model.RegisterWho {
		t.Errorf("accepted: %v", v.Page)
	}
	done := sample.State()
	if v := done.RegisterView(en, sample.Now); v.Page != model.RegisterDone {
		t.Errorf("done: %v", v.Page)
	}
	// New terms are asked for again.
	done.Status.TermsAccepted, done.Terms = false, sample.Terms("en")
	if v := done.RegisterView(en, sample.Now); v.Page != model.RegisterTerms {
		t.Errorf("new terms: %v", v.Page)
	}
}

func TestBar(t *testing.T) {
	s := sample.Session()
	v, ok := s.Bar(en, sample.Now)
	if !ok || v.Title != "Anna Weber is connected" || v.Kill != "Pause ends at once" || len(v.Leases) != 2 || v.Leases[1].Left != "12:09" {
		t.Errorf("bar: %+v", v)
	}
	s.NoKillKey = true
	if v, _ := s.Bar(en, sample.Now); v.Kill == "Pause ends at once" {
		t.Error("the bar promises a key that does nothing")
	}
}
