package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"beckmanconnect/cloud/web"
)

// controlFile is the socket in the data folder by which a tool of the same
// account speaks to the process; nobody else may enter that folder.
const controlFile = "control.sock"

// maxSocketPath is what every system takes.
const maxSocketPath = 100

// openControl listens for the tools beside this process. The lock on the data
// is held, so a socket that lies there is of a process that is gone.
func (c *Cloud) openControl() error {
	path := filepath.Join(c.Data, controlFile)
	if len(path) > maxSocketPath {
		c.Log.Warn("the drain verb does not work here: the data folder's path is too long for a socket", "most", maxSocketPath)
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cloud: control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("cloud: control socket: %w", err)
	}
	c.control = l
	return nil
}

// serveControl answers the tools until the socket is closed.
func (c *Cloud) serveControl() {
	if c.control == nil {
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/drain", web.Method(http.MethodPost, func(w http.ResponseWriter, _ *http.Request) {
		web.JSON(w, drainAnswer{(c.Drain.Notice + c.Drain.Limit).Milliseconds()})
		c.leave()
	}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	defer server.Close()
	if err := server.Serve(c.control); !errors.Is(err, net.ErrClosed) {
		c.Log.Error("tools beside this process are not answered any more", "error", err)
	}
}

func (c *Cloud) closeControl() error {
	if c.control == nil {
		return nil
	}
	if err := c.control.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// drainAnswer tells how long it may take.
type drainAnswer struct {
	LimitMS int64 `json:"limit_ms"`
}

// AskToDrain tells the cloud that runs with this configuration to drain and
// stop, and returns when it has gone. begun is told how long that may take.
func AskToDrain(ctx context.Context, c Config, begun func(time.Duration)) error {
	path := filepath.Join(c.Data, controlFile)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}, Timeout: 10 * time.Second}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/drain", nil)
	if err != nil {
		return fmt.Errorf("cloud: drain: %w", err)
	}
	reply, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("cloud: drain: no cloud runs with this configuration, or another account's: %w", err)
	}
	defer reply.Body.Close()
	var answer drainAnswer
	if err := json.NewDecoder(reply.Body).Decode(&answer); err != nil {
		return fmt.Errorf("cloud: drain: %w", err)
	}
	begun(time.Duration(answer.LimitMS) * time.Millisecond)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := dial(ctx, "", "")
		if err != nil {
			return ctx.Err() // nil: it has gone
		}
		_ = conn.Close()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
