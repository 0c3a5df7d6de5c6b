package stage

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // the cloud's database, read from beside

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

// The service starts, runs, publishes and stops with the cloud absent; what
// was raised meanwhile is delivered when the cloud comes.
func TestTheCloudIsAbsent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serviceUp()
	events := s.watch(protocol.Tray)
	raised := s.raise("sample-syringe-worn")
	s.event(events, "the notification", func(e *hostpb.Event) bool { return e.GetNotification().GetId() == raised.Id })
	s.acknowledge(raised)
	s.acceptTerms()
	if _, err := try(s, hostpb.HostClient.Register, form); err == nil || len(err.Error()) < 20 || strings.Contains(err.Error(), "\n") {
		t.Errorf("registered without a cloud, or no line that says why: %v", err)
	}
	if _, err := try(s, hostpb.HostClient.RequestHelp, &hostpb.RequestHelpRequest{TechnicianCalled: true}); err == nil {
		t.Error("help was asked for where nobody can come")
	}
	before := time.Now()
	s.Service.Stop(8 * time.Second)
	if took := time.Since(before); took >= 8*time.Second {
		t.Errorf("the service did not stop by itself (%v)", took)
	}
	s.proven()

	s.serviceUp()
	s.raise("sample-reagent-low")
	s.h.cloudUp(t, s.ctx)
	ask(s, hostpb.HostClient.Register, form)
	d := s.h.signIn(t, s.ctx)
	s.delivered(d, map[string]string{"sample-syringe-worn": "acknowledged", "sample-reagent-low": "raised"})
}

// Registered, then the cloud goes away while things happen, and the service is
// killed, too: each of them is delivered once and in order (scenario 43).
func TestTheCloudWasAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cloud := s.h.cloudUp(t, s.ctx)
	s.serviceUp()
	s.register()
	until(t, s.ctx, "the link", func() (bool, error) { return s.status().GetLink() == hostpb.Link_LINK_ONLINE, nil })
	crash(cloud)
	until(t, s.ctx, "the link's end", func() (bool, error) { return s.status().GetLink() != hostpb.Link_LINK_ONLINE, nil })

	want := map[string]string{}
	for i := range 4 {
		code := []string{"sample-syringe-worn", "sample-reagent-low", "sample-temperature-out-of-range"}[i%3]
		if i < 3 {
			s.acknowledge(s.raise(code))
			want[code] = "acknowledged"
		}
		help := s.requestHelp()
		ask(s, hostpb.HostClient.CancelHelp, &hostpb.CancelHelpRequest{RequestId: help.RequestId})
	}
	crash(s.Service)
	s.serviceUp()
	s.want(hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED, "sample-syringe-worn", "sample-reagent-low", "sample-temperature-out-of-range")

	cloud = s.h.cloudUp(t, s.ctx)
	d := s.h.signIn(t, s.ctx)
	s.delivered(d, want)
	// Killed and started once more: nothing is sent again to any effect.
	crash(cloud)
	s.h.cloudUp(t, s.ctx)
	crash(s.Service)
	s.serviceUp()
	s.raise("sample-instrument-fault")
	want["sample-instrument-fault"] = "raised"
	s.delivered(d, want)
	s.inOrder(4)
	s.proven()
}

// delivered waits until the cloud knows exactly these notifications, each once
// and in its last state.
func (s *site) delivered(d *desk, want map[string]string) {
	s.t.Helper()
	id := s.status().GetRegistration().GetDeviceId()
	until(s.t, s.ctx, fmt.Sprintf("%v in the cloud", want), func() (bool, error) {
		var list []cloudapi.Notification
		if err := d.get(cloudapi.PathAlarms+"?device="+id, &list); err != nil {
			return false, err
		}
		seen := map[string]string{}
		for _, n := range list {
			if seen[n.Code] != "" || n.Count != 1 {
				return false, fmt.Errorf("%s is there twice", n.Code)
			}
			seen[n.Code] = n.State
		}
		for code, state := range want {
			if seen[code] != state {
				return false, fmt.Errorf("%v", seen)
			}
		}
		return len(seen) == len(want), fmt.Errorf("%v", seen)
	})
}

// inOrder reads the cloud's session log: so many requests, each with its
// events once, in the order of the device.
func (s *site) inOrder(requests int) {
	s.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.h.dir("cloud", "cloud.db")+"?mode=ro")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(s.ctx, "SELECT request, kind, time_ms FROM session_events ORDER BY id")
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	var order, all []string
	last := int64(0)
	for rows.Next() {
		var request, kind string
		var at int64
		if err := rows.Scan(&request, &kind, &at); err != nil {
			s.t.Fatal(err)
		}
		if at < last {
			s.t.Errorf("%s of %s came after what happened later", kind, request)
		}
		last = at
		if slices.Contains(all, request+" "+kind) {
			s.t.Errorf("%s of %s came twice", kind, request)
		}
		all = append(all, request+" "+kind)
		if !slices.Contains(order, request) {
			order = append(order, request)
		}
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	if len(order) != requests {
		s.t.Errorf("%d requests in the session log, want %d: %v", len(order), requests, all)
	}
}
