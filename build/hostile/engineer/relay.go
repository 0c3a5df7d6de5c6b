package engineer

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	cloudrelay "beckmanconnect/cloud/relay"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/service/relay"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
)

// line is the cloud's own relay behind TLS. It lets every engineer in who
// names an account: what the cloud refuses is no merit of the PC.
type line struct {
	relay  *cloudrelay.Relay
	server *httptest.Server
	kit    *channeltest.Kit
}

func newLine(kit *channeltest.Kit) *line {
	l := &line{kit: kit}
	l.relay = cloudrelay.New(cloudrelay.Config{
		Host: func(_ context.Context, _, device string) (time.Time, error) {
			if device != kit.DeviceID {
				return time.Time{}, cloudrelay.ErrRefused
			}
			return time.Now().Add(time.Hour), nil
		},
		Engineer: func(r *http.Request, _ string) (cloudrelay.Engineer, error) {
			return cloudrelay.Engineer{Account: r.Header.Get("Who")}, nil
		},
		Log: slog.New(slog.DiscardHandler), Now: time.Now, PerDevice: 64, PerStaff: 64,
	})
	l.server = httptest.NewUnstartedServer(l.relay.Handler())
	l.server.Config.ConnContext = web.ConnContext
	l.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	l.server.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: kit.DeviceCA.Pool()}
	l.server.StartTLS()
	return l
}

func (l *line) close() {
	l.server.CloseClientConnections()
	l.relay.Close()
	l.server.Close()
}

func (l *line) tls() *tls.Config {
	return l.server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
}

// dialer is the host's way in, with its device certificate.
func (l *line) dialer() relay.Dialer {
	return relay.CloudDialer{URL: l.server.URL, Client: netdialtest.Client(l.server.URL), TLS: func() *tls.Config {
		c := l.tls()
		c.Certificates = []tls.Certificate{l.kit.Device}
		return c
	}}
}

// dial is an engineer's way in. While the seat is still taken it tries again.
func (l *line) dial(ctx context.Context, request, account string) (net.Conn, error) {
	address := "wss" + strings.TrimPrefix(l.server.URL, "https") + cloudapi.PathRelay + request + "?role=engineer"
	for began := time.Now(); ; {
		conn, err := channel.DialRelay(ctx, address, l.tls(), http.Header{"Who": {account}})
		var refused *channel.RelayRefused
		if err == nil || !errors.As(err, &refused) || refused.Status != http.StatusConflict || time.Since(began) > 10*time.Second {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(2 * time.Millisecond): // the one before is leaving
		}
	}
}
