package broker

import (
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cloudapi"
)

// Send publishes to a device. What is for a device that is not connected is
// lost: what must arrive is kept, and sent when it comes (Config.Waiting).
func (b *Broker) Send(device, kind string, body any) error {
	return b.send(device, "", kind, body)
}

func (b *Broker) send(device, properties, kind string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("broker: send: %w", err)
	}
	payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: kind, Time: b.Now().UnixMilli(), Body: text})
	if err != nil {
		return fmt.Errorf("broker: send: %w", err)
	}
	if err := b.engine.publish(cloudapi.DeviceBoundTopic(device)+properties, payload); err != nil {
		return fmt.Errorf("broker: send: %w", err)
	}
	return nil
}

// heard: a device has subscribed. Now it can hear the time, and what the vendor
// switched off and revoked, and what waits for it.
func (b *Broker) heard(device string) {
	b.sendTime(device)
	b.sendPolicy(device)
	b.sendMessages(device)
}

// sendTime sends the signed time, the only time a device keeps as trusted.
func (b *Broker) sendTime(device string) {
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("beckmanconnect time\n%d\n", b.Now().Unix())}, b.Time)
	if err == nil {
		err = b.Send(device, cloudapi.KindTime, cloudapi.SignedTime{Note: string(signed)})
	}
	if err != nil {
		b.Log.Error("signed time not sent", "device", device, "error", err)
	}
}

// sendPolicy sends the vendor's policy, where there is one.
func (b *Broker) sendPolicy(device string) {
	signed := b.Policy()
	if signed == "" {
		return
	}
	if err := b.Send(device, cloudapi.KindPolicy, cloudapi.VendorPolicy{Note: signed}); err != nil {
		b.Log.Error("vendor policy not sent", "device", device, "error", err)
	}
}

// TellPolicy sends the vendor's policy to every device that is connected here:
// it has changed. The others get it when they come, and each node looks after
// its own.
func (b *Broker) TellPolicy() {
	for _, device := range b.connected() {
		b.sendPolicy(device)
	}
}

// tellTime repeats the signed time to devices that stay connected for long.
func (b *Broker) tellTime() {
	tick := time.NewTicker(timeEvery)
	defer tick.Stop()
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-tick.C:
		}
		for _, device := range b.connected() {
			b.sendTime(device)
		}
	}
}
