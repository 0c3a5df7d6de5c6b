package iothub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/go-amqp"
)

// Links of the service, as documented.
const (
	linkDown     = "/messages/devicebound"
	linkFeedback = "/messages/serviceBound/feedback"
)

const (
	contentFeedback = "application/vnd.microsoft.iothub.feedback.json"
	maxFeedback     = 256 << 10
	feedbackAtOnce  = 20
)

// service is one connection to the hub itself.
type service struct {
	conn     *amqp.Conn
	down     *amqp.Sender
	feedback *amqp.Receiver
}

// serve holds a connection until it fails, or its token is old. The next one
// is there before it is closed.
func (h *Hub) serve(ctx context.Context) error {
	s, err := h.openService(ctx)
	if err != nil {
		return err
	}
	if before := h.service.Swap(s); before != nil {
		before.conn.Close()
	} else {
		h.Log.Info("the IoT Hub is there", "hub", h.Host)
	}
	ctx, cancel := context.WithTimeout(ctx, h.RenewAt)
	defer cancel()
	err = h.hearFeedback(ctx, s)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil // serve is called again, and closes this one
	}
	h.service.CompareAndSwap(s, nil)
	s.conn.Close()
	return err
}

func (h *Hub) openService(ctx context.Context) (*service, error) {
	token, err := h.token(name(h.Host), h.Now().Add(tokenLife))
	if err != nil {
		return nil, err
	}
	hub, _, _ := strings.Cut(name(h.Host), ".")
	s := &service{}
	if s.conn, err = h.dial(ctx, h.Host, amqp.SASLTypePlain(h.Policy+"@sas.root."+hub, token)); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	session, err := s.conn.NewSession(ctx, nil)
	if err == nil {
		s.down, err = session.NewSender(ctx, linkDown, nil)
	}
	if err == nil {
		s.feedback, err = session.NewReceiver(ctx, linkFeedback, &amqp.ReceiverOptions{Credit: feedbackAtOnce, MaxMessageSize: maxFeedback})
	}
	if err != nil {
		s.conn.Close()
		return nil, fmt.Errorf("iothub: links of the service: %w", err)
	}
	return s, nil
}

// Send sends to a device. With an id, the device's having taken it is told to
// Handler.Delivered; without one nobody asks. After life the hub drops it.
func (h *Hub) Send(ctx context.Context, device, id string, payload []byte, life time.Duration) error {
	if len(payload) > maxDownwards {
		return fmt.Errorf("iothub: send: %d bytes are more than a hub takes for a device", len(payload))
	}
	to, expires := "/devices/"+device+linkDown, h.Now().Add(life)
	m := &amqp.Message{
		Header:     &amqp.MessageHeader{Durable: true},
		Properties: &amqp.MessageProperties{To: &to, AbsoluteExpiryTime: &expires},
		Data:       [][]byte{payload},
	}
	if id != "" {
		m.Properties.MessageID = id
		m.ApplicationProperties = map[string]any{"iothub-ack": "positive"}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for pause := h.Retry; ; pause *= 2 {
		s := h.service.Load()
		if s == nil {
			return ErrAway
		}
		err := s.down.Send(ctx, m, nil)
		if err == nil {
			return nil
		}
		// A hub refuses more than its units allow in a second, and a new connection
		// may have taken over meanwhile.
		refused := new(amqp.Error)
		if !errors.As(err, &refused) && h.service.Load() == s || refused.Condition == amqp.ErrCondNotFound || !sleep(ctx, pause) {
			return fmt.Errorf("iothub: send: %w", err)
		}
	}
}

// hearFeedback takes what the hub says of messages that were sent.
func (h *Hub) hearFeedback(ctx context.Context, s *service) error {
	for {
		m, err := s.feedback.Receive(ctx, nil)
		if err != nil {
			return fmt.Errorf("iothub: feedback: %w", err)
		}
		settle := s.feedback.AcceptMessage
		if err := h.feedback(ctx, m); err != nil {
			h.Log.Error("feedback of the IoT Hub is not stored; it comes again", "error", err)
			settle = s.feedback.ReleaseMessage
			if !sleep(ctx, h.Retry) {
				return nil
			}
		}
		if err := settle(ctx, m); err != nil {
			return fmt.Errorf("iothub: feedback: %w", err)
		}
	}
}

func (h *Hub) feedback(ctx context.Context, m *amqp.Message) error {
	if m.Properties == nil || m.Properties.ContentType == nil || *m.Properties.ContentType != contentFeedback {
		return nil
	}
	if n := size(m.Data); n > maxFeedback {
		h.Log.Error("feedback of the IoT Hub is too large; it is passed over", "bytes", n)
		return nil
	}
	var records []struct {
		ID     string `json:"originalMessageId"`
		Device string `json:"deviceId"`
		Status string `json:"statusCode"`
	}
	if err := json.Unmarshal(join(m.Data), &records); err != nil {
		h.Log.Error("feedback of the IoT Hub cannot be read", "error", err)
		return nil
	}
	for _, r := range records {
		if r.Status != "Success" || r.ID == "" || r.Device == "" {
			continue
		}
		if err := h.Handler.Delivered(ctx, r.Device, r.ID); err != nil {
			return err
		}
	}
	return nil
}

func size(parts [][]byte) (n int) {
	for _, p := range parts {
		n += len(p)
	}
	return n
}

func join(parts [][]byte) []byte {
	if len(parts) == 1 {
		return parts[0]
	}
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}
