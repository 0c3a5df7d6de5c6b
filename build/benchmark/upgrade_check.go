package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/trust"
	"beckmanconnect/service/upgrade/source"
)

// checked is one look at the repository.
type checked struct {
	out, in int64 // bytes at the socket, TLS included
	took    time.Duration
}

func (c checked) bytes() float64 { return float64(c.out + c.in) }

// upgradeChecks measures looks that find nothing, at a real cloud that has
// published the installed version: the first ever, the first of a process (what
// metadata there are lie on the PC), and those that follow in it. Connections
// do not live from one to the next, as hours lie between.
func upgradeChecks(ctx context.Context, o options) ([]row, error) {
	dir := filepath.Join(o.dir, "check")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	house, err := stage.Open(ctx, stage.Config{Dir: dir, Bin: o.bin, Package: o.archive})
	if err != nil {
		return nil, err
	}
	defer house.Close()
	if err := house.Release(ctx, o.archive); err != nil {
		return nil, err
	}
	roots, err := trust.Load(house.Roots())
	if err != nil {
		return nil, err
	}
	look := newLook(house, roots, filepath.Join(dir, "pc"))
	first, err := look(ctx, true)
	if err != nil {
		return nil, err
	}
	var starts, following []checked
	for range max(o.rounds, 20) {
		start, err := look(ctx, true)
		if err != nil {
			return nil, err
		}
		next, err := look(ctx, false)
		if err != nil {
			return nil, err
		}
		starts, following = append(starts, start), append(following, next)
	}
	// The first loads what there is, and is no check that finds nothing.
	fmt.Fprintf(os.Stderr, "  first check ever (fetches all metadata): %d bytes out, %d in, %v\n", first.out, first.in, first.took.Round(time.Millisecond))
	start, next := medianCheck(starts), medianCheck(following)
	fmt.Fprintf(os.Stderr, "  first check of a process: %d bytes out, %d in; following: %d out, %d in\n", start.out, start.in, next.out, next.in)
	return []row{
		limited("check that finds nothing", "bytes", next.bytes(), "limit", checkBytes),
		limited("check that finds nothing", "ms", ms(next.took), "limit", checkMillis),
		limited("the same, first since the service started", "bytes", start.bytes(), "limit", checkBytes),
		limited("the same, first since the service started", "ms", ms(start.took), "limit", checkMillis),
	}, nil
}

// medianCheck is the median of each figure.
func medianCheck(all []checked) checked {
	median := func(of func(checked) int64) int64 {
		var values []int64
		for _, c := range all {
			values = append(values, of(c))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return checked{
		out: median(func(c checked) int64 { return c.out }), in: median(func(c checked) int64 { return c.in }),
		took: time.Duration(median(func(c checked) int64 { return int64(c.took) })),
	}
}

// newLook returns a look at the repository of a house by the product's own
// source. With fresh it is that of a process that has just started.
func newLook(house *stage.House, roots *trust.Roots, dir string) func(ctx context.Context, fresh bool) (checked, error) {
	var out, in atomic.Int64
	var clients []*http.Client
	var s *source.Source
	client := func(config *tls.Config) *http.Client {
		// As netdial makes it, with sockets that are counted.
		c := &http.Client{Transport: &http.Transport{
			TLSClientConfig: config, DisableCompression: true,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				if err != nil {
					return nil, err
				}
				return &metered{Conn: conn, out: &out, in: &in}, nil
			},
		}}
		clients = append(clients, c)
		return c
	}
	return func(ctx context.Context, fresh bool) (checked, error) {
		if fresh {
			clients = nil
			s = source.New(source.Config{
				URL: house.Cloud() + cloudapi.PathUpgrades, Root: roots.TUFRoot, CloudCA: roots.CloudCA, Dir: dir, Platform: "linux-amd64", Client: client,
			})
		}
		out.Store(0)
		in.Store(0)
		began := time.Now()
		offer, err := s.Check(ctx, "999.0.0", func(string) bool { return false })
		took := time.Since(began)
		if err == nil && offer != nil {
			err = errors.New("it found something")
		}
		for _, c := range clients {
			c.CloseIdleConnections() // what ends a connection counts as well
		}
		return checked{out: out.Load(), in: in.Load(), took: took}, err
	}
}

// metered counts what goes through a connection.
type metered struct {
	net.Conn
	out, in *atomic.Int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	m.in.Add(int64(n))
	return n, err
}

func (m *metered) Write(p []byte) (int, error) {
	n, err := m.Conn.Write(p)
	m.out.Add(int64(n))
	return n, err
}
