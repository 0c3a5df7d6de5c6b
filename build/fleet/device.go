package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
	"golang.org/x/time/rate"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/service/link"
)

// device is one instrument PC.
type device struct {
	*fleet
	id          string
	number      int
	url         string
	epoch       string
	certificate tls.Certificate

	mu    sync.Mutex
	conn  net.Conn
	ready bool
	seq   uint64
	acked chan struct{} // of the message being said
}

// run keeps the device connected until ctx ends; the first connection comes
// when it is its turn.
func (d *device) run(ctx context.Context, pace *rate.Limiter) {
	if pace.Wait(ctx) != nil {
		return
	}
	next := link.Pauses(time.Second, 2*time.Minute)
	for ctx.Err() == nil {
		begun := time.Now()
		_ = d.session(ctx) // why it ended does not matter to who comes back
		if time.Since(begun) > 2*time.Minute {
			next = link.Pauses(time.Second, 2*time.Minute)
		}
		select {
		case <-ctx.Done():
		case <-time.After(next()):
		}
	}
}

func (d *device) session(ctx context.Context) error {
	d.count(&d.attempts)
	conn, err := d.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	d.mu.Lock()
	d.conn = conn
	d.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = d.talk(conn)
	d.mu.Lock()
	if d.ready {
		d.online.Add(-1)
	}
	d.conn, d.ready = nil, false
	if d.acked != nil {
		close(d.acked)
		d.acked = nil
	}
	d.mu.Unlock()
	return err
}

// talk says what the product's link says when it comes, and listens.
func (d *device) talk(conn net.Conn) error {
	err := d.write(&packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connect}, Connect: packets.ConnectParams{
		ProtocolName: []byte("MQTT"), ClientIdentifier: d.id, Clean: true, Keepalive: uint16(keepAlive / time.Second),
	}})
	if err == nil {
		err = d.write(&packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: 1,
			Filters: packets.Subscriptions{{Filter: cloudapi.DeviceBoundFilter(d.id), Qos: 1}}})
	}
	if err == nil {
		err = d.publish(2, cloudapi.KindStatus, 0, cloudapi.Status{Version: "1.0.0", Class: "general", Run: "idle", Phase: "idle", TermsOK: true, Boot: d.epoch})
	}
	if err != nil {
		return err
	}
	r := bufio.NewReaderSize(conn, 128)
	for {
		pk, err := read(r)
		if err != nil {
			return err
		}
		switch pk.FixedHeader.Type {
		case packets.Connack:
			if pk.ReasonCode != 0 {
				return fmt.Errorf("refused: %d", pk.ReasonCode)
			}
		case packets.Suback:
			if len(pk.ReasonCodes) != 1 || pk.ReasonCodes[0] > 1 {
				return errors.New("subscription refused")
			}
		case packets.Puback:
			d.acknowledged(pk.PacketID)
		case packets.Publish:
			if err := d.take(pk); err != nil {
				return err
			}
		}
	}
}

// acknowledged: number 2 is the status, with which the device is online.
func (d *device) acknowledged(number uint16) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if number == 2 && !d.ready {
		d.ready = true
		d.online.Add(1)
		go d.count(&d.back)
		return
	}
	if d.acked != nil {
		close(d.acked)
		d.acked = nil
	}
}

func (d *device) take(pk *packets.Packet) error {
	var e cloudapi.Envelope
	if err := json.Unmarshal(pk.Payload, &e); err != nil {
		return err
	}
	d.received(d, e.Kind)
	if pk.FixedHeader.Qos == 0 {
		return nil
	}
	return d.write(&packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: pk.PacketID})
}

// say sends one alarm and waits until it was acknowledged.
func (d *device) say(ctx context.Context) bool {
	acked := make(chan struct{})
	d.mu.Lock()
	d.seq++
	seq, ready := d.seq, d.ready
	d.acked = acked
	d.mu.Unlock()
	now := time.Now().UnixMilli()
	err := d.publish(uint16(3+seq%60_000), cloudapi.KindNotification, seq, cloudapi.Notification{
		ID: seq, Code: "E-17", Severity: "low", State: "raised", Source: "log", Subject: "pump", Title: "Pump pressure low", Count: 1, RaisedMS: now, LastMS: now,
	})
	if err != nil || !ready {
		return false
	}
	select {
	case <-acked:
		return d.isUp()
	case <-ctx.Done():
		return false
	}
}

func (d *device) publish(number uint16, kind string, seq uint64, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	e := cloudapi.Envelope{V: cloudapi.Version, Kind: kind, Seq: seq, Time: time.Now().UnixMilli(), Body: text}
	if seq > 0 {
		e.Epoch = d.epoch
	}
	if text, err = json.Marshal(e); err != nil {
		return err
	}
	return d.write(&packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, PacketID: number, TopicName: cloudapi.EventsTopic(d.id), Payload: text})
}

func (d *device) isUp() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ready
}

func (d *device) ping() {
	if d.isUp() {
		_ = d.write(&packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}}) // the reader sees a link that is lost
	}
}

func (d *device) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		d.conn.Close()
	}
}

// write sends one packet.
func (d *device) write(pk *packets.Packet) error {
	var b bytes.Buffer
	pk.ProtocolVersion = 4
	var err error
	switch pk.FixedHeader.Type {
	case packets.Connect:
		err = pk.ConnectEncode(&b)
	case packets.Subscribe:
		err = pk.SubscribeEncode(&b)
	case packets.Publish:
		err = pk.PublishEncode(&b)
	case packets.Puback:
		err = pk.PubackEncode(&b)
	case packets.Pingreq:
		err = pk.PingreqEncode(&b)
	}
	if err != nil {
		return err
	}
	d.mu.Lock()
	conn := d.conn
	d.mu.Unlock()
	if conn == nil {
		return net.ErrClosed
	}
	_ = conn.SetWriteDeadline(time.Now().Add(30 * time.Second))
	_, err = conn.Write(b.Bytes())
	return err
}

// read reads one packet of those a broker sends.
func read(r *bufio.Reader) (*packets.Packet, error) {
	first, err := r.ReadByte()
	if err != nil {
		return nil, err
	}
	pk := &packets.Packet{ProtocolVersion: 4}
	if err := pk.FixedHeader.Decode(first); err != nil {
		return nil, err
	}
	n, _, err := packets.DecodeLength(r)
	if err != nil {
		return nil, err
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	switch pk.FixedHeader.Type {
	case packets.Connack:
		return pk, pk.ConnackDecode(body)
	case packets.Suback:
		return pk, pk.SubackDecode(body)
	case packets.Puback:
		return pk, pk.PubackDecode(body)
	case packets.Publish:
		return pk, pk.PublishDecode(body)
	}
	return pk, nil
}
