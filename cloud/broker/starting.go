package broker

import "time"

const (
	// maxStarting devices come in at a time. A fleet that comes back all at once
	// would otherwise wait for the database together, and longer than its own
	// patience: none would ever be in.
	maxStarting = 256
	// startingTime is how long one of these places is kept for a device that does
	// not say what it wants to hear. It stays connected without one.
	startingTime = 30 * time.Second
)

// place is one among those that come in.
type place struct {
	conn *deviceConn // nil: it is free again
	late *time.Timer
}

// begin takes a place, and tells whether there was one.
func (b *Broker) begin() bool {
	select {
	case b.starting <- struct{}{}:
		return true
	default:
		return false
	}
}

// starts gives the place that begin took to a connection, until that one has
// subscribed or is over. A device has one place: who opens connection after
// connection loses the one before, as it would by CONNECT, and keeps nobody else
// out.
func (b *Broker) starts(conn *deviceConn) {
	p := &place{conn: conn}
	conn.onSettled = func() { b.leave(p) }
	b.mu.Lock()
	before := b.coming[conn.device]
	b.coming[conn.device] = p
	p.late = time.AfterFunc(startingTime, func() { b.leave(p) })
	b.mu.Unlock()
	if before == nil {
		return
	}
	if old := b.leave(before); old != nil {
		old.Close()
	}
}

// leave frees a place, once, and gives whose it was.
func (b *Broker) leave(p *place) *deviceConn {
	b.mu.Lock()
	conn := p.conn
	if conn == nil {
		b.mu.Unlock()
		return nil
	}
	p.conn = nil
	p.late.Stop()
	if b.coming[conn.device] == p {
		delete(b.coming, conn.device)
	}
	b.mu.Unlock()
	<-b.starting
	return conn
}
