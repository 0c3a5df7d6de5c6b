package broker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"beckmanconnect/internal/cloudapi"
)

var (
	errClientID = errors.New("another client ID than the certificate's")
	errRefused  = errors.New("the engine does not take the connection")
)

// carriedSession is a device's connection, carried to the engine. The device's
// QoS ends here: what comes from it was stored when it is acknowledged, and
// what goes to it is counted until it has acknowledged. Inside, between this
// node and the engine, everything is QoS 0.
type carriedSession struct {
	c    *carried
	conn *deviceConn
	near *bufio.Reader // of conn
	far  net.Conn      // to the engine; written to by up alone

	mu      sync.Mutex
	granted map[string]byte                   // QoS, by filter
	asked   map[uint16][]packets.Subscription // subscriptions on their way, by packet number
	refused map[uint16][]bool
	number  uint16              // of the last message to the device
	said    time.Time           // when the engine last heard something
	pings   int                 // of this node's own, not answered yet
	waiting map[uint16]struct{} // not acknowledged yet
}

func (c *carried) serve(conn *deviceConn) error {
	s := &carriedSession{c: c, conn: conn, near: bufio.NewReaderSize(conn, readBuffer), granted: map[string]byte{}}
	pk, err := s.connect()
	if err != nil {
		return err
	}
	defer s.far.Close()
	keep := time.Duration(pk.Connect.Keepalive) * time.Second * 3 / 2
	down := make(chan error, 1)
	go func() {
		down <- s.down(keep)
		conn.Close() // the device is told by that
		s.far.Close()
	}()
	err = s.up(keep)
	conn.Close()
	s.far.Close()
	err = errors.Join(err, <-down)
	c.b.gone(conn.device, s)
	return err
}

// connect reads CONNECT, checks it, and passes it on under the engine's account
// for devices.
func (s *carriedSession) connect() (*packets.Packet, error) {
	pk, err := readPacket(s.near)
	if err != nil {
		return nil, err
	}
	if pk.FixedHeader.Type != packets.Connect {
		return nil, packets.ErrProtocolViolationRequireFirstConnect
	}
	if err := mayConnect(pk); err != nil {
		return nil, err
	}
	if pk.Connect.ClientIdentifier != s.conn.device {
		s.c.b.Log.Warn("device link refused", "device", s.conn.device, "why", "another client ID")
		_ = s.answer(packets.Connack, 0, packets.Err3NotAuthorized.Code)
		return nil, errClientID
	}
	if s.far, err = s.c.dial(s.c.b.ctx); err != nil {
		s.c.b.Log.Warn("device link refused", "device", s.conn.device, "why", "the engine is away", "error", err)
		_ = s.answer(packets.Connack, 0, packets.Err3ServerUnavailable.Code)
		return nil, err
	}
	stop := context.AfterFunc(s.c.b.ctx, func() { s.far.Close() })
	defer stop()
	pk.Connect.Keepalive = keepAlive(pk.Connect.Keepalive)
	engine := s.c.b.Engine
	err = s.send(&packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Connect},
		Connect: packets.ConnectParams{
			ProtocolName: []byte("MQTT"), ClientIdentifier: s.conn.device, Clean: true, Keepalive: pk.Connect.Keepalive,
			UsernameFlag: true, Username: []byte(engine.DeviceUser), PasswordFlag: true, Password: []byte(engine.DevicePassword),
		},
	})
	if err != nil {
		s.far.Close()
	}
	return pk, err
}

// send writes to the engine.
func (s *carriedSession) send(pk *packets.Packet) error {
	s.said = time.Now()
	_ = s.far.SetWriteDeadline(s.said.Add(engineTimeout))
	return writePacket(s.far, pk)
}

// alive has the engine hear something while the device says what only this node
// takes.
func (s *carriedSession) alive(keep time.Duration) error {
	if time.Since(s.said) < keep/3 {
		return nil
	}
	s.mu.Lock()
	s.pings++
	s.mu.Unlock()
	return s.send(&packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}})
}

// pong passes an answer on, unless it was this node that had asked.
func (s *carriedSession) pong(pk *packets.Packet) error {
	s.mu.Lock()
	own := s.pings > 0
	if own {
		s.pings--
	}
	s.mu.Unlock()
	if own {
		return nil
	}
	return writePacket(s.conn, pk)
}

// answer writes a short packet to the device.
func (s *carriedSession) answer(kind byte, number uint16, code byte) error {
	return writePacket(s.conn, &packets.Packet{FixedHeader: packets.FixedHeader{Type: kind}, PacketID: number, ReasonCode: code})
}

// up passes on what the device sends, until one of both is gone.
func (s *carriedSession) up(keep time.Duration) error {
	for {
		_ = s.conn.SetDeadline(time.Now().Add(keep))
		pk, err := readPacket(s.near)
		if err != nil {
			return err
		}
		if why := tooMuch(pk, s.subscriptions()); why != "" {
			s.c.b.Log.Warn("device link closed", "device", s.conn.device, "why", why)
			return packets.ErrRejectPacket
		}
		switch pk.FixedHeader.Type {
		case packets.Publish:
			if err = s.published(pk); err == nil {
				err = s.alive(keep)
			}
		case packets.Puback:
			s.mu.Lock()
			delete(s.waiting, pk.PacketID)
			s.mu.Unlock()
			s.c.b.acknowledged(s.conn.device, s, pk.PacketID)
		case packets.Subscribe:
			err = s.subscribe(pk)
		case packets.Unsubscribe:
			s.mu.Lock()
			for _, f := range pk.Filters {
				delete(s.granted, f.Filter)
			}
			s.mu.Unlock()
			err = s.send(pk)
		case packets.Pingreq:
			err = s.send(pk)
		case packets.Disconnect:
			return errors.Join(s.send(pk), io.EOF)
		default:
			return packets.ErrProtocolViolation
		}
		if err != nil {
			return err
		}
	}
}

// published takes a device's message in. It does not go through the engine:
// stored here it is stored for all nodes, and the acknowledgement means that.
func (s *carriedSession) published(pk *packets.Packet) error {
	if cloudapi.DeviceOfEvents(pk.TopicName) != s.conn.device {
		s.c.b.Log.Warn("topic refused", "device", s.conn.device, "write", true)
		return packets.ErrNotAuthorized
	}
	if err := s.c.b.take(s.conn.device, s, pk.Payload); err != nil {
		return err
	}
	if pk.FixedHeader.Qos == 0 {
		return nil
	}
	return s.answer(packets.Puback, pk.PacketID, 0)
}

// subscriptions counts the device's, and those on their way.
func (s *carriedSession) subscriptions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.granted)
	for _, filters := range s.asked {
		n += len(filters)
	}
	return n
}

// subscribe passes on the filters that are the device's own, and remembers the
// others for the answer.
func (s *carriedSession) subscribe(pk *packets.Packet) error {
	if len(pk.Filters) == 0 {
		return packets.ErrProtocolViolation
	}
	refused := make([]bool, len(pk.Filters))
	var own packets.Subscriptions
	for i, f := range pk.Filters {
		if refused[i] = !mayRead(s.conn.device, f.Filter); refused[i] {
			s.c.b.Log.Warn("topic refused", "device", s.conn.device, "write", false)
			continue
		}
		own = append(own, packets.Subscription{Filter: f.Filter})
	}
	if len(own) == 0 {
		codes := make([]byte, len(pk.Filters))
		for i := range codes {
			codes[i] = packets.ErrUnspecifiedError.Code
		}
		return writePacket(s.conn, &packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Suback}, PacketID: pk.PacketID, ReasonCodes: codes})
	}
	s.mu.Lock()
	if s.asked == nil {
		s.asked, s.refused = map[uint16][]packets.Subscription{}, map[uint16][]bool{}
	}
	s.asked[pk.PacketID], s.refused[pk.PacketID] = pk.Filters, refused
	s.mu.Unlock()
	pk.Filters, pk.FixedHeader.Qos = own, 1
	return s.send(pk)
}

// down passes on what the engine sends.
func (s *carriedSession) down(keep time.Duration) error {
	far := bufio.NewReaderSize(s.far, 4*readBuffer)
	came := false
	for {
		_ = s.far.SetReadDeadline(time.Now().Add(keep))
		pk, err := readPacket(far)
		if err != nil {
			return fmt.Errorf("engine: %w", err)
		}
		kind := pk.FixedHeader.Type
		switch {
		case !came && kind == packets.Connack:
			if err := s.answer(packets.Connack, 0, pk.ReasonCode); err != nil {
				return err
			}
			if pk.ReasonCode != 0 {
				s.c.b.Log.Error("device link refused by the engine", "device", s.conn.device, "code", pk.ReasonCode)
				return errRefused
			}
			came = true
			s.c.b.came(s.conn.device, s)
		case came && kind == packets.Publish:
			err = s.deliver(pk)
		case came && kind == packets.Suback:
			err = s.subscribed(pk)
		case came && kind == packets.Pingresp:
			err = s.pong(pk)
		case came && kind == packets.Unsuback:
			err = writePacket(s.conn, pk)
		default:
			err = packets.ErrProtocolViolation
		}
		if err != nil {
			return err
		}
	}
}

// deliver sends a message to the device under a number of this node's own.
func (s *carriedSession) deliver(pk *packets.Packet) error {
	if !mayRead(s.conn.device, pk.TopicName) { // the engine let through what is not this device's
		s.c.b.Log.Error("the engine gives a device what is not its own", "device", s.conn.device)
		return packets.ErrNotAuthorized
	}
	out := &packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: s.qos()}, TopicName: pk.TopicName, Payload: pk.Payload}
	if out.FixedHeader.Qos > 0 {
		s.mu.Lock()
		if len(s.waiting) >= maxInflight {
			s.mu.Unlock()
			return packets.ErrQuotaExceeded // it comes again, and gets it then
		}
		if s.waiting == nil {
			s.waiting = map[uint16]struct{}{}
		}
		for used := true; used; _, used = s.waiting[s.number] {
			s.number = s.number%65535 + 1
		}
		s.waiting[s.number] = struct{}{}
		out.PacketID = s.number
		s.mu.Unlock()
		s.c.b.onItsWay(s.conn.device, s, out.PacketID, pk.TopicName)
	}
	return writePacket(s.conn, out)
}

// qos is the best one that the device has subscribed with.
func (s *carriedSession) qos() (best byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range s.granted {
		best = max(best, q)
	}
	return best
}

// subscribed answers a device's SUBSCRIBE by what the engine said of it.
func (s *carriedSession) subscribed(pk *packets.Packet) error {
	s.mu.Lock()
	filters, refused := s.asked[pk.PacketID], s.refused[pk.PacketID]
	delete(s.asked, pk.PacketID)
	delete(s.refused, pk.PacketID)
	codes, granted, next := make([]byte, len(filters)), false, 0
	for i, f := range filters {
		codes[i] = packets.ErrUnspecifiedError.Code
		if refused[i] || next >= len(pk.ReasonCodes) {
			continue
		}
		if pk.ReasonCodes[next] <= 2 {
			codes[i], granted = min(f.Qos, 1), true
			s.granted[f.Filter] = codes[i]
		}
		next++
	}
	s.mu.Unlock()
	if filters == nil {
		return packets.ErrProtocolViolation
	}
	if err := writePacket(s.conn, &packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Suback}, PacketID: pk.PacketID, ReasonCodes: codes}); err != nil {
		return err
	}
	if granted {
		s.conn.settled()
		// Not here: it goes through the engine and comes back by this very
		// goroutine.
		s.c.b.open.Go(func() { s.c.b.heard(s.conn.device) })
	}
	return nil
}

func (s *carriedSession) stop(error) {
	s.conn.Close()
	s.far.Close()
}

func (s *carriedSession) listens() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.granted) > 0
}
