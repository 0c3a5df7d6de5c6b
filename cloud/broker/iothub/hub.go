package iothub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Hub is a cloud's connection to its IoT Hub.
type Hub struct {
	Config
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup
	http   *http.Client

	service atomic.Pointer[service] // nil: the hub is away
	reading atomic.Bool             // the events' endpoint answers

	mu       sync.Mutex
	told     map[string]int64 // by partition: the epoch that Handler.Reads was told of
	switches map[string]bool  // devices to be switched on or off in the registry
	wanted   chan struct{}    // there are some
}

// Open begins to connect. A hub that is not there yet is no error.
func Open(c Config) (*Hub, error) {
	if err := c.Settings.Check(); err != nil {
		return nil, fmt.Errorf("iothub: %w", err)
	}
	c.defaults()
	h := &Hub{Config: c, told: map[string]int64{}, switches: map[string]bool{}, wanted: make(chan struct{}, 1)}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.http = h.client()
	h.work.Go(func() { h.again("service", h.serve) })
	h.work.Go(func() { h.again("events", h.read) })
	h.work.Go(h.switching)
	return h, nil
}

// Up tells whether devices are heard and can be sent to.
func (h *Hub) Up() bool {
	s := h.service.Load()
	if s == nil || !h.reading.Load() {
		return false
	}
	select {
	case <-s.conn.Done():
		return false
	default:
		return true
	}
}

// Close ends all that Open began, and gives the partitions back.
func (h *Hub) Close() error {
	h.cancel()
	h.work.Wait()
	if s := h.service.Swap(nil); s != nil {
		s.conn.Close()
	}
	h.http.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return h.Store.LeavePartitions(ctx, h.Stream())
}

// again runs one connection after the other until Close. A connection that ends
// without an error was to be renewed.
func (h *Hub) again(what string, connection func(context.Context) error) {
	pause := h.Retry
	for h.ctx.Err() == nil {
		began := h.Now()
		err := connection(h.ctx)
		if h.ctx.Err() != nil {
			return
		}
		if err == nil || h.Now().Sub(began) > time.Minute {
			pause = h.Retry
		}
		if err != nil {
			h.Log.Error("the IoT Hub is away", "what", what, "error", err)
			if !sleep(h.ctx, pause/2+rand.N(pause)) {
				return
			}
			pause = min(2*pause, h.RetryMax)
		}
	}
}

// sleep reports false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
