package cloud_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/mail"
	"beckmanconnect/internal/cloudapi"
)

// outbox is a mail.Sender that keeps what it takes.
type outbox struct {
	mu    sync.Mutex
	list  []mail.Message
	fails error
}

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fails == nil {
		o.list = append(o.list, m)
	}
	return o.fails
}

func (o *outbox) of(address string) (list []mail.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.list {
		if m.To == address {
			list = append(list, m)
		}
	}
	return list
}

var linkIn = regexp.MustCompile(`https://\S+/confirm\?link=\S+`)

// next waits for the n-th mail to an address and gives its link.
func (o *outbox) next(t *testing.T, address string, n int) string {
	t.Helper()
	until(t, "mail to "+address, func() bool { return len(o.of(address)) >= n })
	return linkIn.FindString(o.of(address)[n-1].Text)
}

// open is what a browser, or a scanner of mails, does with a link.
func (r *running) open(t *testing.T, method, link string) (int, string) {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(url.Values{"link": {u.Query().Get("link")}}.Encode())
		u.RawQuery = ""
	}
	req, err := http.NewRequestWithContext(t.Context(), method, u.String(), body)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := r.client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// A registration is confirmed by who gave the address: looking confirms
// nothing, a press does, once; until then help waits (P13, P18).
func TestRegistrationIsConfirmedByMail(t *testing.T) {
	box := &outbox{}
	r := start(t, func(c *cloud.Config) { c.Registry.Mail = box; c.StaffNetworks = c.StaffNetworks[:1] })
	address := "maria@hospital.example"
	d := &device{running: r, key: newKey(t)}
	with := func(email string) func(*cloudapi.RegisterRequest) {
		return func(q *cloudapi.RegisterRequest) { q.Email, q.Serial = email, "<b>BX1" }
	}
	if reply := d.again(t, with(address)); !reply.Confirm {
		t.Error("the device is not told that help waits")
	}
	link := box.next(t, address, 1)
	if text := box.of(address)[0].Text; !strings.Contains(text, "<b>BX1") || !strings.Contains(text, "DxH 900") {
		t.Errorf("the mail does not say what it is about: %s", text)
	}
	l := d.connect(t)
	l.subscribe(cloudapi.DeviceBoundFilter(d.id), 1)
	l.say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	if _, err := r.DB().OpenRequest(t.Context(), "req-1"); err == nil {
		t.Error("help was asked for without a confirmation")
	}
	if status, _ := get(t, r.client(d.cert), r.BaseURL()+cloudapi.PathRelay+"req-1?role=host", nil); status != http.StatusForbidden {
		t.Errorf("relay: %d", status)
	}
	for range 3 { // a scanner of mails
		if status, page := r.open(t, http.MethodGet, link); status != http.StatusOK || !strings.Contains(page, `data-state="ask"`) || strings.Contains(page, "<b>BX1") {
			t.Fatalf("%d %s", status, page)
		}
	}
	if ok, _ := r.DB().Confirmed(t.Context(), d.id); ok {
		t.Fatal("looking confirmed it")
	}
	if status, page := r.open(t, http.MethodPost, link); status != http.StatusOK || !strings.Contains(page, `data-state="done"`) {
		t.Fatalf("%d %s", status, page)
	}
	for {
		if e := <-l.bound; e.Kind == cloudapi.KindStanding && strings.Contains(string(e.Body), `"help":true`) {
			break // it is told at once
		}
	}
	l.say(d.id, cloudapi.KindRequest, "e", 2, waiting("req-2"))
	if _, err := r.DB().OpenRequest(t.Context(), "req-2"); err != nil {
		t.Error(err)
	}
	// Used, made up and missing links answer alike.
	_, used := r.open(t, http.MethodPost, link)
	for _, bad := range []string{link, r.BaseURL() + "/confirm?link=nonsense", r.BaseURL() + "/confirm", r.BaseURL() + "/confirm?link=" + strings.Repeat("x", 999)} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if status, page := r.open(t, method, bad); status != http.StatusNotFound || page != used {
				t.Errorf("%s %s: %d", method, bad, status)
			}
		}
	}
	// The same address stays confirmed, in other letters too; another is asked.
	if reply := d.again(t, with("Maria@hospital.example")); reply.Confirm {
		t.Error("the same address is asked again")
	}
	if reply := d.again(t, with("otto@hospital.example")); !reply.Confirm {
		t.Error("another address need not confirm")
	}
	first := box.next(t, "otto@hospital.example", 1)
	d.again(t, with("ida@hospital.example"))
	box.next(t, "ida@hospital.example", 1)
	if status, _ := r.open(t, http.MethodPost, first); status != http.StatusNotFound {
		t.Errorf("a link to an address that was replaced: %d", status)
	}
}

// Whoever types somebody's address often does not fill their mailbox.
func TestOneAddressIsWrittenToSeldom(t *testing.T) {
	box := &outbox{}
	r := start(t, func(c *cloud.Config) { c.Registry.Mail = box })
	for range 6 {
		r.register(t, func(q *cloudapi.RegisterRequest) { q.Email = "victim@hospital.example" })
	}
	r.register(t, func(q *cloudapi.RegisterRequest) { q.Email = "last@hospital.example" })
	box.next(t, "last@hospital.example", 1) // what is before it was looked at
	if n := len(box.of("victim@hospital.example")); n != 3 {
		t.Errorf("%d mails", n)
	}
}

func TestMailThatFailsIsSentLater(t *testing.T) {
	box := &outbox{fails: io.ErrClosedPipe}
	r := start(t, func(c *cloud.Config) { c.Registry.Mail = box })
	d := r.register(t)
	until(t, "the failure", func() bool { return strings.Contains(r.logs.String(), "confirmation not asked for") })
	box.mu.Lock()
	box.fails = nil
	box.mu.Unlock()
	d.again(t)
	box.next(t, "lab@hospital.example", 1)
}
