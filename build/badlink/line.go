package badlink

import (
	"context"
	"io"
	"math/rand/v2"
	"sync"
	"time"
)

// Config is how bad a link is, the same in both directions.
type Config struct {
	Rate  int           // bits a second; 0: as the machine can
	Delay time.Duration // each way, without what waits
	Loss  float64       // part of the packets that is lost, 0…1
	// Buffer is for how long a packet may wait for its turn; one that would wait
	// longer is dropped. 0: a second, as much as cheap modems have.
	Buffer time.Duration
	Seed   uint64 // of the loss
	// Congestion is TCP's congestion control at both ends; empty: cubic, which
	// Windows and most servers use, whatever this machine does.
	Congestion string
}

// Seen is what one direction has carried.
type Seen struct {
	Packets, Bytes, Lost, Overflowed int
	Waited                           time.Duration // the longest wait for its turn, since the last look
}

// line is one direction.
type line struct {
	conf Config
	out  io.Writer
	due  chan packet

	mu   sync.Mutex
	r    *rand.Rand
	free time.Time // when what was taken is on the line
	seen Seen
}

type packet struct {
	data []byte
	at   time.Time // when it comes out
}

func newLine(c Config, out io.Writer, seed uint64) *line {
	if c.Buffer == 0 {
		c.Buffer = time.Second
	}
	return &line{conf: c, out: out, due: make(chan packet, 1<<16), r: rand.New(rand.NewPCG(c.Seed, seed))}
}

// take puts a packet on the line; the data is the line's.
func (l *line) take(data []byte, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.r.Float64() < l.conf.Loss {
		l.seen.Lost++
		return
	}
	start := now
	if l.free.After(now) {
		start = l.free
	}
	wait := start.Sub(now)
	if wait > l.conf.Buffer {
		l.seen.Overflowed++
		return
	}
	end := start
	if l.conf.Rate > 0 {
		end = start.Add(time.Duration(len(data)) * 8 * time.Second / time.Duration(l.conf.Rate))
	}
	select {
	case l.due <- packet{data, end.Add(l.conf.Delay)}:
	default:
		l.seen.Overflowed++
		return
	}
	l.free = end
	l.seen.Packets++
	l.seen.Bytes += len(data)
	l.seen.Waited = max(l.seen.Waited, wait)
}

// run writes what is due until ctx ends.
func (l *line) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case p := <-l.due:
			if wait := time.Until(p.at); wait > 0 {
				timer.Reset(wait)
				select {
				case <-timer.C:
				case <-ctx.Done():
					return
				}
			}
			_, _ = l.out.Write(p.data) // a packet that cannot be written is lost
		case <-ctx.Done():
			return
		}
	}
}

// look gives what was carried, and begins the longest wait anew.
func (l *line) look() Seen {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.seen
	l.seen.Waited = 0
	return s
}
