package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"text/tabwriter"
)

// row is one thing that was measured. Ratio is always such that lower is
// better; where there is no fair peer, Peer is the limit ours is held against.
type row struct {
	Work     string  `json:"work"`
	Unit     string  `json:"unit"`
	Ours     float64 `json:"ours"`
	Peer     float64 `json:"peer"`
	PeerName string  `json:"peer_name"`
	Ratio    float64 `json:"ratio"`
	Target   float64 `json:"target"` // 0: none was set
}

// costs is a row of something of which less is better: time, bytes, memory.
func costs(work, unit string, ours float64, peer string, theirs, target float64) row {
	return row{Work: work, Unit: unit, Ours: round(ours), Peer: round(theirs), PeerName: peer, Ratio: ratio(ours, theirs), Target: target}
}

// yields is a row of something of which more is better, a rate: the ratio is
// turned round.
func yields(work, unit string, ours float64, peer string, theirs, target float64) row {
	return row{Work: work, Unit: unit, Ours: round(ours), Peer: round(theirs), PeerName: peer, Ratio: ratio(theirs, ours), Target: target}
}

// limited is a cost held against a limit in place of a peer.
func limited(work, unit string, ours float64, limit string, most float64) row {
	return costs(work, unit, ours, limit, most, 1)
}

// told is a row that no issue sets a target for: it is there to be compared.
func told(work, unit string, ours float64, peer string, theirs float64) row {
	return costs(work, unit, ours, peer, theirs, 0)
}

// ratio is 0 where nothing can be compared: JSON knows no infinity.
func ratio(a, b float64) float64 {
	r := a / b
	if b == 0 || math.IsInf(r, 0) {
		return 0
	}
	return round(r)
}

// round keeps four significant digits: more would be noise.
func round(v float64) float64 {
	var r float64
	fmt.Sscanf(fmt.Sprintf("%.4g", v), "%g", &r)
	return r
}

// table prints rows for people.
func table(w io.Writer, rows []row) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "work\tunit\tours\tpeer\tratio\ttarget\t\tpeer is")
	for _, r := range rows {
		target, verdict := fmt.Sprintf("≤ %.3g", r.Target), "met"
		switch {
		case r.Target == 0:
			target, verdict = "", ""
		case r.Ratio > r.Target:
			verdict = "MISSED"
		}
		fmt.Fprintf(t, "%s\t%s\t%.6g\t%.6g\t%.3g\t%s\t%s\t%s\n", r.Work, r.Unit, r.Ours, r.Peer, r.Ratio, target, verdict, r.PeerName)
	}
	t.Flush()
}

// write leaves the rows for programs.
func write(file string, rows []row) error {
	if rows == nil {
		rows = []row{}
	}
	text, err := json.MarshalIndent(struct {
		Rows []row `json:"rows"`
	}{rows}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("leave the figures: %w", err)
	}
	return nil
}
