package offers

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"beckmanconnect/ipc/upgradepb"
)

func journalOf(from, to uint64, kind string) (all []*upgradepb.JournalEntry) {
	for n := from; n <= to; n++ {
		all = append(all, &upgradepb.JournalEntry{Sequence: n, TimeMs: int64(n) * 1000, Kind: kind, Fields: map[string]string{"version": fmt.Sprint(n)}})
	}
	return all
}

// What happened while this service was down is in the log once, however often
// it is read.
func TestJournalIsTakenOverOnce(t *testing.T) {
	b := newBench(t)
	b.fake.journal = journalOf(1, 2, "switched")
	b.fake.refuse["taken"] = errors.New("it went away")
	b.mu.Lock()
	b.state = offer("installed")
	b.mu.Unlock()
	if err := b.c.step(t.Context()); err == nil {
		t.Fatal("no error")
	}
	b.logged("logged, not forgotten", "journal.switched 1", "journal.switched 2")
	journal := append(b.fake.journal, journalOf(3, 3, "healthy")...)
	b.start()
	b.fake.journal = journal
	b.tell(offer("installed"))
	b.logged("again, with one more", "journal.switched 1", "journal.switched 2", "journal.healthy 3")
	if len(b.fake.journal) != 0 {
		t.Errorf("not forgotten: %v", b.fake.journal)
	}
	// The upgrade service lost its memory and counts anew.
	b.fake.journal = []*upgradepb.JournalEntry{{Sequence: 1, TimeMs: 99, Kind: "rolled-back", Fields: map[string]string{"version": "9"}}}
	b.tell(offer("rolled-back"))
	b.logged("counted anew", "journal.switched 1", "journal.switched 2", "journal.healthy 3", "journal.rolled-back 9")
}

func TestJournalOfManyPages(t *testing.T) {
	b := newBench(t)
	b.fake.journal = journalOf(1, 150, "service-started")
	b.tell(offer("installed"))
	if got := b.log(); len(got) != 150 || got[149] != "journal.service-started 150" || len(b.fake.journal) != 0 {
		t.Errorf("%d on record, %d left", len(got), len(b.fake.journal))
	}
}

// What the log has no words for, and what is too long for it, is logged all the same.
func TestJournalOfStrangers(t *testing.T) {
	b := newBench(t)
	b.fake.journal = []*upgradepb.JournalEntry{{Sequence: 1, Kind: "Odd\nkind", Fields: map[string]string{"error": strings.Repeat("é\n", 5000), "secret": "x"}}}
	b.tell(offer("failed"))
	list, _, err := b.store.Entries(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if e := list[0]; e.Kind != "upgrade.journal.other" || e.Fields["kind"] != "Odd kind" || len(e.Fields["error"]) > 2*maxEntryText || e.Fields["secret"] != "" {
		t.Errorf("%+v", e)
	}
	b.fake.journal = []*upgradepb.JournalEntry{{Sequence: 2}, {Sequence: 2}}
	b.c.phase = "" // it is read again
	if err := b.c.step(t.Context()); err == nil {
		t.Error("out of order, and taken over")
	}
	b.fake.refuse["journal"] = status.Error(codes.Unimplemented, "an older one")
	b.c.phase = ""
	b.step()
}
