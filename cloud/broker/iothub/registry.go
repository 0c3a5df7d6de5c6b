package iothub

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	apiVersion  = "2021-04-12"
	maxIdentity = 64 << 10
	// reason is written beside the status of a device that was switched off here:
	// no other one is ever switched on.
	reason = "switched off by BeckmanConnect"
)

// client speaks to the hub's registry, and to no other host.
func (h *Hub) client() *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			TLSClientConfig: h.tls(h.Host), TLSHandshakeTimeout: timeout, IdleConnTimeout: time.Minute,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{Timeout: timeout}).DialContext(ctx, network, address(h.Host, "443"))
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Switch has a device switched on or off in the hub's registry, soon, and tried
// again until it is: one that is off is cut and let in no more. It is switched
// on only if it was here that it was switched off.
func (h *Hub) Switch(device string, on bool) {
	h.mu.Lock()
	h.switches[device] = on
	h.mu.Unlock()
	select {
	case h.wanted <- struct{}{}:
	default:
	}
}

// switching does what Switch is asked for, until Close.
func (h *Hub) switching() {
	pause := h.Retry
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.wanted:
		}
		h.mu.Lock()
		todo := make(map[string]bool, len(h.switches))
		for device, on := range h.switches {
			todo[device] = on
		}
		h.mu.Unlock()
		failed := false
		for device, on := range todo {
			if err := h.switchNow(h.ctx, device, on); err != nil {
				if h.ctx.Err() != nil {
					return
				}
				failed = true
				h.Log.Error("a device is not switched in the IoT Hub; it is tried again", "device", device, "on", on, "error", err)
				continue
			}
			h.mu.Lock()
			if h.switches[device] == on {
				delete(h.switches, device)
			}
			h.mu.Unlock()
		}
		if !failed {
			pause = h.Retry
			continue
		}
		if !sleep(h.ctx, pause) {
			return
		}
		pause = min(2*pause, h.RetryMax)
		select {
		case h.wanted <- struct{}{}:
		default:
		}
	}
}

// switchNow reads a device's identity and writes it back with another status,
// if nobody changed it meanwhile.
func (h *Hub) switchNow(ctx context.Context, device string, on bool) error {
	identity, code, err := h.identity(ctx, http.MethodGet, device, nil)
	if err != nil {
		return err
	}
	if code == http.StatusNotFound {
		return nil // it cannot come in
	}
	if code != http.StatusOK {
		return fmt.Errorf("iothub: registry: it answers %d", code)
	}
	want := map[bool]string{false: "disabled", true: "enabled"}[on]
	if identity["status"] == want || on && identity["statusReason"] != reason {
		return nil
	}
	identity["status"], identity["statusReason"] = want, reason
	if on {
		identity["statusReason"] = ""
	}
	if _, code, err = h.identity(ctx, http.MethodPut, device, identity); err != nil {
		return err
	}
	if code != http.StatusOK {
		return fmt.Errorf("iothub: registry: it answers %d", code)
	}
	h.Log.Warn("device switched in the IoT Hub", "device", device, "on", on)
	return nil
}

func (h *Hub) identity(ctx context.Context, method, device string, send map[string]any) (map[string]any, int, error) {
	token, err := h.token(name(h.Host), h.Now().Add(tokenLife))
	if err != nil {
		return nil, 0, err
	}
	var body []byte
	if send != nil {
		if body, err = json.Marshal(send); err != nil {
			return nil, 0, fmt.Errorf("iothub: registry: %w", err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, "https://"+h.Host+"/devices/"+url.PathEscape(device)+"?api-version="+apiVersion, bytes.NewReader(body))
	if err != nil {
		return nil, 0, fmt.Errorf("iothub: registry: %w", err)
	}
	r.Header.Set("Authorization", token)
	if send != nil {
		r.Header.Set("Content-Type", "application/json")
		etag, _ := send["etag"].(string)
		r.Header.Set("If-Match", `"`+etag+`"`)
	}
	resp, err := h.http.Do(r)
	if err != nil {
		return nil, 0, fmt.Errorf("iothub: registry: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxIdentity))
	if err != nil {
		return nil, 0, fmt.Errorf("iothub: registry: %w", err)
	}
	var got map[string]any
	if resp.StatusCode == http.StatusOK {
		if err := json.Unmarshal(text, &got); err != nil {
			return nil, 0, fmt.Errorf("iothub: registry: %w", err)
		}
	}
	return got, resp.StatusCode, nil
}
