//go:build !js

package channel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// RelayRefused is the relay's answer other than "come in".
type RelayRefused struct{ Status int }

func (r *RelayRefused) Error() string {
	return fmt.Sprintf("channel: the relay answered %d %s", r.Status, http.StatusText(r.Status))
}

// DialRelay opens a WebSocket to the relay, as a stream for Host or Engineer.
// ctx bounds the dialling only. Proxies are taken from the environment.
func DialRelay(ctx context.Context, url string, tlsConfig *tls.Config, header http.Header) (net.Conn, error) {
	client := &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			TLSClientConfig:     tlsConfig,
			TLSHandshakeTimeout: 15 * time.Second,
			DisableKeepAlives:   true,
		},
		// A redirect would carry credentials to an address nobody set.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return DialRelayBy(ctx, url, client, header)
}

// DialRelayBy is DialRelay with the caller's own way out, which follows no
// redirect.
func DialRelayBy(ctx context.Context, url string, client *http.Client, header http.Header) (net.Conn, error) {
	ws, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient: client, HTTPHeader: header, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return nil, errors.Join(&RelayRefused{Status: resp.StatusCode}, err)
		}
		return nil, fmt.Errorf("channel: dial relay: %w", err)
	}
	return NetConn(ctx, ws), nil
}

func keepAlive(ctx context.Context, ws *websocket.Conn) {
	go func() {
		tick := time.NewTicker(pingEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			ping, cancel := context.WithTimeout(ctx, pingTimeout)
			err := ws.Ping(ping)
			cancel()
			if err != nil {
				ws.CloseNow()
				return
			}
		}
	}()
}
