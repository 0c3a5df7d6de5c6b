package upgrade

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
)

// Health is how the service is, as it says itself.
type Health struct {
	Version  string `json:"version,omitempty"`  // "": it did not answer
	Writable bool   `json:"writable,omitempty"` // its store is open and takes entries
	Online   bool   `json:"online,omitempty"`   // its link to the cloud is up
	Life     uint64 `json:"-"`                  // another number for another life of the service
	Trays    string `json:"-"`                  // what is wrong with its trays: they end again and again; "": nothing
}

// Service is the service whose upgrade this is.
type Service interface {
	// Ask returns how the service is. It is an error while it does not answer.
	Ask(ctx context.Context) (Health, error)
}

// askTime bounds one question to the service.
const askTime = 3 * time.Second

// hostService asks the service on its pipe. The connection is kept: that it
// broke is how an end of the service shows, however fast it is back.
type hostService struct {
	socket, version string
	lives           atomic.Uint64 // pipes opened

	mu     sync.Mutex
	client *client.Client
}

func newHostService(socket, version string) *hostService {
	return &hostService{socket: socket, version: version}
}

// Ask implements Service. It answers once its store is open and its parts are
// made.
func (h *hostService) Ask(ctx context.Context) (Health, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if h.client == nil {
		c, err := client.Dial(ctx, client.Config{Socket: h.socket, Program: protocol.Upgrade, Version: h.version, DialPipe: h.dial})
		if err != nil {
			return Health{}, err
		}
		h.client = c
	}
	status, err := h.client.Host.GetStatus(ctx, &hostpb.GetStatusRequest{})
	if err != nil {
		// A service that is only slow has not ended: the connection stays.
		// After any other failure the next question makes one of its own,
		// without the pauses that gRPC would make before it tries again.
		if code := client.Code(err); code != protocol.CodeTimeout && code != protocol.CodeCancelled {
			_ = h.client.Close()
			h.client = nil
		}
		return Health{}, err
	}
	return Health{
		Version: status.GetVersion(), Writable: status.GetLog().GetWritable(), Online: status.GetLink() == hostpb.Link_LINK_ONLINE,
		Life: h.lives.Load(), Trays: trayTrouble(status),
	}, nil
}

func trayTrouble(s *hostpb.Status) string {
	for _, c := range s.GetComponents() {
		if c.GetName() == protocol.ComponentTray {
			return c.GetDetail()
		}
	}
	return ""
}

func (h *hostService) dial(ctx context.Context) (net.Conn, error) {
	conn, err := pipe.Dial(ctx, pipe.DialConfig{Path: h.socket})
	if err == nil {
		h.lives.Add(1)
	}
	return conn, err
}

// Close ends the connection.
func (h *hostService) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.client != nil {
		_ = h.client.Close()
		h.client = nil
	}
}
