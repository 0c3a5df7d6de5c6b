package iothub

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/Azure/go-amqp"
)

const (
	portAMQP     = "5671"
	timeout      = 10 * time.Second
	maxFrame     = 64 << 10
	maxMessage   = 512 << 10 // of a device: 256 KiB, and what the hub adds
	maxDownwards = 64 << 10  // of the cloud, as documented
)

// name is a host without a port.
func name(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return host
}

// address is a host with a port.
func address(host, port string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(host, port)
}

// tls gives how a host is spoken to: its certificate is verified, by its name.
func (h *Hub) tls(host string) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if h.TLS != nil {
		c = h.TLS.Clone()
	}
	c.ServerName = name(host)
	return c
}

// dial opens AMQP to one of the two hosts of the settings. What the peer names
// instead (a redirection) is never dialled.
func (h *Hub) dial(ctx context.Context, host string, sasl amqp.SASLType) (*amqp.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	d := &tls.Dialer{NetDialer: &net.Dialer{}, Config: h.tls(host)}
	conn, err := d.DialContext(ctx, "tcp", address(host, portAMQP))
	if err != nil {
		return nil, fmt.Errorf("iothub: dial: %w", err)
	}
	c, err := amqp.NewConn(ctx, conn, &amqp.ConnOptions{
		HostName: name(host), SASLType: sasl, IdleTimeout: time.Minute, MaxFrameSize: maxFrame, WriteTimeout: timeout,
	})
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("iothub: AMQP with %s: %w", host, err)
	}
	return c, nil
}
