package data

import (
	"fmt"
	"testing"
	"time"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/cloudapi"
)

// However many acts were refused since, one that waits is found, and one that was
// confirmed before the cloud went down is carried out.
func TestOpenActsAreListedFirst(t *testing.T) { // P16
	o := open(t)
	add := func(id, state string) {
		t.Helper()
		o.now = o.now.Add(time.Second)
		a := acts.Kept{Session: []byte("s"), Hash: []byte(id), Act: cloudapi.Act{ID: id, Kind: "staff.remove", By: "a@vendor.example", AtMS: o.now.UnixMilli(), ExpiresMS: o.now.Add(time.Hour).UnixMilli()}}
		if err := o.AddAct(t.Context(), a, 200); err != nil {
			t.Fatal(err)
		}
		if state == cloudapi.ActWaiting {
			return
		}
		if first, err := o.DecideAct(t.Context(), id, state, "b@vendor.example", "", o.now, events.Event{Kind: events.ActRejected}); err != nil || !first {
			t.Fatal(first, err)
		}
	}
	add("act-waits", cloudapi.ActWaiting)
	add("act-confirmed", cloudapi.ActConfirmed)
	for n := range 20 {
		add(fmt.Sprintf("act-over-%d", n), cloudapi.ActRejected)
	}
	list, err := o.Acts(t.Context(), 4)
	if err != nil || len(list) != 4 {
		t.Fatal(len(list), err)
	}
	for i, want := range []string{"act-confirmed", "act-waits", "act-over-19", "act-over-18"} {
		if list[i].ID != want {
			t.Errorf("%d is %s, not %s", i, list[i].ID, want)
		}
	}
}
