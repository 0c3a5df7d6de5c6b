package notify

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"beckmanconnect/store"
)

// BenchmarkApply: what one observation costs when so many of them come in one
// commit; of a log that a line reaches each second that is 1, at a hundred a
// second some ten, at a thousand a hundred. "new" are alarms of their own, from
// the eleventh on in one group; "again" are repeats of one. Reported are the
// microseconds of an observation and how much the database grew by it.
func BenchmarkApply(b *testing.B) {
	for _, row := range []struct {
		name string
		of   func(i int) Observation
	}{
		{"new", func(i int) Observation { return alarmOf(fmt.Sprintf("c-%d", i), store.Medium) }},
		{"again", func(int) Observation { return alarmOf("c", store.Medium) }},
	} {
		for _, size := range []int{1, 10, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d-a-commit", row.name, size), func(b *testing.B) {
				a := newAlarms(b)
				before := databaseSize(b, a.Store)
				b.ResetTimer()
				for done := 0; done < b.N; {
					var list []Observation
					for range min(size, b.N-done) {
						list = append(list, row.of(done))
						done++
					}
					if err := a.Apply(b.Context(), list, nil); err != nil {
						b.Fatal(err)
					}
				}
				b.StopTimer()
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/observation")
				b.ReportMetric(float64(b.N)/float64(size)/b.Elapsed().Seconds(), "commits/s")
				b.ReportMetric(float64(databaseSize(b, a.Store)-before)/float64(b.N), "bytes/observation")
			})
		}
	}
}

// databaseSize is the database's with its log, which is folded in from time to
// time.
func databaseSize(b *testing.B, s *store.Store) (size int64) {
	b.Helper()
	files, err := filepath.Glob(s.Path() + "*")
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			size += info.Size()
		}
	}
	return size
}
