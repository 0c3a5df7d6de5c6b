package mirror

import (
	"context"
	"io"
	"runtime/metrics"
	"time"

	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/service/upgrade/source"
)

// pc is the attacked PC: the product's own source of upgrades over a folder
// that stays.
type pc struct {
	dir    string
	server *server
	root   []byte
	now    func() time.Time
	built  time.Time
	source *source.Source

	patience  time.Duration
	installed string // digest that deltas start from
}

// open is the source, made anew after a restart.
func (p *pc) open() *source.Source {
	if p.source == nil {
		p.source = source.New(source.Config{
			URL: p.server.url, Root: p.root, CloudCA: p.server.ca, Dir: p.dir, Platform: platform,
			Client: netdialtest.Client(p.server.url), Now: func() time.Time { return p.now() },
			Built: p.built, Patience: p.patience, Pause: time.Millisecond, Installed: func() (string, error) { return p.installed, nil }, Site: func() source.Site { return source.Site{InstrumentType: line} },
		})
	}
	return p.source
}

func (p *pc) restart() { p.source = nil }

// hurried is a PC that waits for no piece of metadata longer than a second,
// for one look: what is slow is as slow for it as it would be for others.
func (p *pc) hurried(look func()) {
	p.patience = time.Second
	p.restart()
	look()
	p.patience = 0
	p.restart()
}

func (p *pc) check(ctx context.Context) (*source.Offer, error) {
	return p.open().Check(ctx, running, func(string) bool { return false })
}

// download fetches what is offered and returns it.
func (p *pc) download(ctx context.Context, o source.Offer) ([]byte, error) {
	f, err := p.open().Download(ctx, o, source.Options{})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 1<<20))
}

// mostHeap is what all that is attacked at a time may hold, bytes: the PCs, the
// vendors and the mirrors are one process here.
const mostHeap = 1 << 30

func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
