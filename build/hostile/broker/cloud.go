package broker

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/trust"
)

// cloud is the attacker's: it holds the cloud's own name and certificate, so
// that the device speaks to it. It registers the device as it should, and then
// is its broker.
type cloud struct {
	server *httptest.Server

	mu    sync.Mutex
	next  func(*link) bool // what becomes of the next connections; nil: they work
	now   *link
	news  chan struct{}
	times int // connections so far
}

// link is one MQTT connection of the device.
type link struct {
	conn   net.Conn
	device string
	write  sync.Mutex
	acked  chan uint16
	gone   chan struct{}
	once   sync.Once
}

func newCloud(set string) (*cloud, error) {
	private, roots := filepath.Join(set, trust.DirPrivate), filepath.Join(set, trust.DirRoots)
	own, err := trust.LoadAuthority(filepath.Join(roots, trust.FileCloudCA), filepath.Join(private, trust.KeyCloudCA))
	if err != nil {
		return nil, err
	}
	devices, err := trust.LoadAuthority(filepath.Join(roots, trust.FileDeviceCA), filepath.Join(private, trust.KeyDeviceCA))
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := issue(own, &key.PublicKey, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature})
	if err != nil {
		return nil, err
	}
	c := &cloud{news: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc(cloudapi.PathDevices, func(w http.ResponseWriter, r *http.Request) { register(w, r, devices) })
	mux.HandleFunc(cloudapi.PathMQTT, c.serve)
	c.server = httptest.NewUnstartedServer(mux)
	c.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	c.server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"http/1.1"}}
	c.server.StartTLS()
	return c, nil
}

func (c *cloud) close() {
	c.server.CloseClientConnections()
	c.server.Close()
}

func issue(by *trust.Authority, public any, template *x509.Certificate) ([]byte, error) {
	template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(7), time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	return x509.CreateCertificate(rand.Reader, template, by.Certificate, public, by.Key)
}

// register is what the honest registry does.
func register(w http.ResponseWriter, r *http.Request, devices *trust.Authority) {
	var request cloudapi.RegisterRequest
	err := json.NewDecoder(r.Body).Decode(&request)
	block, _ := pem.Decode([]byte(request.CSR))
	if err != nil || block == nil {
		http.Error(w, "no request", http.StatusBadRequest)
		return
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id := cloudapi.DeviceID(csr.RawSubjectPublicKeyInfo)
	der, err := issue(devices, csr.PublicKey, &x509.Certificate{
		Subject: pkix.Name{CommonName: id}, IsCA: true, MaxPathLenZero: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(cloudapi.RegisterReply{DeviceID: id, Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))})
}

func (c *cloud) serve(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"mqtt"}, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept answered
	}
	ws.SetReadLimit(1 << 20)
	l := &link{conn: websocket.NetConn(context.Background(), ws, websocket.MessageBinary), acked: make(chan uint16, 1<<16), gone: make(chan struct{})}
	defer l.cut()
	connect, err := packets.ReadPacket(l.conn)
	if err != nil {
		return
	}
	hello, ok := connect.(*packets.ConnectPacket)
	if !ok {
		return
	}
	l.device = hello.ClientIdentifier
	c.mu.Lock()
	next := c.next
	c.mu.Unlock()
	if next != nil && next(l) {
		c.note(nil)
		return
	}
	if l.packet(packets.NewControlPacket(packets.Connack)) != nil {
		return
	}
	l.read(c)
}

// read answers the device as a broker does.
func (l *link) read(c *cloud) {
	for {
		p, err := packets.ReadPacket(l.conn)
		if err != nil {
			return
		}
		switch p := p.(type) {
		case *packets.SubscribePacket:
			ack := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
			ack.MessageID, ack.ReturnCodes = p.MessageID, []byte{1}
			err = l.packet(ack)
			c.note(l)
		case *packets.PublishPacket:
			if p.Qos == 1 {
				ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
				ack.MessageID = p.MessageID
				err = l.packet(ack)
			}
		case *packets.PubackPacket:
			select {
			case l.acked <- p.MessageID:
			default:
			}
		case *packets.PubrecPacket:
			rel := packets.NewControlPacket(packets.Pubrel).(*packets.PubrelPacket)
			rel.MessageID = p.MessageID
			err = l.packet(rel)
		case *packets.PubcompPacket:
			select {
			case l.acked <- p.MessageID:
			default:
			}
		case *packets.PingreqPacket:
			err = l.packet(packets.NewControlPacket(packets.Pingresp))
		}
		if err != nil {
			return
		}
	}
}

// note tells who waits of a connection that works, or of one that was spoilt.
func (c *cloud) note(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l != nil {
		c.now = l
	}
	c.times++
	close(c.news)
	c.news = make(chan struct{})
}

// online waits for a connection that works.
func (c *cloud) online(ctx context.Context) (*link, error) {
	var found *link
	err := c.until(ctx, "a connection of the device", func() bool {
		if c.now != nil && !c.now.over() {
			found = c.now
		}
		return found != nil
	})
	return found, err
}

const patience = 60 * time.Second

func (c *cloud) until(ctx context.Context, what string, ok func() bool) error {
	late := time.After(patience)
	for {
		c.mu.Lock()
		yes, news := ok(), c.news
		c.mu.Unlock()
		if yes {
			return nil
		}
		select {
		case <-news:
		case <-late:
			return fmt.Errorf("%s never came", what)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// spoil has the next n connections treated by f instead of served.
func (c *cloud) spoil(ctx context.Context, n int, f func(*link)) error {
	left := n
	var mu sync.Mutex
	set := func(next func(*link) bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.next = next
	}
	set(func(l *link) bool {
		mu.Lock()
		mine := left > 0
		left--
		mu.Unlock()
		if mine {
			f(l)
		}
		return mine
	})
	defer set(nil)
	if l := c.now; l != nil {
		l.cut()
	}
	return c.until(ctx, "a connection to spoil", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return left <= 0
	})
}

func (l *link) over() bool {
	select {
	case <-l.gone:
		return true
	default:
		return false
	}
}

func (l *link) cut() {
	l.once.Do(func() {
		close(l.gone)
		_ = l.conn.SetDeadline(time.Now())
		_ = l.conn.Close()
	})
}

func (l *link) packet(p packets.ControlPacket) error {
	l.write.Lock()
	defer l.write.Unlock()
	return p.Write(l.conn)
}

// raw writes bytes as they are.
func (l *link) raw(b []byte) error {
	l.write.Lock()
	defer l.write.Unlock()
	_ = l.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	_, err := l.conn.Write(b)
	return err
}

var errGone = errors.New("the device ended the connection")

// delivered waits until the device has taken a message in.
func (l *link) delivered(id uint16) error {
	late := time.After(10 * time.Second)
	for {
		select {
		case got := <-l.acked:
			if got == id {
				return nil
			}
		case <-l.gone:
			return errGone
		case <-late:
			return nil // it took it and did not say so
		}
	}
}
