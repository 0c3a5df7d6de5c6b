//go:build !production

package window

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/sample"
)

// P7, C4: on a real screen a notification that is raised shows by itself and is
// told as seen; a click opens its page, another acknowledges it, its history
// says so, and Escape leads back to a list without it.
func TestRealAlarmFromRaiseToHistory(t *testing.T) {
	w := startReal(t)
	a := &alarms{all: sample.Notifications()}
	a.answer(w.service.Host)
	w.until("the window", func() bool { _, ok := w.part("notifications.list"); return ok })

	n := proto.CloneOf(sample.Everything()[2]) // 27
	n.SeenUnixMs = 0
	w.service.Hub.Publish(a.raise(n))
	w.until("the row", func() bool { _, ok := w.part("notification.27"); return ok })
	w.until("it is told as seen", func() bool {
		for _, c := range w.service.Host.Calls("SeenNotifications") {
			if slices.Contains(c.Request.(*hostpb.SeenNotificationsRequest).GetIds(), 27) {
				return true
			}
		}
		return false
	})
	w.until("its page", func() bool {
		if row, ok := w.part("notification.27"); ok {
			w.click(w.outer, row)
		}
		_, ok := w.part("notification.27.page")
		return ok
	})
	acknowledge, ok := w.part("notification.27.acknowledge")
	if !ok {
		t.Fatal("its page has no way to acknowledge it")
	}
	w.click(w.outer, acknowledge)
	w.until("it is acknowledged", func() bool { return len(w.service.Host.Calls("AcknowledgeNotification")) == 1 })
	w.until("its history is got anew", func() bool { return len(w.service.Host.Calls("GetNotification")) > 1 })
	w.until("its history", func() bool { _, ok := w.part("notification.history"); return ok })
	w.until("the list again", func() bool {
		key := "Escape"
		if _, past := w.part("home.call"); past { // pressed again before the list was drawn
			key = "ctrl+2"
		}
		w.on(w.outer, "key", key, "sleep", "0.2")
		_, ok := w.part("notifications.list")
		return ok
	})
	if _, ok := w.part("notification.27"); ok {
		t.Error("it is still listed as open")
	}
	if r := w.service.Host.Calls("AcknowledgeNotification")[0].Request.(*hostpb.AcknowledgeNotificationRequest); r.GetId() != 27 {
		t.Errorf("acknowledged %v", r)
	}
}
