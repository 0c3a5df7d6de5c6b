package iothub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/go-amqp"

	"beckmanconnect/cloud/data"
)

const readAhead = 100 // messages of a partition on their way to this node

// reader is one partition being read.
type reader struct {
	epoch int64
	stop  context.CancelFunc
	over  chan struct{} // closed when nothing of it goes on
}

// read reads until the connection fails, or its token is old.
func (h *Hub) read(ctx context.Context) error {
	err := h.readLeased(ctx)
	if err != nil {
		h.reading.Store(false)
	}
	return err
}

// readLeased holds a connection to the events' endpoint and reads there what
// this node has a lease of.
func (h *Hub) readLeased(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, h.RenewAt)
	defer cancel()
	conn, err := h.dial(ctx, h.Events, amqp.SASLTypeAnonymous())
	if err != nil {
		return err
	}
	defer conn.Close()
	c, partitions, err := h.openEvents(ctx, conn)
	if err != nil {
		return err
	}
	h.reading.Store(true)
	readers := map[string]*reader{}
	defer func() {
		cancel() // all at once
		for partition := range readers {
			stop(readers, partition)
		}
	}()
	tick := time.NewTicker(h.Lease / 4)
	defer tick.Stop()
	for {
		if err := h.lease(ctx, conn, c, partitions, readers); err != nil {
			return err
		}
		select {
		case <-conn.Done():
			return fmt.Errorf("iothub: events: %w", conn.Err())
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (h *Hub) openEvents(ctx context.Context, conn *amqp.Conn) (*claims, []string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	session, err := conn.NewSession(ctx, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("iothub: events: %w", err)
	}
	a, err := newAsker(ctx, session, "$cbs")
	if err != nil {
		return nil, nil, err
	}
	c := &claims{asker: a, hub: h, until: h.Now().Add(tokenLife)}
	partitions, err := c.partitions(ctx, session)
	return c, partitions, err
}

// lease renews this node's leases, and has exactly those partitions read. A
// database that is away ends nothing: others take over when the leases are.
func (h *Hub) lease(ctx context.Context, conn *amqp.Conn, c *claims, partitions []string, readers map[string]*reader) error {
	leases, err := h.Store.LeasePartitions(ctx, h.Stream(), partitions, h.Lease)
	if err != nil {
		if ctx.Err() == nil {
			h.Log.Error("partitions of the IoT Hub are not leased", "error", err)
		}
		return nil
	}
	mine := map[string]data.HubLease{}
	for _, l := range leases {
		mine[l.Partition] = l
	}
	for partition, r := range readers {
		ended := false
		select {
		case <-r.over:
			ended = true
		default:
		}
		if l, ok := mine[partition]; !ok || l.Epoch != r.epoch || ended {
			stop(readers, partition)
		}
	}
	h.left(mine)
	for _, l := range leases {
		if readers[l.Partition] != nil {
			continue
		}
		// One after the other: there is one link for tokens.
		receiver, err := h.receiver(ctx, conn, c, l)
		if err != nil {
			return err
		}
		own, stop := context.WithCancel(ctx)
		r := &reader{epoch: l.Epoch, stop: stop, over: make(chan struct{})}
		readers[l.Partition] = r
		go func() {
			defer close(r.over)
			if err := h.partition(own, receiver, l); err != nil && own.Err() == nil {
				h.Log.Warn("a partition of the IoT Hub is not read on", "partition", l.Partition, "error", err)
			}
		}()
	}
	return nil
}

// stop ends the reading of a partition.
func stop(readers map[string]*reader, partition string) {
	r := readers[partition]
	r.stop()
	<-r.over
	delete(readers, partition)
}

// left says of which partitions other nodes read on. A new connection of this
// node is no change.
func (h *Hub) left(mine map[string]data.HubLease) {
	var gone []string
	h.mu.Lock()
	for partition, epoch := range h.told {
		if l, ok := mine[partition]; !ok || l.Epoch != epoch {
			gone = append(gone, partition)
			delete(h.told, partition)
		}
	}
	h.mu.Unlock()
	for _, partition := range gone {
		h.Handler.Left(partition)
	}
}

// reads says that this node reads a partition from now on, once for a lease.
func (h *Hub) reads(ctx context.Context, l data.HubLease) error {
	h.mu.Lock()
	_, told := h.told[l.Partition]
	h.mu.Unlock()
	if told {
		return nil
	}
	if err := h.Handler.Reads(ctx, l.Partition); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told[l.Partition] = l.Epoch
	return nil
}

// receiver opens the link of one partition, behind the place that was kept. The
// epoch has the endpoint turn out a node that reads it still.
func (h *Hub) receiver(ctx context.Context, conn *amqp.Conn, c *claims, l data.HubLease) (*amqp.Receiver, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	path := h.Name + "/ConsumerGroups/" + h.Group + "/Partitions/" + l.Partition
	if err := c.put(ctx, path); err != nil {
		return nil, err
	}
	from := "amqp.annotation.x-opt-offset > '-1'"
	if l.Place >= 0 {
		from = fmt.Sprintf("amqp.annotation.x-opt-sequence-number > '%d'", l.Place)
	}
	session, err := conn.NewSession(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("iothub: partition %s: %w", l.Partition, err)
	}
	r, err := session.NewReceiver(ctx, path, &amqp.ReceiverOptions{
		Credit: readAhead, MaxMessageSize: maxMessage, SettlementMode: amqp.ReceiverSettleModeFirst.Ptr(),
		Filters: []amqp.LinkFilter{amqp.NewSelectorFilter(from)}, Properties: map[string]any{"com.microsoft:epoch": l.Epoch},
	})
	if err != nil {
		return nil, fmt.Errorf("iothub: partition %s: %w", l.Partition, err)
	}
	return r, nil
}

// partition reads one partition in order. Its place is kept after the effect of
// what was read is: a node that is killed in between reads that again.
func (h *Hub) partition(ctx context.Context, r *amqp.Receiver, l data.HubLease) error {
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = r.Close(ctx) // the connection may be gone
	}()
	if err := h.try(ctx, func() error { return h.reads(ctx, l) }); err != nil {
		return err
	}
	for {
		m, err := r.Receive(ctx, nil)
		if err != nil {
			return err
		}
		for m != nil {
			place, ok := m.Annotations["x-opt-sequence-number"].(int64)
			if !ok {
				return errors.New("a message without a number")
			}
			if place > l.Place {
				if err := h.try(ctx, func() error { return h.event(ctx, l.Partition, m) }); err != nil {
					return err
				}
				l.Place = place
			}
			if err := r.AcceptMessage(ctx, m); err != nil {
				return err
			}
			m = r.Prefetched()
		}
		if err := h.try(ctx, func() error { return h.Store.KeepPlace(ctx, h.Stream(), l) }); err != nil {
			return err
		}
	}
}

// try does something until it is done, ctx ends, or the lease is lost.
func (h *Hub) try(ctx context.Context, do func() error) error {
	for pause := h.Retry; ; pause = min(2*pause, h.RetryMax) {
		err := do()
		if err == nil || ctx.Err() != nil || errors.Is(err, data.ErrLeaseLost) {
			return err
		}
		if !sleep(ctx, pause) {
			return err
		}
	}
}
