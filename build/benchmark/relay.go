package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Of the relay's bench: a session as the product has it while the screen moves.
const (
	relaySessions  = 200
	relayRate      = 6e6 / 8          // bytes a second, from the host
	relayPictures  = 30               // a second
	relayRecord    = 16<<10 - 64 + 29 // as session/channel writes it
	relayUnpaced   = 16               // sessions without a pace
	relayAnswer    = 100
	relayWarm      = 2 * time.Second
	relayAtLeast   = 1 / 0.7 // of what a peer carries, as a cost
	nodeArgument   = "relay-node"
	passThrough    = "HAProxy, TLS passed through"
	twiceTLS       = "HAProxy, TLS ended twice as ours does"
	socatThrough   = "socat, TLS passed through"
	relayOurs      = "ours"
	relayRoundsDef = 3
)

// relayBench carries the same sessions by our relay and by its peers, one after
// the other and round by round, and looks at what arrives and what it costs the
// one in the middle.
func relayBench(ctx context.Context, o options) ([]row, error) {
	rounds, window := o.rounds, o.window
	if rounds == 0 {
		rounds = relayRoundsDef
	}
	if window == 0 {
		window = 8 * time.Second
	}
	counts := []int{50, relaySessions}
	if o.only != "" {
		counts = nil
		for word := range strings.SplitSeq(o.only, ",") {
			n, err := strconv.Atoi(word)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("--only: %q is no number of sessions", word)
			}
			counts = append(counts, n)
		}
	}
	keys, err := makeRelayKeys(o.dir)
	if err != nil {
		return nil, err
	}
	middles := []struct {
		name string
		open func(context.Context, *relayKeys, string) (*carrier, error)
	}{{relayOurs, openRelayNode}, {twiceTLS, openTwice}, {passThrough, openPassing}, {socatThrough, openSocat}}
	got := map[string]map[string][]carried{} // by work, then who
	for range rounds {
		for _, m := range middles {
			for _, load := range append(paced(counts), unpaced(relayUnpaced)) {
				c, err := carryOnce(ctx, keys, o.dir, m.open, load, window)
				if err != nil {
					return nil, fmt.Errorf("%s, %s: %w", m.name, load, err)
				}
				if got[load.String()] == nil {
					got[load.String()] = map[string][]carried{}
				}
				got[load.String()][m.name] = append(got[load.String()][m.name], c)
				fmt.Printf("%-34s %-38s %7.0f Mbit/s  %5.2f s a GB  %6.1f ms (99 %%)\n", load, m.name, c.megabits, c.perGB, c.late99)
			}
		}
	}
	var rows []row
	for _, load := range append(paced(counts), unpaced(relayUnpaced)) {
		rows = append(rows, relayRows(load.String(), got[load.String()])...)
	}
	return rows, nil
}

// relayRows: what arrives is held against all peers; what it costs against the
// one that does the same work.
func relayRows(work string, got map[string][]carried) (rows []row) {
	of := func(who string, f func(carried) float64) float64 {
		var values []float64
		for _, c := range got[who] {
			values = append(values, f(c))
		}
		return median(values)
	}
	arrives := func(c carried) float64 { return c.megabits }
	cost := func(c carried) float64 { return c.perGB }
	late := func(c carried) float64 { return c.late99 }
	for _, peer := range []string{twiceTLS, passThrough, socatThrough} {
		rows = append(rows, yields(work+": arrives", "Mbit/s", of(relayOurs, arrives), peer, of(peer, arrives), relayAtLeast))
	}
	rows = append(rows, costs(work+": processor of the one in the middle", "s/GB", of(relayOurs, cost), twiceTLS, of(twiceTLS, cost), relayAtLeast))
	for _, peer := range []string{passThrough, socatThrough} {
		rows = append(rows, told(work+": processor of the one in the middle", "s/GB", of(relayOurs, cost), peer, of(peer, cost)))
	}
	if !strings.HasSuffix(work, asFast) {
		rows = append(rows, told(work+": a picture's last byte, 99 %", "ms", of(relayOurs, late), twiceTLS, of(twiceTLS, late)))
	}
	return rows
}

const asFast = "as fast as it goes"

// relayLoad is a number of sessions, each with a pace or without.
type relayLoad struct {
	sessions int
	paced    bool
}

func (l relayLoad) String() string {
	if l.paced {
		return fmt.Sprintf("%d sessions at 6 Mbit/s", l.sessions)
	}
	return fmt.Sprintf("%d sessions %s", l.sessions, asFast)
}

func paced(counts []int) (out []relayLoad) {
	for _, n := range counts {
		out = append(out, relayLoad{n, true})
	}
	return out
}

func unpaced(n int) relayLoad { return relayLoad{n, false} }

// carried is what one run found.
type carried struct {
	megabits float64 // arrived, a second
	perGB    float64 // seconds of processor of the one in the middle
	late99   float64 // milliseconds
}

func carryOnce(ctx context.Context, keys *relayKeys, dir string, open func(context.Context, *relayKeys, string) (*carrier, error), l relayLoad, window time.Duration) (carried, error) {
	ctx, cancel := context.WithTimeout(ctx, window+90*time.Second)
	defer cancel()
	m, err := open(ctx, keys, dir)
	if err != nil {
		return carried{}, err
	}
	defer m.close()
	load, err := startLoad(ctx, m, l)
	if err != nil {
		return carried{}, err
	}
	defer load.stop()
	if err := load.wait(ctx, relayWarm); err != nil {
		return carried{}, err
	}
	before, err := m.processor()
	if err != nil {
		return carried{}, err
	}
	bytes, began := load.begin(), time.Now()
	if err := load.wait(ctx, window); err != nil {
		return carried{}, err
	}
	arrived, took := load.arrived.Load()-bytes, time.Since(began)
	after, err := m.processor()
	if err != nil {
		return carried{}, err
	}
	late := load.late()
	runtime.GC() // what this run left is not the next one's
	if arrived == 0 {
		return carried{}, fmt.Errorf("nothing arrived")
	}
	slices.Sort(late)
	return carried{
		megabits: float64(arrived) * 8 / 1e6 / took.Seconds(), perGB: (after - before).Seconds() / (float64(arrived) / 1e9), late99: quantile(late, .99),
	}, nil
}
