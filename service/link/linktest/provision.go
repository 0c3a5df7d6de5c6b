package linktest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// provision is what makes a Hub the provisioning service.
type provision struct {
	scope string
	hub   string // assigned to everybody
	busy  int    // answers of "assigning" that are still to come
	fail  string // status of the registration in place of "assigned"
}

// NewProvisioning starts a provisioning service that assigns hub after it was
// asked polls times.
func NewProvisioning(t testing.TB, scope, hub string, polls int, devices map[string]Device) *Hub {
	t.Helper()
	h := &Hub{t: t, devices: devices, open: map[*conn]bool{}, provision: &provision{scope: scope, hub: hub, busy: polls}}
	h.start()
	return h
}

// Assign changes what is assigned from now on; status is "assigned", "failed" or
// "disabled".
func (h *Hub) Assign(hub, status string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.provision.hub, h.provision.fail = hub, status
}

// Silence has questions not answered any more.
func (h *Hub) Silence() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.silent = true
}

func (h *Hub) answer(topic, device string, payload []byte) {
	_, query, _ := strings.Cut(topic, "/?")
	values, err := url.ParseQuery(query)
	if err != nil {
		h.violate("request %q", topic)
		return
	}
	h.mu.Lock()
	p, enrolment, silent := h.provision, h.devices[device], h.silent
	hub, fail := p.hub, p.fail
	busy := p.busy > 0
	if busy {
		p.busy--
	}
	h.mu.Unlock()
	if silent {
		return
	}
	if strings.Contains(topic, "/PUT/") {
		var request struct{ RegistrationID string }
		if json.Unmarshal(payload, &request) != nil || request.RegistrationID != device {
			h.violate("registration %q", payload)
		}
	} else if values.Get("operationId") != "op & 1" {
		h.violate("operation %q", values.Get("operationId"))
	}
	state := map[string]any{"registrationId": device, "deviceId": device, "assignedHub": hub, "status": "assigned"}
	body := map[string]any{"operationId": "op & 1", "status": "assigned", "registrationState": state}
	status, after := 200, ""
	switch {
	case busy:
		status, after = 202, "&retry-after=0"
		body = map[string]any{"operationId": "op & 1", "status": "assigning"}
	case enrolment.Disabled:
		body["status"] = "disabled"
		delete(state, "assignedHub")
	case fail != "" && fail != "assigned":
		body["status"] = fail
		delete(state, "assignedHub")
	}
	text, err := json.Marshal(body)
	if err == nil {
		err = h.server.Publish(fmt.Sprintf("$dps/registrations/res/%d/?$rid=%s%s", status, values.Get("$rid"), after), text, false, 1)
	}
	if err != nil {
		h.violate("answer: %v", err)
	}
}
