package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// fillNotifications puts n notifications of a plausible life into a store: some
// thousand topics of very different frequency, most of it cleared, raised over
// 400 days; the newest few are open.
func fillNotifications(t testing.TB, s *Store, n, topics int) (begin time.Time) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	begin = time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC)
	sources := []string{"instrument-log", "instrument-log", "instrument-log", "machine", "probe", "self", "local", "cloud"}
	texts := []Text{}
	for _, l := range []string{"en", "de", "fr", "es", "it", "zh-Hans", "ja"} {
		texts = append(texts, Text{l, "Sample syringe worn, the stroke deviates", "Replace the syringe at the next break. Until then watch the controls; if they drift, stop the run."})
	}
	zipf := rand.NewZipf(r, 1.1, 8, uint64(topics-1))
	step := 400 * 24 * time.Hour / time.Duration(n)
	for done := 0; done < n; {
		update(t, s, func(tx *Tx) error {
			for range min(5000, n-done) {
				topic := int(zipf.Uint64())
				source := sources[topic%len(sources)]
				raised := begin.Add(time.Duration(done) * step)
				o := &Notification{
					Code: fmt.Sprintf("code-%d", topic), Severity: Severity(1 + topic%4), State: Cleared, Source: source, Subject: fmt.Sprintf("module-%d", topic%97),
					Texts: texts, Count: uint32(1 + r.IntN(5)), Raised: raised, Last: raised, Cleared: raised.Add(time.Hour), Acknowledged: raised.Add(time.Minute), Verified: true,
				}
				if source == "local" {
					o.Publisher = fmt.Sprintf("lis-%d", topic%11)
				}
				if done > n-500 { // a subject of its own each: one is open for each only
					o.State, o.Cleared, o.Subject = Raised, time.Time{}, fmt.Sprintf("rack-%d", done)
					if done%3 == 0 {
						o.State = Acknowledged
					}
				}
				if err := tx.PutNotification(o); err != nil {
					return err
				}
				done++
			}
			return nil
		})
	}
	return begin
}

// BenchmarkMillion: a page of 50 with its total for each filter, on a million
// notifications of 20,000 topics; warm, and cold: no page of the database in
// memory. Reported is the worst of the runs, too.
func BenchmarkMillion(b *testing.B) {
	const rows, topics = 1_000_000, 20_000
	dir := b.TempDir()
	s := openTest(b, Options{Dir: dir})
	filling := time.Now()
	begin := fillNotifications(b, s, rows, topics)
	b.Logf("filled in %v, %s", time.Since(filling), sizeOf(b, dir))
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	opening := time.Now()
	s = openTest(b, Options{Dir: dir})
	b.Logf("opened in %v", time.Since(opening))
	day := func(n int) time.Time { return begin.Add(time.Duration(n) * 24 * time.Hour) }
	for _, row := range []struct {
		name string
		f    NotificationFilter
	}{
		{"none", NotificationFilter{}},
		{"page-in-the-middle", NotificationFilter{Before: rows / 2}},
		{"open", NotificationFilter{OpenOnly: true}},
		{"severity-high", NotificationFilter{Severities: []Severity{High}}},
		{"state-acknowledged", NotificationFilter{States: []State{Acknowledged}}},
		{"state-shelved-none", NotificationFilter{States: []State{Shelved}}},
		{"source-cloud", NotificationFilter{Sources: []string{"cloud"}}},
		{"day-long-ago", NotificationFilter{Since: day(10), Until: day(11)}},
		{"month", NotificationFilter{Since: day(100), Until: day(130)}},
		{"day-severity-source", NotificationFilter{Since: day(10), Until: day(11), Severities: []Severity{High, Medium}, Sources: []string{"machine"}}},
		{"text-rare", NotificationFilter{Text: "CODE-19999"}},
		{"text-some", NotificationFilter{Text: "code-12"}},
		{"text-frequent", NotificationFilter{Text: "module"}},
		{"text-publisher", NotificationFilter{Text: "lis-3"}},
		{"text-none", NotificationFilter{Text: "nothing-like-it"}},
		{"text-and-severity", NotificationFilter{Text: "module-1", Severities: []Severity{High}}},
		{"text-and-what-it-is-not", NotificationFilter{Text: "code-0", Severities: []Severity{Medium}}},
		{"text-and-day", NotificationFilter{Text: "module-1", Since: day(10), Until: day(11)}},
		{"text-and-open", NotificationFilter{Text: "code", OpenOnly: true}},
		{"everything", NotificationFilter{Text: "o", Severities: []Severity{High, Medium}, States: []State{Cleared}, Sources: []string{"instrument-log", "machine"}, Since: day(50), Until: day(350)}},
	} {
		for _, cold := range []bool{false, true} {
			name := row.name + "/warm"
			if cold {
				name = row.name + "/cold"
			}
			b.Run(name, func(b *testing.B) {
				var took []time.Duration
				var page NotificationPage
				for b.Loop() {
					if cold {
						b.StopTimer()
						forgetPages(b, s)
						b.StartTimer()
					}
					from := time.Now()
					var err error
					if page, err = s.ListNotifications(context.Background(), row.f); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(from))
				}
				b.ReportMetric(float64(slices.Max(took).Microseconds())/1000, "max-ms")
				b.ReportMetric(float64(page.Total), "total")
			})
		}
	}
	b.Run("offenders-month", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Offenders(context.Background(), day(100), day(130), day(400), 20, ""); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("offenders-all", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Offenders(context.Background(), day(0), day(500), day(500), 20, ""); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("summary", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := s.OpenSummary(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// forgetPages has neither SQLite nor, where it can be asked, the system keep a
// page of the database in memory.
func forgetPages(b *testing.B, s *Store) {
	b.Helper()
	if err := s.read.Close(); err != nil {
		b.Fatal(err)
	}
	dropPages(b, s.path)
	var err error
	if s.read, err = sql.Open("sqlite3", dsn(s.path, "_busy_timeout=5000&_query_only=on")); err != nil {
		b.Fatal(err)
	}
}

func sizeOf(b *testing.B, dir string) string {
	b.Helper()
	size := int64(0)
	files, err := filepath.Glob(filepath.Join(dir, "log.db*"))
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			size += info.Size()
		}
	}
	return fmt.Sprintf("%d MB, %s", size>>20, runtime.Version())
}
