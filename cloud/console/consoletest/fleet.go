package consoletest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// Answers of the cloud about the fleet: by path, what it says, or a function of the
// request that gives it. A cloudapi.Error is a refusal; nil is a cloud
// that cannot say it.
type Answers map[string]any

// SetAnswers lets the cloud answer these paths so from now on.
func (o *Other) SetAnswers(a Answers) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answers = maps.Clone(a) // the test may change its own
}

// Answers gives a copy of what SetAnswers set.
func (o *Other) Answers() Answers {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.answers)
}

// answer serves the path if there is an answer for it.
func (o *Other) answer(w http.ResponseWriter, r *http.Request) bool {
	o.mu.Lock()
	say, ok := o.answers[r.URL.Path]
	o.mu.Unlock()
	if !ok {
		return false
	}
	if say == nil {
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	if make, ok := say.(func(*http.Request) any); ok {
		say = make(r)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if _, refused := say.(cloudapi.Error); refused {
		w.WriteHeader(http.StatusConflict)
	}
	_ = json.NewEncoder(w).Encode(say)
	return true
}

// Devices makes n instruments, as a large service region has them; every 20th
// has something the matter with it.
func Devices(n int) []cloudapi.Device {
	types := []string{"DxH 900", "DxI 9000", "AU680", "DxFLEX", "Navios EX"}
	names := []string{"Maria Lindqvist", "Jonas Keller", "Ana Souza", "Yuki Tanaka"}
	now := time.Now()
	out := make([]cloudapi.Device, n)
	for i := range out {
		d := cloudapi.Device{
			ID: fmt.Sprintf("bc-fleet-%04d", i), Serial: fmt.Sprintf("AV%05d", 10000+i), Type: types[i%len(types)], Region: "eu", Name: names[i%len(names)],
			Online: i%7 != 0, SinceMS: now.Add(-time.Duration(i+1) * time.Minute).UnixMilli(), Status: cloudapi.Status{Version: "1.4.0", Class: "general"},
		}
		if i%20 == 0 {
			d.Status.Class, d.Status.Open, d.Status.Worst = "patient-data", 2, "high"
		}
		out[i] = d
	}
	return out
}

// FeedRows makes n notifications of the first device's.
func FeedRows(n int) []cloudapi.FeedRow {
	severities, states := []string{"high", "medium", "low", "info"}, []string{"raised", "acknowledged", "cleared", "shelved"}
	now := time.Now()
	out := make([]cloudapi.FeedRow, n)
	for i := range out {
		at := now.Add(-time.Duration(i) * 7 * time.Minute).UnixMilli()
		out[i] = cloudapi.FeedRow{Seq: int64(n - i), Device: DeviceID, Serial: "AV12345", Type: "DxH 900", Region: "eu", Notification: cloudapi.Notification{
			ID: uint64(n - i), Code: fmt.Sprintf("PUMP-%d", 200+i), Severity: severities[i%4], State: states[i/2%4], Subject: "Diluent pump",
			Title: "Pump pressure out of range", Count: 1 + i%3, RaisedMS: at, LastMS: at, Verified: i%5 != 0,
		}}
	}
	if n > 3 {
		out[1].Notification.Members = 12
		out[2].Notification.Escalated = now.UnixMilli()
		out[3].Notification = cloudapi.Notification{Code: "digest", Severity: "medium", State: "digest", RaisedMS: now.UnixMilli()}
		out[3].Digest = &cloudapi.Digest{FromMS: now.Add(-9 * time.Hour).UnixMilli(), ToMS: now.UnixMilli(), Raised: map[string]int{"high": 1, "low": 30}, Open: 4}
	}
	return out
}

// Fleet is a cloud in which everything has something to say.
func Fleet(rows int) Answers {
	now := time.Now()
	var presence []cloudapi.Presence
	for i := range 9 {
		presence = append(presence, cloudapi.Presence{Online: i%2 == 0, AtMS: now.Add(-time.Duration(i*i*5+3) * time.Hour).UnixMilli()})
	}
	text := strings.Repeat("2026-11-26 07:14:09 W pump 204 pressure 1.8 bar below 2.2 bar\n", 120)
	return Answers{
		cloudapi.PathFeed:     cloudapi.FeedPage{Rows: FeedRows(rows)},
		cloudapi.PathPresence: presence,
		cloudapi.PathHelpLogs: cloudapi.HelpLogs{Request: "req-1", SHA256: strings.Repeat("3f9a", 16), Lines: 120, Text: text},
		cloudapi.PathMessage: func(r *http.Request) any {
			if r.Method == http.MethodPost {
				return cloudapi.MessageReply{Devices: 3}
			}
			return []cloudapi.MessageSent{{ID: "m1", By: "Anna Weber", AtMS: now.UnixMilli(), Devices: 3, Delivered: 2, Request: cloudapi.MessageRequest{
				Region: "eu", Severity: "low", Hours: 72, Texts: []cloudapi.MessageText{{Language: "en", Title: "Service on Sunday", Text: "The upgrade service is out of use on Sunday from 2 to 4."}}}}}
		},
	}
}
