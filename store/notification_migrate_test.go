package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/logproof"
)

// A database of the version before is brought to this one: its notifications
// keep their texts, are found by a search, and of two open ones of a kind the
// newer stays open.
func TestMigrationOfNotifications(t *testing.T) {
	dir, ctx := schema3(t), context.Background()
	migrated := openTest(t, schema3Options(schema3(t))) // has the same data keys
	texts, err := migrated.seal.seal("notifications", "1", "sealed_texts", []byte(`[{"l":"en","t":"Old title"}]`))
	if err != nil {
		t.Fatal(err)
	}
	list, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", filepath.Join(dir, logproof.FileName))
	if err != nil {
		t.Fatal(err)
	}
	// Its tables as migration 2 makes them.
	for _, q := range []string{
		"DROP TABLE topics", "DROP TABLE topic_texts", "DROP TABLE notification_spans", "DROP TABLE notification_recent", "DROP TABLE notification_steps",
		"DROP TABLE notifications", "DROP TABLE events", "DROP TABLE outbox", "DROP TABLE settings", "DROP TABLE probe",
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
	old := strings.NewReplacer("CREATE TABLE", "CREATE TABLE IF NOT EXISTS").Replace(list[1])
	if _, err := db.Exec(old + "; PRAGMA user_version = 2"); err != nil {
		t.Fatal(err)
	}
	insert := "INSERT INTO notifications VALUES (?, ?, 4, ?, 'machine', 'S', 3, 5000, 6000, 0, 0, 1, ?, NULL)"
	for id, row := range [][]any{{"old", "raised"}, {"old", "raised"}, {"other", "cleared"}} {
		if _, err := db.Exec(insert, append(append([]any{id + 1}, row...), texts)...); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := openTest(t, schema3Options(dir))
	page, err := s.ListNotifications(ctx, NotificationFilter{Text: "OLD", Sources: []string{"machine"}, Severities: []Severity{High}})
	if err == nil || KindOf(err) != KindDamaged { // row 2's texts were sealed for row 1
		t.Fatalf("%+v %v", page, err)
	}
	page, err = s.ListNotifications(ctx, NotificationFilter{Text: "old", States: []State{Cleared}, Since: fromMS(4000), Until: fromMS(6000)})
	if err != nil || page.Total != 1 || page.List[0].ID != 1 || page.List[0].Texts[0].Title != "Old title" {
		t.Fatalf("%+v %v", page, err)
	}
	if open, _, err := s.OpenSummary(ctx); err != nil || open != 1 {
		t.Errorf("%d open, %v", open, err)
	}
	if due, _, err := s.NextDue(ctx, Waits{High: time.Second}); err != nil || !due.Equal(fromMS(6000)) {
		t.Errorf("the open one waits since it was raised: %v %v", due, err)
	}
}
