package iothub

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/Azure/go-amqp"
)

// asker sends requests to a node of the peer, such as "$cbs", and hears the
// answers. One at a time.
type asker struct {
	sender   *amqp.Sender
	receiver *amqp.Receiver
	self     string
}

func newAsker(ctx context.Context, s *amqp.Session, node string) (*asker, error) {
	a := &asker{self: "beckmanconnect-" + rand.Text()}
	var err error
	if a.sender, err = s.NewSender(ctx, node, nil); err != nil {
		return nil, fmt.Errorf("iothub: %s: %w", node, err)
	}
	if a.receiver, err = s.NewReceiver(ctx, node, &amqp.ReceiverOptions{TargetAddress: a.self, Credit: 10}); err != nil {
		return nil, fmt.Errorf("iothub: %s: %w", node, err)
	}
	return a, nil
}

// ask gives what the peer answers, and an error where it refuses.
func (a *asker) ask(ctx context.Context, value any, properties map[string]any) (any, error) {
	id := rand.Text()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := a.sender.Send(ctx, &amqp.Message{Properties: &amqp.MessageProperties{MessageID: id, ReplyTo: &a.self}, ApplicationProperties: properties, Value: value}, nil)
	if err != nil {
		return nil, err
	}
	for {
		m, err := a.receiver.Receive(ctx, nil)
		if err != nil {
			return nil, err
		}
		if err := a.receiver.AcceptMessage(ctx, m); err != nil {
			return nil, err
		}
		if m.Properties == nil || m.Properties.CorrelationID != id {
			continue // an answer that came too late
		}
		code, text := status(m)
		if code < 200 || code >= 300 {
			return nil, fmt.Errorf("refused with %d: %s", code, text)
		}
		return m.Value, nil
	}
}

// status is written in one of two ways.
func status(m *amqp.Message) (int32, string) {
	for _, names := range [][2]string{{"status-code", "status-description"}, {"statusCode", "statusDescription"}} {
		if code, ok := m.ApplicationProperties[names[0]].(int32); ok {
			text, _ := m.ApplicationProperties[names[1]].(string)
			return code, text
		}
	}
	return 0, "it gives no status"
}

// claims shows tokens on a connection.
type claims struct {
	*asker
	hub   *Hub
	until time.Time
}

// put shows a token for what stands below the events' host.
func (c *claims) put(ctx context.Context, path string) error {
	audience := "amqps://" + name(c.hub.Events) + "/" + path
	token, err := c.hub.token(audience, c.until)
	if err == nil {
		_, err = c.ask(ctx, token, map[string]any{
			"operation": "put-token", "type": "servicebus.windows.net:sastoken", "name": audience, "expiration": strconv.FormatInt(c.until.Unix(), 10),
		})
	}
	if err != nil {
		return fmt.Errorf("iothub: token for %s: %w", path, err)
	}
	return nil
}

// partitions asks for the names of the stream's partitions.
func (c *claims) partitions(ctx context.Context, s *amqp.Session) ([]string, error) {
	node := c.hub.Name + "/$management"
	if err := c.put(ctx, node); err != nil {
		return nil, err
	}
	a, err := newAsker(ctx, s, node)
	if err != nil {
		return nil, err
	}
	token, err := c.hub.token("amqps://"+name(c.hub.Events)+"/"+node, c.until)
	if err != nil {
		return nil, err
	}
	value, err := a.ask(ctx, nil, map[string]any{"operation": "READ", "name": c.hub.Name, "type": "com.microsoft:eventhub", "security_token": token})
	if err != nil {
		return nil, fmt.Errorf("iothub: partitions: %w", err)
	}
	m, _ := value.(map[string]any)
	list, ok := m["partition_ids"].([]string)
	if !ok || len(list) == 0 {
		return nil, errors.New("iothub: partitions: the answer names none")
	}
	return list, nil
}
