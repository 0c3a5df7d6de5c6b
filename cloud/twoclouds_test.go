package cloud_test

import (
	"errors"
	"net/http"
	"os"
	"testing"

	"beckmanconnect/build/brokers/brokerstest"
	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/internal/cloudapi"
)

// Two whole clouds on one PostgreSQL and one engine: a device at one of them is
// seen and reached at the other, is there once when it goes over, and is cut
// wherever it is.
func TestTwoCloudsShareAnEngine(t *testing.T) { // B13
	if os.Getenv(datatest.Variable) == "" {
		s, err := datatest.Start(false)
		if errors.Is(err, datatest.ErrMissing) && os.Getenv("CI") == "" {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		t.Setenv(datatest.Variable, s.URL("postgres"))
	}
	for name, begin := range map[string]func(testing.TB) *brokerstest.Engine{"mosquitto": brokerstest.Mosquitto, "nats": brokerstest.NATS} {
		t.Run(name, func(t *testing.T) {
			e := begin(t)
			var database string
			a := start(t, behind(t, e), func(c *cloud.Config) { database = c.Database })
			b := start(t, behind(t, e), func(c *cloud.Config) {
				c.Database, c.Node, c.Broker.Node = database, "b", "node-2"
				c.Broker.Address = e.Addresses[len(e.Addresses)-1]
			})
			for _, r := range []*running{a, b} {
				r.until("the engine", r.EngineUp)
			}
			d := a.register(t)
			online := func(r *running, want bool) {
				t.Helper()
				r.until("presence", func() bool {
					known, err := r.DB().Device(t.Context(), d.id)
					return err == nil && known.Online == want
				})
			}
			listens := func(r *running) *link {
				t.Helper()
				there := *d
				there.running = r
				l := there.connect(t)
				if code := l.subscribe(cloudapi.DeviceBoundFilter(d.id), 1); code > 1 {
					t.Fatalf("SUBACK %#x", code)
				}
				if first := <-l.bound; first.Kind != cloudapi.KindTime {
					t.Fatalf("heard %q first", first.Kind)
				}
				return l
			}
			first := listens(a)
			online(b, true)
			if err := b.Send(d.id, cloudapi.KindMessage, map[string]string{"text": "from b"}); err != nil {
				t.Fatal(err)
			}
			if m := <-first.bound; m.Kind != cloudapi.KindMessage {
				t.Errorf("heard %q", m.Kind)
			}
			first.say(d.id, cloudapi.KindNotification, "e", 1, alarm(1))
			var list []cloudapi.Notification
			anna := b.bearer(t, "anna.weber@vendor.example")
			if status, _ := get(t, b.client(), b.BaseURL()+cloudapi.PathAlarms+"?device="+d.id, &list, anna...); status != http.StatusOK || len(list) != 1 {
				t.Errorf("at the other cloud: %d %+v", status, list)
			}

			second := listens(b)
			first.lost()
			second.say(d.id, cloudapi.KindNotification, "e", 1, alarm(1)) // the acknowledgement was lost, say
			second.say(d.id, cloudapi.KindNotification, "e", 2, alarm(2))
			if n, err := a.DB().Notifications(t.Context(), d.id, 10); err != nil || len(n) != 2 || n[1].Count != 1 {
				t.Errorf("notifications %+v, %v", n, err)
			}
			online(a, true)

			if err := a.DB().Revoke(t.Context(), d.id, "operator", "stolen"); err != nil {
				t.Fatal(err)
			}
			second.lost()
			online(a, false)
		})
	}
}
