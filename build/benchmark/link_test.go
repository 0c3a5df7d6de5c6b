package main

import "testing"

func TestCountEstablished(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:20FB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:20FB 0200007F:8D2A 01 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0200007F:8D2A 0100007F:20FB 01 00000000:00000000 00:00000000 00000000     0        0 3 1
   3: 0100007F:20FB 0300007F:8D2B 06 00000000:00000000 00:00000000 00000000     0        0 4 1
`
	if n := countEstablished(table, 0x20fb); n != 1 {
		t.Errorf("%d, the listening, the other end's and the closed one counted", n)
	}
}

func TestShare(t *testing.T) {
	for n, want := range map[int]int{1: 1, 100: 99, 101: 100, 10_000: 9900} {
		if got := share(n); got != want {
			t.Errorf("99 %% of %d: %d", n, got)
		}
	}
}

func TestLinkRows(t *testing.T) {
	rows := linkRows(10_000, linkFigures{stands: 60, settled: 40, few: 90, grown: 30, perSecond: 500, peak: 0.15, sockets: 10_000, all: 20},
		linkFigures{stands: 20, settled: 20, perSecond: 5000})
	if rows[0].Ratio != 3 || rows[1].Ratio != 2 || rows[3].Ratio >= 1 || rows[4].Ratio != 10 {
		t.Errorf("%+v", rows)
	}
	if last := rows[len(rows)-1]; last.Ratio != 1 || last.Target != 1 {
		t.Errorf("%+v", last)
	}
}
