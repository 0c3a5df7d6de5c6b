package link

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"beckmanconnect/internal/cloudapi"
)

// A cloud that lost what it acknowledged asks for it and gets it, in order and
// with the old numbers; only once a connection, only what is of this database,
// and never help logs (scenarios 42, 43).
func TestAskedAgain(t *testing.T) {
	b, s, st := newBroker(t), openStore(t), newStates()
	c := config(s, b.url, b.roots, st)
	marks := make(chan struct{})
	c.Message = func(context.Context, string) error { marks <- struct{}{}; return nil }
	for i := range 20 {
		kind := cloudapi.KindNotification
		if i == 9 {
			kind = cloudapi.KindHelpLogs
		}
		enqueueKind(t, s, kind, `{"id":`+strconv.Itoa(i+1)+`}`)
	}
	send := func(kind string, message any) {
		t.Helper()
		body, err := json.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: kind, Body: body})
		if err == nil {
			err = b.server.Publish(cloudapi.DeviceBoundTopic(device), payload, false, 1)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	taken := func() { // everything before it is, messages come in order
		t.Helper()
		send(cloudapi.KindMessage, cloudapi.VendorMessage{})
		select {
		case <-marks:
		case <-t.Context().Done():
			t.Fatal("no mark")
		}
	}
	ranges := func(n ...uint64) (list []cloudapi.Range) {
		for i := 0; i < len(n); i += 2 {
			list = append(list, cloudapi.Range{From: n[i], To: n[i+1]})
		}
		return list
	}
	l := run(t, c)
	settled := func() { // the broker has a message before its acknowledgement is kept
		t.Helper()
		for n, err := s.Waiting(t.Context()); n > 0 || err != nil; n, err = s.Waiting(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			l.Kick()
		}
	}
	st.until(t, Online)
	b.until("all", func() bool { return len(b.got) == 20 })
	settled()
	b.mu.Lock()
	if b.kept != nil {
		t.Errorf("%+v was offered before anything was sent", *b.kept)
	}
	b.got, b.last, b.anyOrder, b.seen = nil, 0, true, nil // a backup that is older than all of it
	b.mu.Unlock()
	// Nothing of this is what was asked for.
	for _, bad := range []any{
		"nonsense", cloudapi.Again{V: cloudapi.AgainVersion + 1, Epoch: s.Epoch(), Ranges: ranges(1, 5)},
		cloudapi.Again{V: cloudapi.AgainVersion, Epoch: "another", Ranges: ranges(1, 5)}, cloudapi.Again{V: cloudapi.AgainVersion, Epoch: s.Epoch()},
		cloudapi.Again{V: cloudapi.AgainVersion, Epoch: s.Epoch(), Ranges: ranges(5, 4)}, cloudapi.Again{V: cloudapi.AgainVersion, Epoch: s.Epoch(), Ranges: ranges(0, 4)},
		cloudapi.Again{V: cloudapi.AgainVersion, Epoch: s.Epoch(), Ranges: slices.Repeat(ranges(1, 1), cloudapi.MaxAgain+1)},
	} {
		send(cloudapi.KindAgain, bad)
	}
	taken()
	send(cloudapi.KindAgain, cloudapi.Again{V: cloudapi.AgainVersion, Epoch: s.Epoch(), Ranges: ranges(3, 5, 8, 12)})
	b.until("what was asked for", func() bool { return len(b.got) == 7 })
	send(cloudapi.KindAgain, cloudapi.Again{V: cloudapi.AgainVersion, Epoch: s.Epoch(), Ranges: ranges(1, 20)})
	taken()
	enqueueKind(t, s, cloudapi.KindNotification, `{"id":21}`)
	l.Kick()
	b.until("the next one", func() bool { return len(b.got) == 8 })
	b.mu.Lock()
	var numbers []uint64
	for _, e := range b.got {
		numbers = append(numbers, e.Seq)
		if string(e.Body) != `{"id":`+strconv.FormatUint(e.Seq, 10)+`}` {
			t.Errorf("%d: %s", e.Seq, e.Body)
		}
	}
	if want := []uint64{3, 4, 5, 8, 9, 11, 12, 21}; !slices.Equal(numbers, want) || b.again > 0 {
		t.Errorf("%v came, %d twice; want %v", numbers, b.again, want)
	}
	b.mu.Unlock()
	settled()
	// Over the next connection it says what it keeps, and may be asked again.
	for _, client := range b.server.Clients.GetAll() {
		if !client.Net.Inline {
			client.Stop(errClosed)
		}
	}
	st.until(t, Offline)
	st.until(t, Online)
	b.until("what is kept", func() bool { return b.kept != nil })
	b.mu.Lock()
	if k := *b.kept; k != (cloudapi.Kept{V: cloudapi.AgainVersion, Epoch: s.Epoch(), Oldest: 1, Newest: 21}) {
		t.Errorf("%+v", k)
	}
	b.mu.Unlock()
	send(cloudapi.KindAgain, cloudapi.Again{V: cloudapi.AgainVersion, Epoch: s.Epoch(), Ranges: ranges(1, 2)})
	b.until("the first ones", func() bool { return len(b.got) == 10 })
}

// The connection is lost again and again while messages are sent a second time:
// each arrives.
func TestAgainOverDisconnects(t *testing.T) {
	b, s, st := newBroker(t), openStore(t), newStates()
	const messages = 150
	enqueue(t, s, messages)
	if err := s.Sent(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	b.anyOrder, b.drop = true, 0.1
	b.ask = func(k cloudapi.Kept) []cloudapi.Range { // what is missing, as the cloud does
		var list []cloudapi.Range
		for n := k.Oldest; n <= k.Newest && len(list) < cloudapi.MaxAgain; n++ {
			if !b.seen[n] {
				list = append(list, cloudapi.Range{From: n, To: n})
			}
		}
		return list
	}
	run(t, config(s, b.url, b.roots, st))
	b.until("all of them", func() bool { return len(b.got) == messages })
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop = 0
	if b.lost == 0 {
		t.Error("no connection was lost")
	}
	t.Logf("%d connections lost, %d messages sent more than once", b.lost, b.again)
}
