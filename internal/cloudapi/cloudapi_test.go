package cloudapi

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTopicsBelongToOneDevice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := DeviceID(rapid.SliceOf(rapid.Byte()).Draw(t, "key"))
		if got := DeviceOfEvents(EventsTopic(id)); got != id {
			t.Fatalf("events topic of %q names %q", id, got)
		}
		if !strings.HasPrefix(DeviceBoundTopic(id), strings.TrimSuffix(DeviceBoundFilter(id), "#")) {
			t.Fatal("a device's filter does not match its topic")
		}
	})
	for _, topic := range []string{"", "devices/", "devices/x", "devices/x/messages/devicebound/", "device/x/messages/events/", "$SYS/x"} {
		if id := DeviceOfEvents(topic); id != "" {
			t.Errorf("%q names device %q", topic, id)
		}
	}
}
