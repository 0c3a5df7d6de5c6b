package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The ratio is always such that lower is better, whatever is measured.
func TestRatio(t *testing.T) {
	tests := map[string]struct {
		row          row
		ratio        float64
		target, peer float64
	}{
		"half the time":    {costs("w", "ms", 5, "p", 10, 1), 0.5, 1, 10},
		"twice the time":   {costs("w", "ms", 20, "p", 10, 1), 2, 1, 10},
		"half the rate":    {yields("w", "1/s", 5, "p", 10, 2), 2, 2, 10},
		"twice the rate":   {yields("w", "1/s", 20, "p", 10, 2), 0.5, 2, 10},
		"below its limit":  {limited("w", "MB", 60, "limit", 80), 0.75, 1, 80},
		"over its limit":   {limited("w", "MB", 120, "limit", 80), 1.5, 1, 80},
		"nothing measured": {costs("w", "ms", 5, "p", 0, 1), 0, 1, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.row.Ratio != tt.ratio || tt.row.Target != tt.target || tt.row.Peer != tt.peer {
				t.Errorf("%+v; want ratio %v, target %v, peer %v", tt.row, tt.ratio, tt.target, tt.peer)
			}
		})
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	table(&out, []row{
		limited("memory", "MB PSS", 70.123, "limit", 80),
		yields("append", "entries/s", 100, "bare", 1000, 2),
	})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines:\n%s", len(lines), &out)
	}
	for i, want := range [][]string{
		{"work", "unit", "ours", "peer", "ratio", "target", "peer is"},
		{"memory", "MB PSS", "70.12", "80", "0.876", "≤ 1", "met", "limit"},
		{"append", "entries/s", "100", "1000", "10", "≤ 2", "MISSED", "bare"},
	} {
		for _, w := range want {
			if !strings.Contains(lines[i], w) {
				t.Errorf("line %d is %q, without %q", i, lines[i], w)
			}
		}
	}
}

// The file holds the agreed names and nothing else.
func TestWrite(t *testing.T) {
	tests := map[string]struct {
		rows []row
		want string
	}{
		"none": {nil, `{"rows":[]}`},
		"one": {[]row{costs("typing", "ms", 2, "peer", 4, 1.5)},
			`{"rows":[{"work":"typing","unit":"ms","ours":2,"peer":4,"peer_name":"peer","ratio":0.5,"target":1.5}]}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "bench-x.json")
			if err := write(file, tt.rows); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, text); err != nil {
				t.Fatal(err)
			}
			if compact.String() != tt.want {
				t.Errorf("%s\nwant %s", &compact, tt.want)
			}
		})
	}
}

// Whatever was measured can be written as JSON, and keeps four digits.
func TestRoundProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(0, 1e12).Draw(t, "v")
		r := round(v)
		if math.Abs(r-v) > v*6e-4 {
			t.Fatalf("round(%v) = %v", v, r)
		}
		row := yields("w", "u", v, "p", rapid.Float64Range(0, 1e12).Draw(t, "peer"), 1)
		if _, err := json.Marshal(row); err != nil {
			t.Fatal(err)
		}
	})
}

func TestQuantile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i)
	}
	tests := []struct {
		values []float64
		q      float64
		want   float64
	}{
		{nil, 0.5, 0},
		{[]float64{7}, 0.99, 7},
		{[]float64{3, 1, 2}, 0.5, 2},
		{[]float64{4, 1, 3, 2}, 0.5, 2},
		{[]float64{3, 1, 2}, 0, 1},
		{[]float64{3, 1, 2}, 1, 3},
		{hundred, 0.99, 99},
		{hundred, 0.5, 50},
	}
	for _, tt := range tests {
		before := slices.Clone(tt.values)
		if got := quantile(tt.values, tt.q); got != tt.want {
			t.Errorf("quantile(%v, %v) = %v, want %v", tt.values, tt.q, got, tt.want)
		}
		if !slices.Equal(before, tt.values) {
			t.Errorf("quantile changed its values to %v", tt.values)
		}
	}
}

func TestIdleRows(t *testing.T) {
	rows := idleRows([]*program{{name: "tray", memory: 30, cpu: 0.25}, {name: "service", memory: 60, cpu: 0.25}})
	got := map[string]row{}
	for _, r := range rows {
		got[r.Work] = r
	}
	if r := got["memory, all together"]; r.Ours != 90 || r.Peer != 80 || r.Ratio <= r.Target {
		t.Errorf("90 MB are over the limit: %+v", r)
	}
	if r := got["processor, all together"]; r.Ours != 0.5 || r.Ratio != 0.5 {
		t.Errorf("half of the limit: %+v", r)
	}
	if r := got["memory, tray"]; r.Ours != 30 || r.Peer != 26 || r.Ratio <= r.Target {
		t.Errorf("the tray's own: %+v", r)
	}
	if r := got["memory, both services"]; r.Ours != 60 || r.Peer != 45 || r.Ratio <= r.Target {
		t.Errorf("the services': %+v", r)
	}
	if r := got["processor, tray"]; r.Peer != 0.1 || r.Ratio <= r.Target {
		t.Errorf("the tray's processor: %+v", r)
	}
}

// A window is there when a good part of the screen is another one, with more
// than a field of one colour in it.
func TestDrawn(t *testing.T) {
	screen := make([]uint32, 1000)
	with := func(from, to int, colour func(i int) uint32) []uint32 {
		now := slices.Clone(screen)
		for i := from; i < to; i++ {
			now[i] = colour(i)
		}
		return now
	}
	words := func(i int) uint32 {
		if i%5 == 0 {
			return uint32(100 + i%15)
		}
		return 7
	}
	rich := func(i int) uint32 {
		if i%4 == 0 {
			return uint32(100 + i%80)
		}
		return 7
	}
	for name, tt := range map[string]struct {
		now  []uint32
		want bool
	}{
		"nothing":                   {screen, false},
		"a field of one colour":     {with(0, 800, func(int) uint32 { return 7 }), false},
		"three colours":             {with(0, 800, words), false},
		"a small one":               {with(0, 200, rich), false},
		"a window with words in it": {with(0, 800, rich), true},
	} {
		if got := drawn(screen, tt.now); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFind(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		err  string // "" when it is found
	}{
		"log":     {args: []string{"log"}},
		"idle":    {args: []string{"idle"}},
		"unknown": {args: []string{"speed"}, err: `no bench "speed"; there are: consent, idle, line, link, log, notify, relay, screen`},
		"none":    {err: "name one bench: consent, idle, line, link, log, notify, relay, screen, upgrade"},
		"two":     {args: []string{"log", "idle"}, err: "name one bench"},
	} {
		t.Run(name, func(t *testing.T) {
			_, bench, err := find(tt.args)
			if tt.err == "" && (err != nil || bench == nil) {
				t.Fatal(err)
			}
			if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
		})
	}
}
