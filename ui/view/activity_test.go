package view_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/view"
)

// The log is read by keyboard alone: arrows, Enter, the slash, Escape.
func TestActivityByKeyboard(t *testing.T) {
	s := sample.State()
	v, a, w := window(t, view.Activity, &s)
	list := part.Find(v.Content(), "activity.list").(*part.List)
	w.Canvas().Focus(list)
	press(w, fyne.KeyDown)
	press(w, fyne.KeyReturn)
	if a.last() != "entry 1283" {
		t.Errorf("Enter: %q", a.last())
	}
	test.Type(w.Canvas().Focused(), "/")
	search, ok := w.Canvas().Focused().(*part.Entry)
	if !ok || search.ID != "activity.search" {
		t.Fatalf("the slash: the focus is on %v", w.Canvas().Focused())
	}
	test.Type(search, "d")
	if want := "log {Groups:[false false false false false false false] Span:0 Text:d Session:}"; a.last() != want {
		t.Errorf("search: %q", a.last())
	}
	press(w, fyne.KeyEscape)
	if w.Canvas().Focused() != list {
		t.Error("Escape does not lead from the search back to the list")
	}
	press(w, fyne.KeyEscape)
	if a.last() != "navigate home" {
		t.Errorf("Escape: %q", a.last())
	}
}

func TestActivityTaps(t *testing.T) {
	all, session, asked, entry := sample.State(), sample.State(), sample.State(), sample.State()
	session.Activity.List.SetFilter(model.ActivityFilter{Session: "s-81c2"})
	sample.LoadActivity(&session, nil)
	asked.AskExport()
	entry.OpenActivity(1279)
	entry.PutEntry(1279, sample.Entry(1279))
	none := "log {Groups:[false false false false false false false] Span:0 Text: Session:}"
	only := "log {Groups:[false false false false false false false] Span:0 Text: Session:s-81c2}"
	for _, row := range []struct {
		id, want string
		state    *model.State
	}{
		{"activity.1283.session", only, &all},
		{"activity.group.files", "log {Groups:[false false true false false false false] Span:0 Text: Session:}", &all},
		{"activity.session", none, &session},
		{"activity.certificate", "certificate s-81c2", &session},
		{"activity.export.format.csv", "format csv", &asked},
		{"activity.session.show", only, &entry},
		{"activity.certificate", "certificate s-81c2", &entry},
		{"activity.back", "back", &entry},
	} {
		v, a, _ := window(t, view.Activity, row.state)
		tap(t, v.Content(), row.id)
		if a.last() != row.want {
			t.Errorf("%s: %q, want %q", row.id, a.last(), row.want)
		}
	}
}

// What happens does not move what is read.
func TestActivityDoesNotMove(t *testing.T) {
	s := sample.State()
	v, _, _ := window(t, view.Activity, &s)
	list := part.Find(v.Content(), "activity.list").(*part.List)
	list.ScrollBy(100)
	place := func() float32 {
		for _, p := range part.Places(v.Content()) {
			if p.ID == "activity.1280" {
				return p.Pos.Y
			}
		}
		return -1
	}
	before := place()
	s.Activity.List.Reload()
	sample.LoadActivity(&s, append([]*hostpb.Activity{{Index: 1285, Kind: "service.started", UnixMs: sample.Ago(0)}}, sample.Activity()...))
	v.Update(&s, sample.Now)
	if after := place(); before < 0 || after != before {
		t.Errorf("moved from %v to %v", before, after)
	}
	if part.Find(v.Content(), "activity.newer").(*part.Button).Hidden {
		t.Error("nothing says that there are newer ones")
	}
	tap(t, v.Content(), "activity.newer")
	if list.Offset() != 0 {
		t.Error("the way to the newest leads elsewhere")
	}
}
