package model_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/internal/datasheet"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
)

// B12: whether all is well, and what to do about what is not, in the order of
// its weight; every row leads somewhere or says what to do.
func TestHomeSaysWhatNeedsDoing(t *testing.T) {
	well, alarmed, none := sample.HomeWell(), sample.HomeAlarmed(), sample.NoService()
	offline, log, fresh, copied, failed := sample.HomeWell(), sample.HomeWell(), sample.Fresh("en"), sample.HomeWell(), sample.HomeWell()
	offline.Status.Link = hostpb.Link_LINK_OFFLINE
	log.Status.Log.Writable = false
	copied.Status.DeviceState = "copied"
	failed.Upgrade = sample.Upgrade()
	failed.Upgrade.State = "rolled-back"
	read := failed
	read.Upgrading.Dismissed = read.Upgrade.GetDigest()
	planned := sample.HomeWell()
	planned.Upgrade = sample.Upgrade()
	planned.Upgrade.PlannedMs = sample.In(time.Hour)
	for name, c := range map[string]struct {
		state *model.State
		tone  theme.Tone
		rows  []string // ID→where it leads
		more  bool
		help  model.HomeHelpKind
	}{
		"well":              {&well, theme.Good, nil, false, model.HomeHelpReady},
		"alarms, upgrade":   {&alarmed, theme.Danger, []string{"alarm.19→notification/19", "alarm.18→notification/18", "upgrade→upgrade"}, true, model.HomeHelpReady},
		"no service":        {&none, theme.Neutral, []string{"service→"}, false, model.HomeHelpOff},
		"no link":           {&offline, theme.Good, []string{"link→"}, false, model.HomeHelpReady},
		"log not writable":  {&log, theme.Danger, []string{"log→activity"}, false, model.HomeHelpReady},
		"set-up":            {&fresh, theme.Neutral, []string{"setup→register"}, false, model.HomeHelpOff},
		"copied":            {&copied, theme.Danger, []string{"device→register"}, false, model.HomeHelpReady},
		"upgrade went back": {&failed, theme.Good, []string{"upgrade→upgrade"}, false, model.HomeHelpReady},
		"and that was read": {&read, theme.Good, nil, false, model.HomeHelpReady},
		"upgrade put off":   {&planned, theme.Good, nil, false, model.HomeHelpReady},
	} {
		v := c.state.HomeView(text.New("en"), sample.Now)
		var rows []string
		for _, r := range v.Todo {
			rows = append(rows, r.ID+"→"+r.Go)
			if r.Title == "" || r.Mark.Word == "" || r.Mark.Icon == "" || (r.Do == "") != (r.Go == "") || r.Do == "" && r.Detail == "" {
				t.Errorf("%s: half a row: %+v", name, r)
			}
			// What is spoken says all that is seen.
			for _, part := range []string{r.Title, r.Detail, r.Do, r.Mark.Word} {
				if !strings.Contains(r.Spoken, part) {
					t.Errorf("%s: %q is not in %q", name, part, r.Spoken)
				}
			}
		}
		if !slices.Equal(rows, c.rows) || (v.More != "") != c.more || v.State.Tone != c.tone || v.Help.Kind != c.help {
			t.Errorf("%s: %q, more %q, tone %d, help %d", name, rows, v.More, v.State.Tone, v.Help.Kind)
		}
	}
}

// The call that is going on stands on the first page: its code and time, then
// who is here and what is allowed.
func TestHomeShowsTheCall(t *testing.T) {
	en := text.New("en")
	waiting, session, elsewhere := sample.Waiting(), sample.Session(), sample.Waiting()
	elsewhere.Help.Code = ""
	waiting.Status.SupportPhone, waiting.Status.SupportHours = "+43 1 000 0000\n", "Mon–Fri\t7–20"
	w := waiting.HomeView(en, sample.Now).Help
	if w.Kind != model.HomeHelpWaiting || len(w.Code) != 2 || w.Left == "" || w.Phone != "+43 1 000 0000" || !strings.Contains(w.Hours, "Mon–Fri") || strings.ContainsAny(w.Hours, "\t\n") {
		t.Errorf("%+v", w)
	}
	if h := elsewhere.HomeView(en, sample.Now).Help; len(h.Code) != 0 || h.Detail != en.T("help.code.hidden") {
		t.Errorf("%+v", h)
	}
	if s := session.HomeView(en, sample.Now).Help; s.Kind != model.HomeHelpSession || s.Who != "Anna Weber" || len(s.Allowed) == 0 {
		t.Errorf("%+v", s)
	}
}

// What is open is asked for from the worst down and no further than there are
// rows; a flood asks no more than once a second.
func TestHomeIsFetched(t *testing.T) {
	var asked []hostpb.Severity
	list := func(r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
		asked = append(asked, r.GetSeverities()[0])
		return sample.Page(sample.Notifications(), r), nil
	}
	log := func(r *hostpb.ListActivityRequest) (*hostpb.ActivityPage, error) {
		return &hostpb.ActivityPage{Entries: append(sample.Recent(), sample.Recent()...)}, nil
	}
	got, err := model.GetHome(list, log)
	if err != nil || len(got.Open) != 2 || got.Open[0].GetId() != 19 || len(got.Recent) != 3 || len(asked) != 4 || asked[0] != hostpb.Severity_SEVERITY_HIGH {
		t.Errorf("%v, %v, %v", got, asked, err)
	}
	broken := errors.New("away")
	if _, err := model.GetHome(list, func(*hostpb.ListActivityRequest) (*hostpb.ActivityPage, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}

	s := sample.State()
	if !s.Home.Want(sample.Now) || s.Home.Want(sample.Now.Add(time.Hour)) {
		t.Error("asked for twice at once, or never")
	}
	s.Home.Put(got)
	if s.Home.Want(sample.Now.Add(time.Hour)) {
		t.Error("nothing changed")
	}
	for range 1000 {
		s.Apply(&hostpb.Event{Body: &hostpb.Event_Notification{Notification: &hostpb.Notification{Id: 18, State: hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED}}})
	}
	if len(s.Home.Open) != 1 || s.Home.Open[0].GetId() != 19 {
		t.Errorf("what was acknowledged still needs doing: %v", s.Home.Open)
	}
	if s.Home.Want(sample.Now.Add(time.Second / 2)) {
		t.Error("a flood asks too often")
	}
	if !s.Home.Want(sample.Now.Add(time.Second)) {
		t.Error("what changed is not asked for")
	}
	s.Home.Failed()
	if !s.Home.Want(sample.Now.Add(3 * time.Second)) {
		t.Error("not tried again")
	}
}

// P13, B14: the page of what is sent where is made from the table of messages:
// every message of it stands on the page, in every language, and no time is
// promised that the table does not give.
func TestPrivacyHasEveryMessage(t *testing.T) {
	s := sample.State()
	fields := 0
	for _, m := range datasheet.Messages() {
		fields += len(m.Fields)
		if !model.PrivacyKnows(m) {
			t.Errorf("%s (kept: %s) has no words on the page", m.Name, m.Retention)
		}
	}
	for _, l := range text.Languages() {
		shown := 0
		for _, r := range s.PrivacyView(text.New(l.Tag)).Rows {
			shown += r.Fields
			for _, words := range []string{r.What, r.Why, r.Where, r.Kept} {
				if words == "" || strings.HasPrefix(words, "privacy.") || strings.Contains(words, "{") {
					t.Errorf("%s, %s: %q", l.Tag, r.ID, words)
				}
			}
		}
		if shown != fields {
			t.Errorf("%s: %d fields stand on the page, %d are sent", l.Tag, shown, fields)
		}
	}
	v := s.PrivacyView(text.New("en"))
	for _, r := range v.Rows {
		if person := r.ID == "status" || r.ID == "log" || r.ID == "upgrades" || r.ID == "alarms"; (r.AboutPerson == "") != person {
			t.Errorf("%s: about a person %q", r.ID, r.AboutPerson)
		}
	}
}

// Every line of the notices stays, in lines that fit.
func TestNoticesKeepEveryWord(t *testing.T) {
	const in = "# Head\n\n| module | version | licence | copyright |\n|---|---|---|---|\n| a/b | v1 | MIT | One<br>Two |\n\n    indented text that is much longer than a line may be\n\nhttps://example.org/averyveryveryverylongaddress\n"
	lines := model.Notices(in, 24)
	var all []string
	for _, l := range lines {
		if len([]rune(l.Text)) > 24 {
			t.Errorf("too long: %q", l.Text)
		}
		all = append(all, strings.TrimSpace(l.Text))
	}
	text := strings.Join(all, " ")
	for _, want := range []string{"Head", "a/b v1 MIT One Two", "indented text that is much longer than a line may be"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	if got := strings.ReplaceAll(text, " ", ""); !strings.Contains(got, "https://example.org/averyveryveryverylongaddress") {
		t.Error(got)
	}
	if !lines[0].Head || lines[len(lines)-1].Head {
		t.Error("heads are not told from text")
	}
}
