package relay

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
)

// Both ends of a pair hear that the request has ended, whichever of them is
// quicker to go: none is told that the other end left.
func TestEndReachesBoth(t *testing.T) { // scenario 29
	for round := range 2000 {
		m := &meeting{request: "r1"}
		host, engineer := newSide(roleHost, "device:a", 1), newSide(roleEngineer, "staff:b", 1)
		if !m.sit(host) || !m.sit(engineer) || host.other != engineer {
			t.Fatal("they are not joined")
		}
		gone := make(chan struct{}, 2)
		for _, s := range []*side{host, engineer} {
			go func() {
				<-s.ctx.Done()
				m.stand(s)
				gone <- struct{}{}
			}()
		}
		m.end(time.Microsecond, requestEnded)
		<-gone
		<-gone
		if host.parting.code != cloudapi.CloseEnded || engineer.parting.code != cloudapi.CloseEnded {
			t.Fatalf("round %d: closed with %d and %d", round, host.parting.code, engineer.parting.code)
		}
	}
}

// The other node closes a link with the very code it was closed with. Whose end
// that concerns was said here already: the end here hears that the other left,
// and not that it was replaced itself.
func TestALinkRepeatsTheGoodbye(t *testing.T) { // B13
	for name, tt := range map[string]struct {
		leave func(link *side, node *websocket.Conn)
		want  websocket.StatusCode
	}{
		"said here": {func(link *side, _ *websocket.Conn) {
			link.leave(&parting{cloudapi.CloseReplaced, "replaced by a newer connection"})
		}, cloudapi.ClosePeerLeft},
		"said there": {func(_ *side, node *websocket.Conn) { _ = node.Close(cloudapi.CloseEnded, "") }, cloudapi.CloseEnded},
	} {
		t.Run(name, func(t *testing.T) {
			l := New(Config{Now: time.Now})
			m := &meeting{request: "r1"}
			host, link := newSide(roleHost, "device:a", 1), newSide(roleEngineer, nodeOwner("b"), 0)
			link.link, link.tag = true, "anna"
			ran := make(chan struct{})
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(ran)
				ws, err := websocket.Accept(w, r, nil)
				if err != nil {
					t.Error(err)
					return
				}
				link.ws = ws
				l.run(m, link, time.Now().Add(time.Hour))
			}))
			defer s.Close()
			m.sit(host)
			node, _, err := websocket.Dial(t.Context(), s.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer node.CloseNow()
			<-link.joined
			go tt.leave(link, node)
			_, _, _ = node.Read(t.Context())
			<-ran
			if host.parting.code != tt.want {
				t.Errorf("the host was closed with %d", host.parting.code)
			}
		})
	}
}
