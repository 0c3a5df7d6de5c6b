package registry

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What a PC alone does never counts; two PCs do (P10, P13). A sighting is the
// connection's number and the start's name; "+" lets an hour pass.
func TestCopies(t *testing.T) {
	for _, row := range []struct {
		name, seen string
		copied     bool
	}{
		{"an ordinary link", "1a 1a 1a", false},
		{"reconnects", "1a 2a 3a 9a", false},
		{"restarts", "1a 2b 3c 4d", false},
		{"a half-open socket's last words", "1a 2a 1a 2a", false},
		{"a restart while the old socket is half open", "1a 2b 1a 2b 1a", false},
		{"many restarts, each with late words", "1a 2b 1a 3c 2b 1a 4d 3c", false},
		{"put back to an earlier moment", "1a 2b 3a 3a 4c", false},
		{"put back twice to the same moment", "1a 2b 3a 4c 5a", false},
		{"no name of a start", "1- 2- 1-", false},
		{"two PCs", "1a 2b 3a 4b", true},
		{"two PCs, each often", "1a 1a 2b 3a 3a 4b", true},
		{"three PCs", "1a 2b 3c 4a 5b", true},
		{"two PCs and a restart of one", "1a 2b 3a 4c 5a 6c", true},
		{"returns hours apart", "1a 2b 3a ++ 4b", false},
	} {
		var c Copies
		at, found := time.Unix(1e9, 0), false
		for word := range strings.FieldsSeq(row.seen) {
			if strings.HasPrefix(word, "+") {
				at = at.Add(time.Duration(len(word)) * time.Hour)
				continue
			}
			var connection uint64
			var boot string
			if _, err := fmt.Sscanf(word, "%d%s", &connection, &boot); err != nil {
				t.Fatal(err)
			}
			found = c.Seen("d", connection, strings.Trim(boot, "-"), at) || found
			at = at.Add(time.Second)
		}
		if found != row.copied {
			t.Errorf("%s: %v", row.name, found)
		}
	}
}

func TestCopiesAreOfOneDevice(t *testing.T) {
	var c Copies
	at := time.Now()
	for i := range uint64(10) {
		if c.Seen(fmt.Sprint("d", i%2), i, fmt.Sprint("b", i%2), at) {
			t.Fatal("two devices are taken for one")
		}
	}
	c.Seen("x", 1, "a", at)
	c.Seen("x", 2, "b", at)
	c.Seen("x", 3, "a", at)
	c.Forget("x")
	if c.Seen("x", 4, "b", at) {
		t.Error("it was not forgotten")
	}
}

// world is what really happens: services that start, connect, lose the line
// without anybody noticing, and whose words arrive late, though in the order
// of each connection.
type world struct {
	connections uint64
	boots       int
	owner       map[uint64]string   // the start that made a connection
	late        map[uint64][]string // words on their way, by connection
}

// TestCopiesModel: whatever one PC does, in whatever order its sockets' words
// come through, it is never taken for two; and two that are both alive are
// found before either has connected three times.
func TestCopiesModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Copies
		w := world{late: map[uint64][]string{}, owner: map[uint64]string{}}
		at := time.Unix(1e9, 0)
		boot := ""
		tell := func(connection uint64) {
			words := w.late[connection]
			if len(words) == 0 {
				return
			}
			w.late[connection] = words[1:]
			at = at.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "seconds")) * time.Second)
			if c.Seen("d", connection, words[0], at) {
				t.Fatal("one PC is taken for two")
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0: // it starts again
				w.boots++
				boot = fmt.Sprint("b", w.boots)
			case 1: // it connects, and the broker takes the new connection for the device's
				if boot != "" {
					w.connections++
					w.owner[w.connections] = boot
				}
			case 2: // it says something over its present connection
				if w.connections > 0 && w.owner[w.connections] == boot {
					w.late[w.connections] = append(w.late[w.connections], boot)
				}
			case 3: // some connection's words come through
				if w.connections > 0 {
					tell(rapid.Uint64Range(1, w.connections).Draw(t, "connection"))
				}
			}
		}
		// Now a copy comes alive beside it.
		found := false
		for i := range 6 {
			w.connections++
			found = found || c.Seen("d", w.connections, []string{"copy", "original"}[i%2], at)
		}
		if !found {
			t.Fatal("two PCs are taken for one")
		}
	})
}
