package tally

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"text/tabwriter"
	"time"
)

// Row is what came of one class.
type Row struct {
	Name     string `json:"class"`
	Attempts int    `json:"attempts"`
	Acts     int    `json:"acts"`
}

// Report is a whole run.
type Report struct {
	Kind     string         `json:"kind"`
	Seed     uint64         `json:"seed"`
	Attempts int            `json:"attempts"`
	Acts     int            `json:"acts"`
	Bound    float64        `json:"bound95"` // of the chance of an act in one attempt; 1 when there was one
	Seconds  float64        `json:"seconds"`
	Classes  []Row          `json:"classes"`
	Live     map[string]int `json:"live"` // what happened with the technician's yes
	Found    []Act          `json:"found"`
}

func (r *Report) add(b *Block) {
	b.mu.Lock()
	defer b.mu.Unlock()
	acts := map[string]int{}
	for _, a := range b.acts {
		acts[a.Class]++
	}
	for i := range r.Classes {
		row := &r.Classes[i]
		row.Attempts += b.tried[row.Name]
		row.Acts += acts[row.Name]
	}
	r.Found = append(r.Found, b.acts...)
	for what, n := range b.live {
		r.Live[what] += n
	}
}

func (r *Report) finish(took time.Duration) {
	for _, row := range r.Classes {
		r.Attempts += row.Attempts
	}
	r.Acts, r.Bound, r.Seconds = len(r.Found), Bound(r.Attempts, len(r.Found)), took.Seconds()
}

// Bound is the upper end of the one-sided 95 % interval for the chance of an
// act in one attempt, when none came in n attempts: 1 − 0.05^(1/n), about 3/n.
// After an act there is nothing to bound: it is 1.
func Bound(n, acts int) float64 {
	if n == 0 || acts > 0 {
		return 1
	}
	return 1 - math.Pow(0.05, 1/float64(n))
}

// Print writes the report for people.
func (r *Report) Print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "hostile %s\tattempts\tacts\n", r.Kind)
	for _, row := range r.Classes {
		fmt.Fprintf(t, "  %s\t%d\t%d\n", row.Name, row.Attempts, row.Acts)
	}
	fmt.Fprintf(t, "all\t%d\t%d\n", r.Attempts, r.Acts)
	_ = t.Flush()
	fmt.Fprintf(w, "seed %d, %.1f s; chance of an act in one attempt: 95 %% bound %.2g\n", r.Seed, r.Seconds, r.Bound)
	fmt.Fprint(w, "meanwhile, with the technician's yes:")
	for _, what := range slices.Sorted(maps.Keys(r.Live)) {
		fmt.Fprintf(w, " %s %d;", what, r.Live[what])
	}
	fmt.Fprintln(w)
	for _, a := range r.Found {
		fmt.Fprintf(w, "ACT in block %d, attempt %d (%s): %s: %s\n", a.Block, a.Attempt, a.Class, a.What, a.Detail)
	}
}
