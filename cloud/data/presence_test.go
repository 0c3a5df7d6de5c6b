package data

import (
	"testing"
	"time"
)

func (o *opened) set(t *testing.T, after time.Duration, online bool) {
	t.Helper()
	o.now = o.now.Add(after)
	if _, err := o.SetOnline(t.Context(), device, online); err != nil {
		t.Fatal(err)
	}
}

func TestPresenceHistory(t *testing.T) { // P14
	o := open(t)
	start := o.now
	for _, online := range []bool{true, true, false, true} {
		o.set(t, time.Minute, online)
	}
	if err := o.AllOffline(t.Context()); err != nil {
		t.Fatal(err)
	}
	h, err := o.History(t.Context(), device, start, 10)
	if err != nil || len(h) != 4 || h[0].Online || !h[3].Online {
		t.Errorf("history %+v, %v; want 4 changes from online to offline", h, err)
	}
	// From the middle on: what held then is the last change before.
	h, err = o.History(t.Context(), device, start.Add(200*time.Second), 10)
	if err != nil || len(h) != 3 || h[2].Online || h[2].AtMS != start.Add(3*time.Minute).UnixMilli() {
		t.Errorf("history %+v, %v; want 3 changes, the first one before", h, err)
	}
}

// A link that comes and goes leaves no storm behind, and the truth about now.
func TestFlappingIsNoHistory(t *testing.T) { // P14
	o := open(t)
	o.set(t, time.Minute, true)
	since := o.now.UnixMilli()
	o.set(t, time.Hour, false) // an interruption
	o.set(t, time.Minute, true)
	for range 500 {
		o.set(t, 5*time.Second, false)
		o.set(t, time.Second, true)
	}
	h, err := o.History(t.Context(), device, time.UnixMilli(since), 10_000)
	if err != nil || len(h) != 3 || !h[0].Online {
		t.Fatalf("%d changes %v; want the 3 that lasted", len(h), err)
	}
	d, err := o.Device(t.Context(), device)
	if err != nil || !d.Online || d.SinceMS != h[0].AtMS {
		t.Errorf("the device is %+v, %v; want online since %d", d.Device, err, h[0].AtMS)
	}
	o.set(t, 11*time.Second, false) // this one lasts
	o.set(t, 11*time.Second, true)
	if h, err = o.History(t.Context(), device, time.UnixMilli(since), 10); err != nil || len(h) != 5 {
		t.Errorf("%d changes %v; want 5", len(h), err)
	}
	// The very first change stays, also when the device is gone at once.
	o.register(t, "bc-2")
	for _, online := range []bool{true, false} {
		if _, err := o.SetOnline(t.Context(), "bc-2", online); err != nil {
			t.Fatal(err)
		}
	}
	if h, err = o.History(t.Context(), "bc-2", time.UnixMilli(since), 10); err != nil || len(h) != 2 || h[0].Online {
		t.Errorf("%+v %v", h, err)
	}
	// A clock that was set back is no flap, and takes nothing away.
	o.set(t, -time.Hour, false)
	if d, err = o.Device(t.Context(), device); err != nil || d.Online {
		t.Errorf("%+v %v", d.Device, err)
	}
}

func TestPresenceIsKeptForItsTime(t *testing.T) { // the data table: 400 days
	o := open(t)
	o.set(t, 0, true)
	o.set(t, time.Hour, false)
	o.set(t, 399*24*time.Hour, true)
	if err := o.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := time.UnixMilli(1)
	if h, err := o.History(t.Context(), device, all, 10); err != nil || len(h) != 3 {
		t.Errorf("%+v %v", h, err)
	}
	o.now = o.now.Add(2 * 24 * time.Hour)
	if err := o.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h, err := o.History(t.Context(), device, all, 10); err != nil || len(h) != 1 || !h[0].Online {
		t.Errorf("%+v %v; want the last one alone", h, err)
	}
	o.now = o.now.Add(1000 * 24 * time.Hour)
	if err := o.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h, err := o.History(t.Context(), device, all, 10); err != nil || len(h) != 1 {
		t.Errorf("%+v %v; the last change says how it is, however old", h, err)
	}
}
