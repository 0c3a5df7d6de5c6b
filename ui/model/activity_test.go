package model_test

import (
	"slices"
	"testing"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/sample"
)

func TestActivityInPlainWords(t *testing.T) {
	s := sample.State()
	rows := map[uint64]model.ActivityRow{}
	for i := range s.Activity.List.Len() {
		r := s.ActivityRow(en, i, sample.Now)
		rows[r.Index] = r
	}
	for index, w := range map[uint64]string{
		1284: "Notification raised: disk-nearly-full", 1283: "Session ended", 1281: "You allowed: Files", 1280: "You denied: Mouse and keyboard",
		1278: "Wrong code, refused", 1276: "Upgrade installed: 0.1.0", 1274: "quality.checked module A",
	} {
		if r := rows[index]; r.What != w {
			t.Errorf("%d: %q, want %q", index, r.What, w)
		}
	}
	if rows[1284].Proof.Word != "" || rows[1283].Proof.Word != "proven" || rows[1279].Proof.Word != "witnessed" {
		t.Error("marks of the proof")
	}
	if rows[1284].Day != "Today" || rows[1283].Day != "" || rows[1276].Day != "Yesterday" || rows[1276].Warning == "" || rows[1283].Warning != "" {
		t.Error("days, or the clock that went back")
	}
	if rows[1283].Session != "s-81c2" || rows[1284].Session != "" {
		t.Error("the way to a session")
	}
}

// played is a log as the service pages it.
type played struct {
	all []*hostpb.Activity // oldest first
	ask []*hostpb.ListActivityRequest
}

func (p *played) add(n int) {
	for range n {
		p.all = append(p.all, &hostpb.Activity{Index: uint64(len(p.all)), Kind: "service.started", UnixMs: sample.Ago(0), Proven: true})
	}
}

func (p *played) page(r *hostpb.ListActivityRequest) (*hostpb.ActivityPage, error) {
	p.ask = append(p.ask, r)
	end := len(p.all)
	if b := int(r.GetBeforeIndex()); b > 0 {
		end = min(b, end)
	}
	from := max(end-int(r.GetLimit()), 0)
	rows := slices.Clone(p.all[from:end])
	slices.Reverse(rows)
	return &hostpb.ActivityPage{Entries: rows, More: from > 0, NextIndex: uint64(from)}, nil
}

func (p *played) fetch(t *testing.T, l *model.ActivityList) bool {
	t.Helper()
	w, ok := l.Want(sample.Now)
	if !ok {
		return false
	}
	got, err := w.Get(p.page)
	if err != nil {
		t.Fatal(err)
	}
	l.Put(got)
	return true
}

// Newer entries come before what is here, which stays; older ones follow, and
// the very first, of number 0, is among them.
func TestActivityPages(t *testing.T) {
	p, l := &played{}, &model.ActivityList{}
	p.add(250)
	p.fetch(t, l)
	if l.Len() != 101 || l.Key(0) != 250 || l.Key(100) != 0 {
		t.Fatalf("%d rows, first %d", l.Len(), l.Key(0))
	}
	l.See(90, 100)
	p.add(7)
	l.Reload()
	for p.fetch(t, l) {
		l.See(l.Len()-2, l.Len())
	}
	if l.Len() != 257 || l.Key(0) != 257 || l.Key(256) != 1 {
		t.Fatalf("%d rows, first %d", l.Len(), l.Key(0))
	}
	for i := range 257 {
		if at, ok := l.Index(uint64(257 - i)); !ok || at != i {
			t.Fatalf("entry %d stands at %d", 256-i, at)
		}
	}
	// More than is fetched at once: what is here goes, so that there is no gap.
	p.add(5000)
	l.Reload()
	p.fetch(t, l)
	if l.Key(0) != 5257 || l.Len() >= 5257 {
		t.Errorf("%d rows, first %d", l.Len(), l.Key(0))
	}
	for i := 1; i < l.Len()-1; i++ {
		if l.Key(i) != l.Key(i-1)-1 {
			t.Fatalf("a gap below %d", l.Key(i-1))
		}
	}
	// A new log in place of the one that was set aside.
	p.all = nil
	p.add(3)
	l.Restart()
	p.fetch(t, l)
	if l.Len() != 3 || l.Key(0) != 3 {
		t.Errorf("%d rows of another log, first %d", l.Len(), l.Key(0))
	}
	// What comes for another filter is not taken.
	l.Reload()
	w, _ := l.Want(sample.Now)
	l.SetFilter(model.ActivityFilter{Text: "disk"})
	got, _ := w.Get(p.page)
	l.Put(got)
	if l.Len() != 0 {
		t.Error("rows of another filter")
	}
}

func TestActivityFilterRequest(t *testing.T) {
	r := model.ActivityFilter{Groups: [7]bool{true, false, true}, Span: model.SpanToday, Text: "  disk\x00 full ", Session: "s1"}.Request(sample.Now)
	midnight := time.Date(2026, 3, 17, 0, 0, 0, 0, time.UTC).UnixMilli()
	if !slices.Equal(r.GetGroups(), []string{"alarms", "files"}) || r.GetFromMs() != midnight || r.GetToMs() != 0 || r.GetText() != "disk full" || r.GetSubject() != "s1" {
		t.Errorf("%v", r)
	}
}

// The day before today can be chosen, and ends at midnight: somebody is asked
// for “yesterday” and not for the last seven days.
func TestActivityOfYesterday(t *testing.T) {
	if !slices.Contains(model.ActivitySpans(), model.SpanYesterday) {
		t.Fatal("yesterday cannot be chosen")
	}
	r := model.ActivityFilter{Span: model.SpanYesterday}.Request(sample.Now)
	midnight := time.Date(2026, 3, 17, 0, 0, 0, 0, time.UTC)
	if r.GetFromMs() != midnight.AddDate(0, 0, -1).UnixMilli() || r.GetToMs() != midnight.UnixMilli() {
		t.Errorf("%v", r)
	}
}

// Every trouble of the log has words of its own in every language, and what we
// do not know is trouble all the same.
func TestLogTrouble(t *testing.T) { // scenario 50
	for _, l := range text.Languages() {
		c, seen := text.New(l.Tag), map[string]bool{}
		for _, code := range []string{"not-writable", "damaged", "keys-lost", "set-aside", "shrunk", "forked", "new-kind"} {
			s := sample.State()
			s.Status.Log.Trouble = code
			if v := s.ActivityView(c, sample.Now).Trouble; v.Title == "" || v.Detail == "" || seen[v.Title] {
				t.Errorf("%s: %s is %+v", l.Tag, code, v)
			} else {
				seen[v.Title] = true
			}
		}
	}
	s := sample.State()
	if v := s.ActivityView(en, sample.Now); v.Trouble.Title != "" {
		t.Errorf("all is well: %+v", v.Trouble)
	}
	s.Status.Log.Writable = false
	if v := s.ActivityView(en, sample.Now); v.Trouble.Title == "" {
		t.Error("a log that cannot be written is no trouble")
	}
}

// What is not there to be read is said as such, never left out.
func TestEntryInWords(t *testing.T) {
	s := sample.State()
	s.OpenActivity(1281)
	d := sample.Entry(1281)
	d.Entry.Erased, d.Entry.Damaged, d.Entry.Confidential = []string{"initials"}, []string{"name"}, []string{"reason"}
	s.PutEntry(1281, d)
	v := s.ActivityDetailView(en, sample.Now)
	for _, want := range [][2]string{
		{"Initials", "erased"}, {"Name", "damaged: does not fit the proof"}, {"Reason", "sealed for the hospital"}, {"Session", "s-81c2"}, {"What", "Files"},
	} {
		if !slices.Contains(v.Facts, want) {
			t.Errorf("%q is not in %q", want, v.Facts)
		}
	}
	if len(v.Notes) != 3 || v.Session != "s-81c2" || !v.CanCopy || v.Proof[0][1] != "1281" {
		t.Errorf("%+v", v)
	}
	d.Proof = ""
	if v := s.ActivityDetailView(en, sample.Now); v.CanCopy || len(v.Notes) != 4 {
		t.Error("an entry without a proof is not told as such")
	}
}
