package iothub

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/Azure/go-amqp"
)

// What the hub writes on what it passes on. A device sets none of it.
const (
	annotationDevice = "iothub-connection-device-id"
	annotationModule = "iothub-connection-module-id"
	annotationSource = "iothub-message-source"
)

// Sources of what is in the stream.
const (
	sourceDevice     = "Telemetry"
	sourceConnection = "deviceConnectionStateEvents"
)

const maxNumber = 64 // digits of a connection's number

// event takes one message of the stream. What is none of ours is passed over.
func (h *Hub) event(ctx context.Context, partition string, m *amqp.Message) error {
	device, _ := m.Annotations[annotationDevice].(string)
	module, _ := m.Annotations[annotationModule].(string)
	source, _ := m.Annotations[annotationSource].(string)
	if device == "" || module != "" {
		return nil
	}
	// Where the hub names no limit of its own the link has none (go-amqp 1.7).
	if n := size(m.Data); n > maxMessage {
		h.Log.Error("a message of the IoT Hub is larger than a device's can be; it is passed over", "device", device, "bytes", n)
		return nil
	}
	switch {
	case source == "" || strings.EqualFold(source, sourceDevice):
		return h.Handler.Message(ctx, Message{Device: device, Partition: partition, Payload: join(m.Data)})
	case strings.EqualFold(source, sourceConnection):
		return h.connection(ctx, partition, device, m)
	}
	return nil
}

func (h *Hub) connection(ctx context.Context, partition, device string, m *amqp.Message) error {
	operation, _ := m.ApplicationProperties["opType"].(string)
	if operation != "deviceConnected" && operation != "deviceDisconnected" {
		return nil
	}
	var body struct {
		Number string `json:"sequenceNumber"`
	}
	if err := json.Unmarshal(join(m.Data), &body); err != nil || body.Number == "" || len(body.Number) > maxNumber {
		h.Log.Error("the IoT Hub's word of a connection cannot be read", "device", device, "error", err)
		return nil
	}
	// Of one length, so that texts compare as numbers do.
	number := strings.ToUpper(strings.Repeat("0", maxNumber-len(body.Number)) + body.Number)
	return h.Handler.Connection(ctx, Connection{Device: device, Partition: partition, On: operation == "deviceConnected", Number: number})
}
