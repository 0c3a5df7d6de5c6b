package cloud_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/cloud"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/vendormessage"
)

func helpLogs(request, text string) cloudapi.HelpLogs {
	sum := sha256.Sum256([]byte(text))
	return cloudapi.HelpLogs{Request: request, SHA256: hex.EncodeToString(sum[:]), Lines: strings.Count(text, "\n") + 1, Text: text}
}

// until asks again until the answer is good; the broker's own time is not the
// test's.
func until(t *testing.T, what string, good func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !good(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}

func TestFeedOverTheWire(t *testing.T) { // P13, P16, P20
	r := start(t)
	d := r.register(t)
	l := d.connect(t)
	n := alarm(1)
	n.State, n.ShelvedUntil, n.Chatters, n.Sample = "shelved", time.Now().Add(time.Hour).UnixMilli(), true, true
	l.say(d.id, cloudapi.KindDigest, "e", 1, cloudapi.Digest{FromMS: 5, ToMS: 9, Raised: map[string]int{"high": 2}, Open: 1, Waiting: 4})
	l.say(d.id, cloudapi.KindNotification, "e", 2, n)
	l.say(d.id, cloudapi.KindNotification, "e", 3, alarm(20))
	ask := func(who []string, query string) (cloudapi.FeedPage, int) {
		t.Helper()
		var page cloudapi.FeedPage
		status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathFeed+query, &page, who...)
		return page, status
	}
	annas, carls := r.bearer(t, anna), r.bearer(t, carl)
	page, status := ask(annas, "")
	if status != http.StatusOK || len(page.Rows) != 3 || page.Rows[0].Notification.ID != 20 || page.Rows[2].Digest == nil || page.Rows[2].Digest.Waiting != 4 {
		t.Fatalf("%d %+v", status, page)
	}
	got := page.Rows[1]
	if got.Serial != "BX12345" || got.Region != "eu" || got.Device != d.id || got.Notification != n {
		t.Errorf("%+v", got)
	}
	for query, want := range map[string]int{
		"?severity=high": 3, "?severity=low,info": 0, "?state=shelved": 1, "?state=raised,shelved": 2, "?state=digest": 1, "?region=eu": 3, "?region=us": 0, "?region=%2a": 0,
		"?text=pump": 2, "?text=BX12": 3, "?text=nothing": 0, "?device=" + d.id: 3, "?device=bc-0000000000000000": 0, "?before=1": 0,
	} {
		if page, status := ask(annas, query); status != http.StatusOK || len(page.Rows) != want || page.Rows == nil {
			t.Errorf("%s: %d, %d rows, want %d", query, status, len(page.Rows), want)
		}
		// Another region's staff reads nothing, whatever is asked.
		if page, status := ask(carls, query); status != http.StatusOK || len(page.Rows) != 0 {
			t.Errorf("staff of another region, %s: %d %+v", query, status, page)
		}
	}
	members := "?members=" + json.Number(mustJSON(t, page.Rows[2].Seq)).String()
	if page, status := ask(annas, members); status != http.StatusOK || len(page.Rows) != 0 {
		t.Errorf("%d %+v", status, page)
	}
	if _, status := ask(carls, members); status != http.StatusNotFound {
		t.Errorf("staff of another region reads what is folded: %d", status)
	}
	for _, query := range []string{"?severity=deadly", "?state=granted", "?before=x", "?before=-1", "?members=0", "?text=" + strings.Repeat("x", 101), "?text=%ff"} {
		if _, status := ask(annas, query); status != http.StatusBadRequest {
			t.Errorf("%s: %d", query, status)
		}
	}
	if _, status := ask(nil, ""); status != http.StatusUnauthorized {
		t.Errorf("nobody reads: %d", status)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPresenceOverTheWire(t *testing.T) { // P14, P20
	r := start(t)
	d := r.register(t)
	d.connect(t)
	path := r.BaseURL() + cloudapi.PathPresence + "?device=" + d.id
	annas := r.bearer(t, anna)
	until(t, "online", func() bool {
		var list []cloudapi.Presence
		status, _ := get(t, r.client(), path, &list, annas...)
		return status == http.StatusOK && len(list) == 1 && list[0].Online
	})
	for who, want := range map[string]int{carl: http.StatusNotFound} {
		if status, _ := get(t, r.client(), path, nil, r.bearer(t, who)...); status != want {
			t.Errorf("%s: %d", who, status)
		}
	}
	if status, _ := get(t, r.client(), path, nil); status != http.StatusUnauthorized {
		t.Errorf("nobody: %d", status)
	}
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathPresence+"?device=bc-1", nil, annas...); status != http.StatusNotFound {
		t.Errorf("an unknown device: %d", status)
	}
}

// A link that dies without a word is noticed by its silence (P13).
func TestCutConnectionIsNoticed(t *testing.T) {
	r := start(t)
	d := r.register(t)
	ws, _, err := websocket.Dial(t.Context(), "wss"+strings.TrimPrefix(r.BaseURL(), "https")+cloudapi.PathMQTT,
		&websocket.DialOptions{HTTPClient: r.client(d.cert), Subprotocols: []string{"mqtt"}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	// CONNECT with a keep-alive of a second, and then nothing more: no ping, no
	// farewell, the socket stays open.
	connect := append([]byte{0x10, byte(12 + len(d.id)), 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 1, 0, byte(len(d.id))}, d.id...)
	if err := ws.Write(t.Context(), websocket.MessageBinary, connect); err != nil {
		t.Fatal(err)
	}
	online := func() bool {
		rec, err := r.DB().Device(t.Context(), d.id)
		if err != nil {
			t.Fatal(err)
		}
		return rec.Online
	}
	until(t, "online", online)
	until(t, "offline", func() bool { return !online() })
}

func TestHelpLogsOverTheWire(t *testing.T) { // B8, P16, P20
	r := start(t)
	d, other := r.register(t), r.register(t)
	l, o := d.connect(t), other.connect(t)
	req := waiting("req-1")
	req.AlarmCode, req.Version, req.Profile, req.HasLogs = "PUMP-204", "1.4.0", "dxh-900 7 (sample)", true
	l.say(d.id, cloudapi.KindRequest, "e", 1, req)
	annas := r.bearer(t, anna)
	listed := func() cloudapi.Request {
		t.Helper()
		var list []cloudapi.Request
		if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathRequests, &list, annas...); status != http.StatusOK || len(list) != 1 {
			t.Fatalf("%d %+v", status, list)
		}
		return list[0]
	}
	if got := listed(); got.HasLogs || got.Version != "1.4.0" || got.Profile != "dxh-900 7 (sample)" || got.AlarmCode != "PUMP-204" {
		t.Errorf("before its logs: %+v", got)
	}
	const text = "2026-11-26 10:00:00 pump\tpressure 3.2 bar\nname [hidden]\n<script>alert(1)</script> größer"
	o.say(other.id, cloudapi.KindHelpLogs, "e", 1, helpLogs("req-1", "of another device")) // no effect
	l.say(d.id, cloudapi.KindHelpLogs, "e", 2, helpLogs("req-1", text))
	l.say(d.id, cloudapi.KindHelpLogs, "e", 3, helpLogs("req-1", "others, later")) // the first ones are those that were looked at
	if !listed().HasLogs {
		t.Error("the request does not say that it has logs")
	}
	path := r.BaseURL() + cloudapi.PathHelpLogs + "?request=req-1"
	if status, _ := get(t, r.client(), path, nil, r.bearer(t, carl)...); status != http.StatusNotFound {
		t.Errorf("staff of another region reads logs: %d", status)
	}
	if status, _ := get(t, r.client(), path, nil); status != http.StatusUnauthorized {
		t.Errorf("nobody reads logs: %d", status)
	}
	if seen, err := r.DB().Accesses(t.Context(), "help-logs", "req-1"); err != nil || len(seen) != 0 {
		t.Errorf("looked at by %+v, %v", seen, err)
	}
	var logs cloudapi.HelpLogs
	if status, _ := get(t, r.client(), path, &logs, annas...); status != http.StatusOK || logs != helpLogs("req-1", text) {
		t.Errorf("%d %+v", status, logs)
	}
	if seen, err := r.DB().Accesses(t.Context(), "help-logs", "req-1"); err != nil || len(seen) != 1 || seen[0].Who.Account != anna {
		t.Errorf("looked at by %+v, %v", seen, err)
	}
	// Also when the request is over; by another request's name, nothing.
	l.say(d.id, cloudapi.KindRequest, "e", 4, cloudapi.Request{ID: "req-1", State: "ended"})
	if status, _ := get(t, r.client(), path, &logs, annas...); status != http.StatusOK {
		t.Errorf("after the end: %d", status)
	}
	if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathHelpLogs+"?request=req-2", nil, annas...); status != http.StatusNotFound {
		t.Errorf("another request: %d", status)
	}
}

func message(change ...func(*cloudapi.MessageRequest)) cloudapi.MessageRequest {
	m := cloudapi.MessageRequest{Region: "eu", Severity: "low", Hours: 24, Texts: []cloudapi.MessageText{
		{Language: "en", Title: "Lot 4711 on hold", Text: "Please do not use it. Call +49 30 555 0100."},
		{Language: "de", Title: "Charge 4711 gesperrt", Text: "Bitte nicht verwenden."}}}
	for _, f := range change {
		f(&m)
	}
	return m
}

// next gives the next message that the link got, with its acknowledgement on
// the way.
func (l *link) message(r *running) *vendormessage.Message {
	l.t.Helper()
	for {
		select {
		case e := <-l.bound:
			if e.Kind != cloudapi.KindMessage {
				continue
			}
			var v cloudapi.VendorMessage
			if err := json.Unmarshal(e.Body, &v); err != nil {
				l.t.Fatal(err)
			}
			m, err := vendormessage.Parse([]byte(v.Note), r.roots.Vendor, "+49 30 555 0100")
			if err != nil {
				l.t.Fatal(err)
			}
			return m
		case <-time.After(30 * time.Second):
			l.t.Fatal("no message came")
		}
	}
}

func withPhone(c *cloud.Config) { c.Phones = []string{"+49 30 555 0100"} }

func TestMessagesGoToWhomTheyAreFor(t *testing.T) { // P16, P20, scenario 43
	r := start(t, withPhone)
	kind := func(k string) func(*cloudapi.RegisterRequest) {
		return func(q *cloudapi.RegisterRequest) { q.InstrumentType = k }
	}
	here, away, us := r.register(t), r.register(t, kind("DxI 9000")), r.register(t, func(q *cloudapi.RegisterRequest) { q.Region = "us" })
	l := here.connect(t)
	l.subscribe(cloudapi.DeviceBoundFilter(here.id), 1)
	lus := us.connect(t)
	lus.subscribe(cloudapi.DeviceBoundFilter(us.id), 1)
	annas, carls := r.bearer(t, anna), r.bearer(t, carl)
	send := func(m cloudapi.MessageRequest, devices int) string {
		t.Helper()
		var reply cloudapi.MessageReply
		if status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathMessage, m, &reply, annas...); status != http.StatusOK || reply.Devices != devices {
			t.Fatalf("%d %+v %+v", status, failure, reply)
		}
		return reply.ID
	}
	sent := func(who []string) []cloudapi.MessageSent {
		t.Helper()
		var list []cloudapi.MessageSent
		if status, _ := get(t, r.client(), r.BaseURL()+cloudapi.PathMessage, &list, who...); status != http.StatusOK {
			t.Fatal(status)
		}
		return list
	}
	all := send(message(), 2)
	m := l.message(r)
	if m.ID != all || !slices.Equal(m.To.Regions, []string{"eu"}) || m.To.Group != "" || m.Severity != "low" || len(m.Texts) != 2 {
		t.Errorf("%+v", m)
	}
	until(t, "delivered to one of two", func() bool { s := sent(annas); return len(s) == 1 && s[0].Delivered == 1 && s[0].Devices == 2 })
	group := send(message(func(m *cloudapi.MessageRequest) { m.Region, m.Group = "", "DxH 900" }), 1)
	if g := l.message(r); g.ID != group || g.To.Group != "DxH 900" || !slices.Equal(g.To.Regions, []string{"eu"}) || g.Number <= m.Number {
		t.Errorf("%+v", g)
	}
	one := send(message(func(m *cloudapi.MessageRequest) { m.Region, m.Device = "", away.id }), 1)

	// Who comes later gets what waits, in order, once.
	la := away.connect(t)
	la.subscribe(cloudapi.DeviceBoundFilter(away.id), 1)
	for _, want := range []string{all, one} {
		if m := la.message(r); m.ID != want {
			t.Errorf("got %s, want %s", m.ID, want)
		}
	}
	until(t, "delivered to all", func() bool {
		return !slices.ContainsFunc(sent(annas), func(s cloudapi.MessageSent) bool { return s.Delivered != s.Devices })
	})
	for _, x := range []*link{l, la} {
		x.Disconnect(100)
	}
	again := away.connect(t)
	again.subscribe(cloudapi.DeviceBoundFilter(away.id), 1)
	last := send(message(func(m *cloudapi.MessageRequest) { m.Region, m.Device = "", away.id }), 1)
	if m := again.message(r); m.ID != last {
		t.Errorf("a message that was delivered came again: %s", m.ID)
	}
	if s := sent(annas); len(s) != 4 || s[0].ID != last || s[0].By != "Anna Weber" || s[3].Request.Region != "eu" {
		t.Errorf("%+v", s)
	}
	if s := sent(carls); len(s) != 0 {
		t.Errorf("staff of another region reads %+v", s)
	}
	select {
	case e := <-lus.bound:
		if e.Kind == cloudapi.KindMessage {
			t.Error("a device of another region got a message")
		}
	default:
	}
}

func TestMessageRefusals(t *testing.T) { // scenarios 44, 45
	r := start(t, withPhone)
	d := r.register(t)
	annas := r.bearer(t, anna)
	text := func(s string) func(*cloudapi.MessageRequest) {
		return func(m *cloudapi.MessageRequest) { m.Texts[0].Text = s }
	}
	for name, c := range map[string]struct {
		m    cloudapi.MessageRequest
		who  []string
		want int
		code string
	}{
		"nobody":               {message(), nil, http.StatusUnauthorized, "signed-out"},
		"another region":       {message(), r.bearer(t, carl), http.StatusForbidden, "not-trained"},
		"another's device":     {message(func(m *cloudapi.MessageRequest) { m.Region, m.Device = "", d.id }), r.bearer(t, carl), http.StatusForbidden, "nobody"},
		"another's group":      {message(func(m *cloudapi.MessageRequest) { m.Region, m.Group = "", "DxH 900" }), r.bearer(t, carl), http.StatusNotFound, "nobody"},
		"no target":            {message(func(m *cloudapi.MessageRequest) { m.Region = "" }), annas, http.StatusForbidden, "target"},
		"two targets":          {message(func(m *cloudapi.MessageRequest) { m.Device = d.id }), annas, http.StatusForbidden, "target"},
		"unknown device":       {message(func(m *cloudapi.MessageRequest) { m.Region, m.Device = "", "bc-1" }), annas, http.StatusForbidden, "nobody"},
		"unknown group":        {message(func(m *cloudapi.MessageRequest) { m.Region, m.Group = "", "no such" }), annas, http.StatusNotFound, "nobody"},
		"no hours":             {message(func(m *cloudapi.MessageRequest) { m.Hours = 0 }), annas, http.StatusBadRequest, "hours"},
		"too many hours":       {message(func(m *cloudapi.MessageRequest) { m.Hours = 721 }), annas, http.StatusBadRequest, "hours"},
		"the highest class":    {message(func(m *cloudapi.MessageRequest) { m.Severity = "high" }), annas, http.StatusBadRequest, "message"},
		"no English":           {message(func(m *cloudapi.MessageRequest) { m.Texts = m.Texts[1:] }), annas, http.StatusBadRequest, "message"},
		"one language twice":   {message(func(m *cloudapi.MessageRequest) { m.Texts[1].Language = "en" }), annas, http.StatusBadRequest, "message"},
		"a link":               {message(text("see evil.example")), annas, http.StatusBadRequest, "text-link"},
		"another phone":        {message(text("call 0800 123 456")), annas, http.StatusBadRequest, "text-phone"},
		"right-to-left":        {message(text("a\u202eb")), annas, http.StatusBadRequest, "text-characters"},
		"too long":             {message(text(strings.Repeat("x", 601))), annas, http.StatusBadRequest, "text-too-long"},
		"empty":                {message(text(" ")), annas, http.StatusBadRequest, "text-empty"},
		"larger than anything": {message(text(strings.Repeat("x", 40<<10))), annas, http.StatusRequestEntityTooLarge, "too-large"},
	} {
		if status, failure := post(t, r.client(), r.BaseURL()+cloudapi.PathMessage, c.m, nil, c.who...); status != c.want || failure.Code != c.code {
			t.Errorf("%s: %d %+v", name, status, failure)
		}
	}
	// With the cookie, only the page itself may send.
	b := r.browser(t, anna)
	base, _ := url.Parse(r.BaseURL())
	for _, origin := range []string{"", "null", "https://evil.example", "http://" + base.Host} {
		if status, _ := post(t, b, r.BaseURL()+cloudapi.PathMessage, message(), nil, "Origin", origin); status != http.StatusUnauthorized {
			t.Errorf("origin %q: %d", origin, status)
		}
	}
	if status, _ := post(t, b, r.BaseURL()+cloudapi.PathMessage, message(), nil, "Origin", r.BaseURL(), "Content-Type", "text/plain"); status != http.StatusUnsupportedMediaType {
		t.Errorf("as a form could: %d", status)
	}
	if list, err := r.DB().Messages(t.Context(), []string{"eu"}, 10); err != nil || len(list) != 0 {
		t.Errorf("something was kept: %+v %v", list, err)
	}
	if status, _ := post(t, b, r.BaseURL()+cloudapi.PathMessage, message(), nil, "Origin", r.BaseURL()); status != http.StatusOK {
		t.Errorf("the page itself: %d", status)
	}
	if strings.Contains(r.logs.String(), "Lot 4711") || strings.Contains(r.logs.String(), anna) {
		t.Error("the log holds a text or a name")
	}
}
