package stage

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ui/model"
)

// reader is the window program's own state of a PC, kept over the local pipe as
// that keeps it, and nothing is drawn.
type reader struct {
	s     *site
	words *text.Catalogue
	mu    sync.Mutex
	state model.State
	news  chan struct{}
}

// reader follows the PC's service until the test ends.
func (s *site) reader() *reader {
	r := &reader{s: s, words: text.New("en"), news: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan struct{})
	take := func(change func()) {
		r.mu.Lock()
		change()
		r.mu.Unlock()
		select {
		case r.news <- struct{}{}:
		default:
		}
	}
	go func() {
		defer close(done)
		_ = client.Follow(ctx, client.Config{Socket: s.Socket, Program: protocol.Window, Version: version.Version()},
			func(e *hostpb.Event) { take(func() { r.state.Apply(e) }) },
			func(on bool, _ error) { take(func() { r.state.SetConnected(on) }) }) // ends with ctx
	}()
	s.t.Cleanup(func() { cancel(); <-done })
	return r
}

// reads waits until Home and the page of the call both say this of the case.
func (r *reader) reads(number, says string) {
	r.s.t.Helper()
	want := r.words.T("queue.case", "case", number) + ": " + says
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for {
		r.mu.Lock()
		now := time.Now()
		home, help := said(r.state.HomeView(r.words, now).Help.Queue), said(r.state.HelpView(r.words, now).Waiting.Queue)
		r.mu.Unlock()
		if home == want && help == want {
			return
		}
		select {
		case <-r.news:
		case <-limit.C:
			r.s.t.Fatalf("Home says %q and the page of the call %q, want %q", home, help, want)
		}
	}
}

func said(v *model.QueueView) string {
	if v == nil {
		return ""
	}
	return v.Word + ": " + v.Says
}

// caseOf waits for the case of a request on an engineer's desk.
func (d *desk) caseOf(request string) (found cloudapi.Case) {
	d.t.Helper()
	d.live("the case of "+request, func(l cloudapi.Live) bool {
		i := slices.IndexFunc(l.Cases, func(c cloudapi.Case) bool { return c.Request == request })
		if i >= 0 {
			found = l.Cases[i]
		}
		return i >= 0
	})
	return found
}

// Two technicians wait for help. Each reads their place in the queue as the real
// cloud sends it over its real broker, through the service and the local pipe:
// it moves up when the first one is taken, says who took the case, is not known
// while the cloud is away, and is right again once that is back (B12).
func TestPlaceInTheQueue(t *testing.T) {
	t.Parallel()
	first := newSite(t)
	second := first.h.site(t, first.ctx, "pc2")
	cloud := first.h.cloudUp(t, first.ctx)
	for _, s := range []*site{first, second} {
		s.serviceUp()
		s.acceptTerms()
		ask(s, hostpb.HostClient.Register, &hostpb.RegisterRequest{Email: form.Email, Name: form.Name, InstrumentType: form.InstrumentType, Serial: "BC-" + s.Name})
	}
	d := first.h.signIn(t, first.ctx)
	one, two := first.reader(), second.reader()

	a := d.caseOf(first.requestHelp().GetRequestId())
	one.reads(a.Number, "You are the next one.")
	b := d.caseOf(second.requestHelp().GetRequestId())
	two.reads(b.Number, "You are number 2 of 2.")

	if status := d.act(cloudapi.CaseAct{Case: a.Number, Act: cloudapi.ActTake}); status != http.StatusOK {
		t.Fatal(status)
	}
	one.reads(a.Number, "Somebody has taken your case: "+EngineerName)
	two.reads(b.Number, "You are the next one.")

	crash(cloud)
	two.reads(b.Number, "Your place in the queue is not known while there is no connection.")
	first.h.cloudUp(t, first.ctx)
	two.reads(b.Number, "You are the next one.")
	one.reads(a.Number, "Somebody has taken your case: "+EngineerName)
}
