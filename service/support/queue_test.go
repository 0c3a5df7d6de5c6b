package support

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/internal/cloudapi"
)

func (r *rig) queue() Queue { return r.m.Snapshot(r.now).Queue }

// Place in the queue and case number are shown for the one request that waits,
// and decide nothing.
func TestQueuePlace(t *testing.T) {
	r := newRig(t)
	r.refused(Queued{cloudapi.QueuePlace{Request: "r1", Case: "K-4F7Q", Place: 1, Waiting: 1}}, "request-gone")
	id := r.ask().Request
	before := r.rec.writes
	r.must(Queued{cloudapi.QueuePlace{Request: id, Case: "K-4F7Q", Place: 2, Waiting: 3}})
	if want := (Queue{Case: "K-4F7Q", Current: true, Place: 2, Waiting: 3}); r.queue() != want {
		t.Fatalf("%+v, want %+v", r.queue(), want)
	}
	if len(effectsOf[Changed](r.last)) != 1 {
		t.Errorf("nobody is told: %v", r.last)
	}
	r.must(Queued{cloudapi.QueuePlace{Request: id, Case: "K-4F7Q", Place: 2, Waiting: 3}})
	if len(r.last) != 0 {
		t.Errorf("the same again: %v", r.last)
	}
	r.must(Unheard{})
	if want := (Queue{Case: "K-4F7Q"}); r.queue() != want {
		t.Fatalf("without a link: %+v, want %+v", r.queue(), want)
	}
	r.must(Queued{cloudapi.QueuePlace{Request: id, Case: "K-4F7Q", Waiting: 3, Taken: "Anna\u202e\n Weber" + strings.Repeat("r", 200)}})
	if q := r.queue(); !q.Current || q.Place != 0 || !strings.HasPrefix(q.Taken, "Anna Weberr") || len([]rune(q.Taken)) != maxName+1 {
		t.Fatalf("taken: %+v", q)
	}
	if r.rec.writes != before {
		t.Errorf("%d writes", r.rec.writes-before)
	}
	r.must(CancelHelp{Request: id})
	if q := r.queue(); q != (Queue{}) {
		t.Errorf("after the request: %+v", q)
	}
	r.must(Unheard{})
	if again := r.ask().Request; r.queue() != (Queue{}) || again == id {
		t.Errorf("the next request knows %+v", r.queue())
	}
	r.refused(Queued{cloudapi.QueuePlace{Request: id, Case: "K-4F7Q", Place: 1, Waiting: 1}}, "request-gone")
}

func TestQueuePlaceRefused(t *testing.T) {
	for name, place := range map[string]cloudapi.QueuePlace{
		"no case number":      {Place: 1, Waiting: 1},
		"small letters":       {Case: "k-4f7q", Place: 1, Waiting: 1},
		"foreign characters":  {Case: "K-4F7Q\u200b", Place: 1, Waiting: 1},
		"a letter that looks": {Case: "\u041a-4F7Q", Place: 1, Waiting: 1},
		"two lines":           {Case: "K\n4", Place: 1, Waiting: 1},
		"a phone number":      {Case: "+43 1 000", Place: 1, Waiting: 1},
		"too long":            {Case: strings.Repeat("K", 21), Place: 1, Waiting: 1},
		"below nobody":        {Case: "K-1", Place: -1, Waiting: 1},
		"after the last":      {Case: "K-1", Place: 3, Waiting: 2},
		"a crowd":             {Case: "K-1", Place: 1, Waiting: 1 << 40},
	} {
		r := newRig(t)
		place.Request = r.ask().Request
		r.must(Queued{cloudapi.QueuePlace{Request: place.Request, Case: "A-1", Place: 1, Waiting: 2}})
		r.do(Queued{place})
		if want := (Queue{Case: "A-1", Current: true, Place: 1, Waiting: 2}); len(r.last) != 0 || r.queue() != want {
			t.Errorf("%s: %+v, %v", name, r.queue(), r.last)
		}
	}
}

// A session has no place in a queue, and the code works as it did.
func TestQueuePlaceAndSession(t *testing.T) {
	r := newRig(t)
	r.session()
	if q := r.queue(); q != (Queue{}) {
		t.Errorf("%+v", q)
	}
	r.refused(Queued{cloudapi.QueuePlace{Request: r.m.Snapshot(r.now).Request, Case: "K-1", Place: 1, Waiting: 1}}, "request-gone")
}

// Whatever the cloud says of the queue, nothing else changes.
func TestQueueDecidesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t)
		id := r.ask().Request
		before := r.m.Snapshot(r.now)
		for range rapid.IntRange(1, 20).Draw(rt, "messages") {
			r.pass(time.Second)
			r.do(Queued{cloudapi.QueuePlace{
				Request: rapid.SampledFrom([]string{id, "", "other"}).Draw(rt, "request"),
				Case:    rapid.OneOf(rapid.StringMatching(`[A-Z0-9-]{0,24}`), rapid.String()).Draw(rt, "case"),
				Place:   rapid.IntRange(-3, 20_000).Draw(rt, "place"), Waiting: rapid.IntRange(-3, 20_000).Draw(rt, "waiting"),
				Taken: rapid.String().Draw(rt, "taken"),
			}})
		}
		after := r.m.Snapshot(r.now)
		q := after.Queue
		if q.Current && (!validCase(q.Case) || q.Place > q.Waiting || q.Waiting > maxQueue || Clean(q.Taken, maxName+1) != q.Taken) {
			rt.Fatalf("%+v", q)
		}
		if after.Phase != before.Phase || after.Request != before.Request || after.CodeExpires != before.CodeExpires || after.OffCode != before.OffCode || after.WrongCodes != before.WrongCodes || after.Prompt != nil || len(r.rec.entries) != 1 {
			rt.Fatalf("%+v, before %+v, %d entries", after, before, len(r.rec.entries))
		}
	})
}
