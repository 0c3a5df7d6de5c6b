package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// keepAlive is the product's own.
const keepAlive = 30 * time.Second

// patience bounds how long anything is waited for.
const patience = 5 * time.Minute

// Credential is what one device proves itself by.
type credential struct {
	ID   string `json:"id"`
	Cert []byte `json:"cert"` // DER
	Key  []byte `json:"key"`  // PKCS #8
}

// fleet is all devices.
type fleet struct {
	roots   *x509.CertPool
	devices []*device
	online  atomic.Int64
	stop    context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	since    time.Time
	attempts []int
	back     []int
	got      map[string]map[*device]bool // by kind
}

func open(devices, roots string) (*fleet, error) {
	text, err := os.ReadFile(devices)
	if err != nil {
		return nil, err
	}
	var list []credential
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	f := &fleet{roots: x509.NewCertPool(), since: time.Now(), got: map[string]map[*device]bool{}}
	if text, err = os.ReadFile(roots); err != nil {
		return nil, err
	}
	if !f.roots.AppendCertsFromPEM(text) {
		return nil, errors.New("no roots")
	}
	for i, c := range list {
		key, err := x509.ParsePKCS8PrivateKey(c.Key)
		if err != nil {
			return nil, err
		}
		f.devices = append(f.devices, &device{
			fleet: f, id: c.ID, number: i, epoch: fmt.Sprintf("bench-%d-%d", time.Now().UnixNano(), i),
			certificate: tls.Certificate{Certificate: [][]byte{c.Cert}, PrivateKey: key},
		})
	}
	return f, nil
}

func (f *fleet) do(ctx context.Context, c command) (a answer, err error) {
	switch c.Do {
	case "up":
		return a, f.up(ctx, c)
	case "down":
		f.down()
		return a, nil
	case "publish":
		a.Count = f.publish(ctx, time.Duration(c.Seconds*float64(time.Second)))
		return a, nil
	case "forget":
		f.mu.Lock()
		f.since, f.attempts, f.back, f.got = time.Now(), nil, nil, map[string]map[*device]bool{}
		f.mu.Unlock()
		return a, nil
	case "received":
		a.Count, err = f.until(ctx, c.Count, func() int {
			f.mu.Lock()
			defer f.mu.Unlock()
			return len(f.got[c.Kind])
		})
		return a, err
	case "online":
		a.Count, err = f.until(ctx, c.Count, func() int { return int(f.online.Load()) })
		return a, err
	case "storm":
		f.mu.Lock()
		a.Attempts, a.Back = f.attempts, f.back
		f.mu.Unlock()
		return a, nil
	}
	return a, fmt.Errorf("what is %q", c.Do)
}

// up brings the first devices online, and keeps them there until down.
func (f *fleet) up(ctx context.Context, c command) error {
	if c.Count > len(f.devices) {
		return fmt.Errorf("there are %d devices only", len(f.devices))
	}
	f.down()
	inside, stop := context.WithCancel(ctx)
	f.stop = stop
	pace := rate.NewLimiter(rate.Limit(c.Rate), 1)
	for _, d := range f.devices[:c.Count] {
		d.url = c.URL
		f.running.Go(func() { d.run(inside, pace) })
	}
	f.running.Go(func() { f.ping(inside, f.devices[:c.Count]) })
	_, err := f.until(ctx, c.Count, func() int { return int(f.online.Load()) })
	return err
}

func (f *fleet) down() {
	if f.stop == nil {
		return
	}
	f.stop()
	f.stop = nil
	for _, d := range f.devices {
		d.cut()
	}
	f.running.Wait()
}

// until waits for a number.
func (f *fleet) until(ctx context.Context, want int, have func() int) (int, error) {
	limit := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		n := have()
		if n >= want {
			return n, nil
		}
		select {
		case <-ctx.Done():
			return n, ctx.Err()
		case <-limit:
			return n, fmt.Errorf("%d of %d after %v", n, want, patience)
		case <-tick.C:
		}
	}
}

// publish has every device send one message after the other, each when the one
// before was acknowledged.
func (f *fleet) publish(ctx context.Context, d time.Duration) int {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var count atomic.Int64
	var work sync.WaitGroup
	for _, one := range f.devices {
		if !one.isUp() {
			continue
		}
		work.Go(func() {
			for ctx.Err() == nil && one.say(ctx) {
				count.Add(1)
			}
		})
	}
	work.Wait()
	return int(count.Load())
}

// ping keeps the devices' links alive, a part of them each second.
func (f *fleet) ping(ctx context.Context, devices []*device) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for second := 0; ; second++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for i := second % int(keepAlive/time.Second); i < len(devices); i += int(keepAlive / time.Second) {
			devices[i].ping()
		}
	}
}

// count adds one to the present second of a list.
func (f *fleet) count(list *[]int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	second := int(time.Since(f.since) / time.Second)
	for len(*list) <= second {
		*list = append(*list, 0)
	}
	(*list)[second]++
}

func (f *fleet) received(d *device, kind string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.got[kind] == nil {
		f.got[kind] = map[*device]bool{}
	}
	f.got[kind][d] = true
}
