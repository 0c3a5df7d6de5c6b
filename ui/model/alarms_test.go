package model_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/sample"
)

// What waits, comes and goes, is put away or not verified is said in words.
func TestAlarmRows(t *testing.T) {
	s := sample.Busy()
	var order []uint64
	for i := range s.Alarms.List.Len() {
		order = append(order, s.AlarmRow(en, i, sample.Now).ID)
	}
	if !slices.Equal(order, []uint64{31, 19, 27, 18, 25}) {
		t.Errorf("open, worst first: %v", order)
	}
	group, waits, foreign := s.AlarmRow(en, 0, sample.Now), s.AlarmRow(en, 2, sample.Now), s.AlarmRow(en, 4, sample.Now)
	if group.Title != "12 alarms within a few minutes" || !strings.HasPrefix(group.Advice, "The most important one") {
		t.Errorf("group: %+v", group)
	}
	if waits.Meta != "Attention · Instrument · sample profile · waiting too long · comes and goes · 7 times" {
		t.Errorf("meta: %s", waits.Meta)
	}
	if foreign.Meta != "Low · Other program · local, not verified" {
		t.Errorf("meta: %s", foreign.Meta)
	}
	shelved := sample.Opened(28)
	v := shelved.AlarmDetailView(en, sample.Now)
	if !v.CanUnshelve || v.CanShelve || v.CanAcknowledge || v.Notes[0].Word != "Put away until 18 Mar 2026, 07:05 by MH" || v.Reason != "A new printer comes tomorrow" {
		t.Errorf("shelved: %+v", v)
	}
	if h := v.History; len(h) != 4 || h[2].What != "Put away" || h[2].Detail != "MH · A new printer comes tomorrow" || h[3].Detail != "4 times" {
		t.Errorf("history: %+v", h)
	}
}

// An acknowledged alarm leaves the open list at once, and its page says by whom.
func TestAcknowledgedLeavesTheList(t *testing.T) {
	s := sample.Opened(19)
	n := sample.Detail(19).GetNotification()
	n.State, n.AcknowledgedBy, n.AcknowledgedUnixMs = hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED, "MH", sample.Ago(0)
	s.PutAlarm(n)
	if _, ok := s.Alarms.List.Index(19); ok {
		t.Error("it is still listed as open")
	}
	v := s.AlarmDetailView(en, sample.Now)
	if v.CanAcknowledge || v.Notes[0].Word != "Acknowledged 14:05 by MH" || !s.Alarms.Detail.Stale {
		t.Errorf("its page: %+v", v)
	}
	s.PutAlarm(&hostpb.Notification{}) // an older service answers with nothing
	if s.Alarms.List.Len() != 4 {
		t.Errorf("%d rows", s.Alarms.List.Len())
	}
}

// A search finds the members of groups, the plain list does not.
func TestSearchFindsMembers(t *testing.T) {
	s := sample.Busy()
	member := sample.Members()[3]
	s.PutAlarm(member)
	if _, ok := s.Alarms.List.Index(member.GetId()); ok {
		t.Error("a member stands beside its group")
	}
	s.Alarms.List.SetFilter(model.Filter{Text: "Cooling-3"})
	sample.Load(&s, nil)
	s.PutAlarm(member)
	if _, ok := s.Alarms.List.Index(member.GetId()); !ok {
		t.Error("a search does not find it")
	}
}

// From a member the way back leads to its group, then to the list.
func TestWayBack(t *testing.T) {
	s := sample.Opened(31)
	s.OpenAlarm(130)
	s.Alarms.Detail.Act = model.ActShelve
	var seen []uint64
	for s.BackFromAlarm() {
		seen = append(seen, s.Alarms.Detail.ID)
	}
	if !slices.Equal(seen, []uint64{130, 31, 0}) || s.Alarms.Place != model.PlaceList {
		t.Errorf("way back: %v", seen)
	}
	// From the list of all members as well.
	s.Alarms.List.SetFilter(model.Filter{Scope: model.ScopeAll, Group: 31})
	if !s.BackFromAlarm() || s.Alarms.Detail.ID != 31 || s.Alarms.List.Filter() != (model.Filter{}) {
		t.Errorf("back from the members: %+v", s.Alarms.Detail)
	}
}

func TestShelfChoices(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	late := time.Date(2026, 3, 17, 23, 30, 0, 0, zone)
	for choice, want := range map[model.ShelfChoice]time.Time{
		model.ShelfHour: time.Date(2026, 3, 18, 0, 30, 0, 0, zone), model.ShelfShift: time.Date(2026, 3, 18, 7, 30, 0, 0, zone),
		model.ShelfTomorrow: time.Date(2026, 3, 18, 7, 0, 0, 0, zone), model.ShelfWeek: time.Date(2026, 3, 24, 23, 30, 0, 0, zone),
	} {
		if got := choice.Until(late); !got.Equal(want) {
			t.Errorf("%v: %v, want %v", choice, got, want)
		}
	}
}

// Seen is told once, after two seconds in sight, and never by a clock that
// jumped.
func TestSeen(t *testing.T) {
	var s model.Seen
	now := sample.Now
	look := func(d time.Duration, ids ...uint64) []uint64 { now = now.Add(d); return s.Look(now, ids) }
	half := 500 * time.Millisecond
	look(0, 1, 2)
	look(half, 1, 2)
	look(half, 1) // 2 went out of sight
	look(half, 1, 2)
	if got := look(half, 1, 2); !slices.Equal(got, []uint64{1}) {
		t.Fatalf("told %v", got)
	}
	look(half, 1, 2)
	look(half, 1, 2)
	if got := look(half, 1, 2); !slices.Equal(got, []uint64{2}) {
		t.Errorf("told %v", got)
	}
	if got := look(half, 1, 2); len(got) != 0 {
		t.Errorf("told again: %v", got)
	}
	s.Forget([]uint64{1})
	look(0, 1)
	if got := look(time.Hour, 1); len(got) != 0 {
		t.Errorf("a clock that jumped told %v", got)
	}
	for range 4 {
		look(half, 1)
	}
	var many model.Seen
	var all []uint64
	for id := range uint64(500) {
		all = append(all, id+1)
	}
	told := 0
	for i := range 20 {
		got := many.Look(sample.Now.Add(time.Duration(i)*half), all)
		if len(got) > 200 {
			t.Fatalf("%d at once", len(got))
		}
		told += len(got)
	}
	if told != 500 {
		t.Errorf("told %d of 500", told)
	}
}

// The log is shown word for word: what is drawn, put together again, is the
// text, in lines that fit.
func TestLogLinesAreTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab [name]\n\t-[id]x,")), 0, 300, -1).Draw(t, "text")
		width := rapid.IntRange(30, 60).Draw(t, "width")
		var b strings.Builder
		for i, l := range model.LogLines(text, width) {
			if i > 0 && !l.Goes {
				b.WriteByte('\n')
			}
			n := 0
			for _, p := range l.Pieces {
				b.WriteString(p.Text)
				n += utf8.RuneCountInString(p.Text)
				if p.Scrubbed && !strings.HasPrefix(p.Text, "[") {
					t.Fatalf("%q is marked", p.Text)
				}
			}
			if n > width {
				t.Fatalf("a line of %d", n)
			}
		}
		if want := strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\t", "    "); b.String() != want {
			t.Fatalf("%q, want %q", b.String(), want)
		}
	})
}

func FuzzLogLines(f *testing.F) {
	f.Add("a [name]\tb\r\n\x00\u202e[line removed]\xff", 40)
	f.Fuzz(func(t *testing.T, text string, width int) {
		width = 30 + (width&0x3f+0x40)&0x3f
		for _, l := range model.LogLines(text, width) {
			n := 0
			for _, p := range l.Pieces {
				n += utf8.RuneCountInString(p.Text)
				for _, r := range p.Text {
					if r != ' ' && model.Clean(string(r), 1) == "" {
						t.Fatalf("%U is drawn", r)
					}
				}
			}
			if n > width {
				t.Fatalf("a line of %d", n)
			}
		}
	})
}

// A log that is not what its checksum says is not offered; one that is not to
// be had says why.
func TestHelpLogs(t *testing.T) {
	s := sample.State()
	s.Help.Step = model.StepForm
	forged := sample.HelpLogs()
	forged.Text += "and more"
	for name, row := range map[string]struct {
		logs  *hostpb.HelpLogs
		ready bool
		says  string
	}{
		"ready":        {sample.HelpLogs(), true, "It can help the engineer."},
		"forged":       {forged, false, "It could not be prepared."},
		"nothing":      {&hostpb.HelpLogs{}, false, "It could not be prepared."},
		"patient data": {&hostpb.HelpLogs{OffCode: "patient-data"}, false, "Not sent: this instrument holds patient data."},
		"policy":       {&hostpb.HelpLogs{OffCode: "policy"}, false, "Not sent: the site policy"},
		"unheard of":   {&hostpb.HelpLogs{OffCode: "moon"}, false, "Not available"},
	} {
		s.Help.Logs = model.LogsState{}
		s.Help.Logs.Take(row.logs)
		v := s.HelpView(en, sample.Now).Logs
		if v.Ready != row.ready || !strings.HasPrefix(v.Says, row.says) {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestHandoverDraft(t *testing.T) {
	s := sample.State()
	h := &s.Alarms.Handover
	h.WriteDraft("Lot 2217")
	s.ShowAlarmPlace(model.PlaceHandover)
	s.BackFromAlarm()
	s.ShowAlarmPlace(model.PlaceHandover)
	if v := s.HandoverView(en, sample.Now); h.Draft != "Lot 2217" || !v.CanSave || v.Unsaved == "" {
		t.Errorf("the draft did not outlive its page: %+v", v)
	}
	h.WriteDraft("Lot 2217 and more") // typed while it was being saved
	h.Took(sample.Handover(), "Lot 2217")
	if h.Draft == "" || h.Saved {
		t.Error("what was typed meanwhile is lost")
	}
	h.Took(sample.Handover(), h.Draft)
	if v := s.HandoverView(en, sample.Now); h.Draft != "" || v.Saved == "" || v.NoteBy != "Written 07:05 by MH" || len(v.Open) != 5 || v.Open[0].ID != 31 {
		t.Errorf("saved: %+v", v)
	}
	h.WriteDraft(strings.Repeat("x", 2001))
	if v := s.HandoverView(en, sample.Now); v.CanSave || v.Left != "1 character too many" {
		t.Errorf("too long: %+v", v)
	}
}

func TestOffenders(t *testing.T) {
	s := sample.State()
	o := &s.Alarms.Offenders
	o.Take(sample.Offenders(), 0, 0)
	v := s.OffendersView(en, sample.Now)
	if v.Month != "March 2026" || v.Later || v.Rows[0].Often != "raised 41 times" || v.Rows[0].Long != "stood for 2 days 13 h in all · waited 9 h for somebody" || v.Rows[3].Often != "raised once" {
		t.Errorf("%+v", v)
	}
	o.Go(1, sample.Now) // there is no later month
	if o.Year != 2026 || o.Month != 3 {
		t.Errorf("went to %d-%d", o.Year, o.Month)
	}
	for range 3 {
		o.Go(-1, sample.Now)
	}
	if v := s.OffendersView(en, sample.Now); v.Month != "December 2025" || !v.Later || !v.Loading || !o.Stale {
		t.Errorf("%+v", v)
	}
	o.Take(sample.Offenders(), 2026, 3) // late
	if o.Got != nil {
		t.Error("the list of another month is shown")
	}
}

func TestQuietHours(t *testing.T) {
	s := sample.State()
	for want, q := range map[string]*hostpb.QuietHours{
		"No quiet hours: notifications may make a sound at any time.": {},
		"Quiet hours from 22:00 to 06:15.":                            {On: true, FromMinute: 1320, ToMinute: 375},
		"Quiet hours now, until 06:15.":                               {On: true, FromMinute: 1320, ToMinute: 375, Now: true},
		"Your site has set quiet hours from 22:00 to 06:15.":          {On: true, FromMinute: 1320, ToMinute: 375, Now: true, Site: true},
		"Your site has set that there are no quiet hours.":            {Site: true},
	} {
		s.Status.QuietHours = q
		if v := s.QuietView(en); v.State != want || v.Site != q.GetSite() {
			t.Errorf("%q, want %q", v.State, want)
		}
	}
	for _, set := range []uint32{0, 29, 30, 375, 1439} {
		labels, minutes := model.DayTimes(set)
		i := slices.Index(minutes, set)
		if i < 0 || labels[i] != model.DayTime(set) || !slices.IsSorted(minutes) {
			t.Errorf("%d: %v", set, minutes)
		}
	}
}

// scenario 54: why there is no connection is said by its code; a code nobody
// knows says nothing rather than something wrong.
func TestLinkProblemByCode(t *testing.T) {
	s := sample.State()
	s.Status.Link = hostpb.Link_LINK_OFFLINE
	for _, code := range []string{"dns", "clock", "inspection", "portal", "proxy-auth", "proxy-loop", "refused", "no-answer", "certificate-refused", "not-accepted", "excess", "cloud-busy", "lost"} {
		s.Status.LinkFacts = []*hostpb.LinkFact{{Name: "proxy", Value: "lost"}, {Name: "code", Value: code}}
		if b := s.Frame(en).Banner; b == nil || !strings.HasSuffix(b.Word, en.T("link.code."+code)) {
			t.Errorf("%s: %+v", code, b)
		}
	}
	s.Status.LinkFacts = []*hostpb.LinkFact{{Name: "code", Value: "moon"}}
	if b := s.Frame(en).Banner; b.Word != en.T("banner.offline") {
		t.Errorf("%+v", b)
	}
}
