package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"beckmanconnect/build/benchmark/paint"
)

// What the product promises of its picture.
const (
	keyTarget       = 0.6 // × the best peer's p95
	typingBytes     = 1.0 // × x0vncserver
	typingCPU       = 1.5 // × x0vncserver
	scrollBytes     = 1. / 40
	scrollBytesXvnc = 1.0
	scrollCPU       = 0.6
	partBytes       = 0.5    // drag, plot: × the best peer
	idleBytesMost   = 1000.0 // in 60 s beyond keep-alives
	idlePercentMost = 0.5    // of a core
	motionLeast     = 20.0   // fps
)

// rows hold what was measured against the targets. What was not measured has
// none.
func (s *results) rows() []row {
	var rows []row
	if mine := s.keys[ours]; len(mine) > 0 {
		if name, best := s.bestKeys(); name != "" {
			rows = append(rows, costs(fmt.Sprintf("key to pixel, %d keys, p95", len(mine)), "ms", quantile(mine, .95), "noVNC with "+name, best, keyTarget))
		}
	}
	against := func(work paint.Work, what, unit string, peer string, target float64, of func(measured) float64) {
		mine, have := s.middle(ours, work)
		theirs, has := s.middle(peer, work)
		if have && has {
			rows = append(rows, costs(string(work)+": "+what, unit, of(mine), peer, of(theirs), target))
		}
	}
	bytes := func(m measured) float64 { return float64(m.bytes()) }
	cpu := func(m measured) float64 { return m.cpu.Seconds() }
	against(paint.Typing, "bytes", "B", x0vnc, typingBytes, bytes)
	against(paint.Typing, "processor", "s", x0vnc, typingCPU, cpu)
	against(paint.Scroll, "bytes", "B", x0vnc, scrollBytes, bytes)
	against(paint.Scroll, "bytes", "B", xvnc, scrollBytesXvnc, bytes)
	against(paint.Scroll, "processor", "s", x0vnc, scrollCPU, cpu)
	for _, work := range []paint.Work{paint.Drag, paint.Plot} {
		if name := s.bestPeer(work, bytes); name != "" {
			against(work, "bytes", "B", name, partBytes, bytes)
		}
	}
	if m, have := s.still[ours]; have {
		if s.keeping >= 0 {
			rows = append(rows, limited("idle: bytes in 60 s beyond keep-alives", "B", max(float64(m.bytes())-s.keeping, 0), "limit", idleBytesMost))
		}
		rows = append(rows, limited("idle: processor", "% of a core", 100*m.cpu.Seconds()/60, "limit", idlePercentMost))
	}
	if m, have := s.middle(ours, paint.Motion); have {
		// None at all would have no ratio, and look as if it were met.
		rows = append(rows, yields("motion: updates shown on 6 Mbit/s", "fps", max(m.updates, .01), "limit", motionLeast, 1))
	}
	if n, works := s.worst(); works > 0 {
		// Against one pixel: any at all is too many.
		rows = append(rows, costs(fmt.Sprintf("settled picture after %d works, pixels that differ", works), "pixels", float64(n), "limit: fewer than", 1, 0))
	}
	return slices.Concat(rows, s.files.rows(), memoryRows(s.memory))
}

// middle of a work's rounds.
func (s *results) middle(name string, work paint.Work) (measured, bool) {
	rounds := s.works[name][work]
	if len(rounds) == 0 {
		return measured{}, false
	}
	return middle(rounds), true
}

// bestKeys is the peer with the lowest p95.
func (s *results) bestKeys() (name string, p95 float64) {
	for _, peer := range peers {
		if took := s.keys[peer]; len(took) > 0 {
			if v := quantile(took, .95); name == "" || v < p95 {
				name, p95 = peer, v
			}
		}
	}
	return name, p95
}

// bestPeer is the one that needs least; only those count whose settled picture
// is right.
func (s *results) bestPeer(work paint.Work, of func(measured) float64) (name string) {
	least := 0.0
	for _, peer := range peers {
		m, have := s.middle(peer, work)
		if !have || m.differ > 0 {
			continue
		}
		if v := of(m); name == "" || v < least {
			name, least = peer, v
		}
	}
	return name
}

// worst is the most pixels in which our settled picture differed.
func (s *results) worst() (differ, works int) {
	for _, rounds := range s.works[ours] {
		for _, m := range rounds {
			differ, works = max(differ, m.differ), works+1
		}
	}
	if m, have := s.still[ours]; have {
		differ, works = max(differ, m.differ), works+1
	}
	return differ, works
}

// details print everything that was measured, for people.
func (s *results) details(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "work\twho\tdown\tup\tprocessor s\tupdates/s\tpixels differ\t")
	line := func(work, name string, m measured) {
		note := ""
		if name == ours {
			note = fmt.Sprintf("tray and window beside: %.2f s", m.beside.Seconds())
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.3f\t%.1f\t%d\t%s\n", work, name, amount(m.down), amount(m.up), m.cpu.Seconds(), m.updates, m.differ, note)
	}
	all := append([]string{ours}, peers...)
	for _, name := range all {
		if m, have := s.still[name]; have {
			line("idle 60 s", name, m)
		}
	}
	for _, work := range paint.All {
		for _, name := range all {
			if m, have := s.middle(name, work); have {
				label := string(work)
				if work == paint.Motion {
					label += ", 6 Mbit/s"
				}
				line(label, name, m)
			}
		}
	}
	t.Flush()
	if s.keeping >= 0 {
		fmt.Fprintf(w, "a session in which nothing is granted: %.0f B in 60 s\n", s.keeping)
	}
	for _, name := range slices.Sorted(maps.Keys(s.keys)) {
		took := s.keys[name]
		fmt.Fprintf(w, "key to pixel, %-12s p50 %.1f ms, p95 %.1f ms, slowest %.1f ms (%d keys)\n", name, quantile(took, .5), quantile(took, .95), quantile(took, 1), len(took))
	}
	for _, line := range s.files.details() {
		fmt.Fprintln(w, line)
	}
	for _, m := range s.memory {
		fmt.Fprintln(w, m)
	}
	fmt.Fprintln(w, strings.Repeat("-", 80))
}
