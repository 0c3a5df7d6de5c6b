package data

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
)

func (o *opened) send(t *testing.T, id string, regions []string, m cloudapi.MessageRequest) (cloudapi.MessageReply, uint64, error) {
	t.Helper()
	var number uint64
	reply, err := o.AddMessage(t.Context(), Draft{
		Who: cloudapi.Staff{Account: "a@v.example", Name: "Anna"}, Request: m, Regions: regions, ExpiresMS: o.now.Add(time.Hour).UnixMilli(),
		Sign: func(n uint64, in []string) (string, []byte, error) {
			number = n
			return id, []byte("note " + id + fmt.Sprint(in)), nil
		},
	})
	return reply, number, err
}

func TestMessageDeliveries(t *testing.T) { // scenario 43
	o := open(t)
	o.registerAs(t, "bc-us", "us", "S1", "DxH 900")
	o.registerAs(t, "bc-eu", "eu", "S2", "AU5800")
	for _, c := range []struct {
		id      string
		regions []string
		m       cloudapi.MessageRequest
		devices int
	}{
		{"m-1", []string{"eu", "us", "cn"}, cloudapi.MessageRequest{Group: "DxH 900"}, 2},
		{"m-2", []string{"eu"}, cloudapi.MessageRequest{Group: "DxH 900"}, 1},
		{"m-3", []string{"eu"}, cloudapi.MessageRequest{Region: "eu"}, 2},
		{"m-4", []string{"us"}, cloudapi.MessageRequest{Device: "bc-us"}, 1},
	} {
		if reply, _, err := o.send(t, c.id, c.regions, c.m); err != nil || reply.Devices != c.devices {
			t.Errorf("%s: %+v %v", c.id, reply, err)
		}
	}
	for _, m := range []cloudapi.MessageRequest{{Device: "bc-us"}, {Group: "nothing"}} {
		if _, _, err := o.send(t, "m-9", []string{"eu"}, m); !errors.Is(err, ErrNobody) {
			t.Errorf("%+v: %v", m, err)
		}
	}
	boom := errors.New("boom")
	if _, err := o.AddMessage(t.Context(), Draft{Regions: []string{"eu"}, Request: cloudapi.MessageRequest{Region: "eu"},
		Sign: func(uint64, []string) (string, []byte, error) { return "", nil, boom }}); !errors.Is(err, boom) {
		t.Errorf("what cannot be signed: %v", err)
	}
	waiting := func(device string) (ids []string) {
		t.Helper()
		list, err := o.WaitingMessages(t.Context(), device, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range list {
			ids = append(ids, w.ID)
		}
		return ids
	}
	if got := waiting(device); !slices.Equal(got, []string{"m-1", "m-2", "m-3"}) {
		t.Errorf("waiting: %v", got)
	}
	for i, news := range []bool{true, false} {
		if got, err := o.MessageDelivered(t.Context(), device, "m-2"); err != nil || got != news {
			t.Errorf("acknowledgement %d: %v %v", i, got, err)
		}
	}
	// One that was not sent to it counts for nothing.
	if got, err := o.MessageDelivered(t.Context(), device, "m-4"); err != nil || got {
		t.Errorf("another's message: %v %v", got, err)
	}
	if got := waiting(device); !slices.Equal(got, []string{"m-1", "m-3"}) {
		t.Errorf("waiting: %v", got)
	}
	seen := func(regions ...string) (ids []string) {
		t.Helper()
		list, err := o.Messages(t.Context(), regions, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			ids = append(ids, fmt.Sprint(m.ID, " ", m.Delivered, "/", m.Devices, " ", m.By))
		}
		return ids
	}
	// P20: only what went to one's own regions alone.
	if got := seen("eu"); !slices.Equal(got, []string{"m-3 0/2 Anna", "m-2 1/1 Anna"}) {
		t.Errorf("eu sees %q", got)
	}
	if got := seen("us", "eu"); len(got) != 4 {
		t.Errorf("us and eu see %q", got)
	}
	if got := seen(); len(got) != 0 {
		t.Errorf("nobody sees %q", got)
	}
	// Over is over: nobody gets it any more.
	o.now = o.now.Add(2 * time.Hour)
	if got := waiting(device); len(got) != 0 {
		t.Errorf("waiting: %v", got)
	}
	o.now = o.now.Add(401 * 24 * time.Hour)
	if err := o.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := o.sql.QueryRow("SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM deliveries)").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
}

// Numbers rise also within a moment, with a clock set back, and in a new data
// folder: devices and people go by them.
func TestMessageNumbersRise(t *testing.T) {
	o := open(t)
	var last uint64
	for i := range 4 {
		if i == 2 {
			o.now = o.now.Add(-time.Hour)
		}
		_, number, err := o.send(t, fmt.Sprint("m-", i), []string{"eu"}, cloudapi.MessageRequest{Region: "eu"})
		if err != nil || number <= last {
			t.Errorf("number %d after %d, %v", number, last, err)
		}
		last = number
	}
	lost := open(t)
	lost.now = o.now.Add(2 * time.Hour)
	if _, number, err := lost.send(t, "m-0", []string{"eu"}, cloudapi.MessageRequest{Region: "eu"}); err != nil || number <= last {
		t.Errorf("in a new folder number %d after %d, %v", number, last, err)
	}
}

func TestHelpLogsAreKeptForTheirTime(t *testing.T) { // the data table: 30 days after the request is over
	o := open(t)
	put := func(request string) {
		t.Helper()
		if err := o.Do(t.Context(), device, func(tx *Tx) error {
			return tx.PutHelpLogs(cloudapi.HelpLogs{Request: request, SHA256: "x", Lines: 1, Text: "a line"})
		}); err != nil {
			t.Fatal(err)
		}
	}
	over := o.now.Add(8 * time.Hour)
	if err := o.Do(t.Context(), device, func(tx *Tx) error {
		return tx.PutRequest(cloudapi.Request{ID: "r1", State: "ended", SinceMS: 1, ExpiresMS: over.UnixMilli()})
	}); err != nil {
		t.Fatal(err)
	}
	put("r1")
	put("never-named")
	for _, c := range []struct {
		at   time.Time
		want map[string]bool
	}{
		{o.now.Add(30*24*time.Hour - time.Second), map[string]bool{"r1": true, "never-named": true}},
		{o.now.Add(30*24*time.Hour + time.Second), map[string]bool{"r1": true, "never-named": false}},
		{over.Add(30*24*time.Hour + time.Second), map[string]bool{"r1": false}},
	} {
		o.now = c.at
		if err := o.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		for request, want := range c.want {
			// Kept, and not to be opened: nobody has scanned them.
			_, _, err := o.HelpLogs(t.Context(), request)
			var waits *UploadError
			if errors.As(err, &waits) != want || !want && !errors.Is(err, ErrNotFound) {
				t.Errorf("%v: %s: %v", c.at, request, err)
			}
		}
	}
	for i := range maxHelpLogs + 7 {
		o.now = o.now.Add(time.Second)
		put(fmt.Sprint("many-", i))
	}
	var kept int
	if err := o.sql.QueryRow("SELECT count(*) FROM help_logs").Scan(&kept); err != nil || kept != maxHelpLogs {
		t.Errorf("%d kept, %v", kept, err)
	}
}
