package view_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/assets/text"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
	"beckmanconnect/ui/view"
)

// inSight says whether something with a name is drawn in the window.
func inSight(v *view.Window, id string) bool {
	for _, p := range part.Places(v.Content()) {
		if p.ID == id {
			return true
		}
	}
	return false
}

// Where a filter leaves a list too little room it folds away, in every language:
// two rows can be read, and the filter opens with a press or the slash. Where
// there is room it is simply there.
func TestFilterMakesRoomForTheList(t *testing.T) {
	for page, ids := range map[string]struct{ list, toggle, search string }{
		view.Notifications: {"notifications.list", "notifications.filter", "notifications.search"},
		view.Activity:      {"activity.list", "activity.filter", "activity.search"},
	} {
		for _, l := range text.Languages() {
			k := sized(t, l.Tag, theme.Light(), "largest")
			s := sample.Busy()
			v := view.NewWindow(k, sample.Nobody{}, sample.Choices())
			v.Show(page)
			v.Update(&s, sample.Now)
			w := test.NewWindow(v.Content())
			settle(w, view.SmallestSize)
			rows := part.Find(v.Content(), ids.list).(*part.List)
			if from, to := rows.Whole(); to-from < 2 {
				t.Errorf("%s in %s: %d rows can be read whole", page, l.Tag, to-from)
			}
			if inSight(v, ids.search) == inSight(v, ids.toggle) {
				t.Fatalf("%s in %s: filter and toggle are both there, or neither", page, l.Tag)
			}
			if inSight(v, ids.search) && page == view.Activity {
				w.Close()
				continue // in short words both have room
			}
			tap(t, v.Content(), ids.toggle)
			settle(w, view.SmallestSize)
			if !inSight(v, ids.search) || !part.Find(v.Content(), ids.toggle).(*part.Button).Selected() {
				t.Errorf("%s in %s: the filter does not open", page, l.Tag)
			}
			tap(t, v.Content(), ids.toggle)
			settle(w, fyne.NewSize(1280, 1000))
			if inSight(v, ids.toggle) || !inSight(v, ids.search) {
				t.Errorf("%s in %s: it folds where there is room", page, l.Tag)
			}
			w.Canvas().Focus(part.Find(v.Content(), ids.search).(fyne.Focusable))
			settle(w, view.SmallestSize)
			if inSight(v, ids.search) || w.Canvas().Focused() != fyne.Focusable(rows) {
				t.Errorf("%s in %s: the filter folded, and the keyboard is with %v", page, l.Tag, w.Canvas().Focused())
			}
			test.Type(rows, "/")
			settle(w, view.SmallestSize)
			if search, ok := w.Canvas().Focused().(*part.Entry); !ok || search.ID != ids.search || !inSight(v, ids.search) {
				t.Errorf("%s in %s: the slash leads to %v", page, l.Tag, w.Canvas().Focused())
			}
			w.Close()
		}
	}
}
