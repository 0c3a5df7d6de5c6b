package relay

import (
	"encoding/json"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
	"beckmanconnect/session/wire"
)

// How many control messages of any kind an engineer's side may send. Hands and
// a quick mouse make some hundreds a second; what sends more is no console.
const (
	messagesPerSecond = 2000
	messagesAtOnce    = 4000
)

// pointEach is the shortest time between two places of the marker.
const pointEach = time.Second / 60

// side is what a link remembers of how fast its messages come.
type side struct{ flood *rate.Limiter }

// flooded counts one message; true: that is one too many.
func (s *Support) flooded(l *link) bool {
	if l.side.flood == nil {
		l.side.flood = rate.NewLimiter(messagesPerSecond, messagesAtOnce)
	}
	// By the clock that nobody can set.
	return !l.side.flood.AllowN(time.Unix(0, 0).Add(s.cfg.Now().Mono), 1)
}

// point shows where the engineer points, or that it is nowhere any more.
func (s *Support) point(l *link, m wire.Message) {
	if m.X < 0 || m.Y < 0 || m.X > maxCoordinate || m.Y > maxCoordinate {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.helper
	if h == nil || s.halted > 0 {
		return
	}
	name, may := s.m.MayPoint(s.cfg.Now(), l.id, s.m.Generation())
	if !may {
		return
	}
	p := &hostpb.HelperPoint{On: m.On}
	if m.On {
		p.X, p.Y, p.Name = int32(m.X), int32(m.Y), name
	}
	h.point = &command{
		HelperCommand: &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Point{Point: p}},
		from:          l.id, generation: s.m.Generation(),
	}
	h.wake()
}

// nextPoint gives the newest place of the marker once it is its time, if it may
// still be shown. nextCommand calls it under the driver's lock.
func (s *Support) nextPoint(h *helper) *hostpb.HelperCommand {
	if h.point == nil {
		return nil
	}
	now := s.cfg.Now()
	if early := h.pointed + pointEach - now.Mono; h.pointed != 0 && early > 0 {
		if !h.pointLater {
			h.pointLater = true
			time.AfterFunc(early, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				h.pointLater = false
				h.wake()
			})
		}
		return nil
	}
	p := h.point
	h.point = nil
	if _, may := s.m.MayPoint(now, p.from, p.generation); !may || s.helper != h || s.halted > 0 {
		return nil
	}
	h.pointed = now.Mono
	p.Generation = s.m.Generation()
	return p.HelperCommand
}

// hidePoint takes the marker away, and whatever place it was to have next.
func (h *helper) hidePoint(generation uint64) {
	h.point = nil
	h.push(&hostpb.HelperCommand{Generation: generation, Body: &hostpb.HelperCommand_Point{Point: &hostpb.HelperPoint{}}})
}

// clipboard queues text for the technician's clipboard. Only the newest means
// anything.
func (h *helper) clipboard(e support.PutClipboard) {
	c := command{
		HelperCommand: &hostpb.HelperCommand{Generation: e.Generation, Body: &hostpb.HelperCommand_Clipboard{Clipboard: &hostpb.HelperClipboard{Text: e.Text}}},
		from:          e.Link, generation: e.Generation,
	}
	h.queue = append(slices.DeleteFunc(h.queue, func(c command) bool { return c.GetClipboard() != nil }), c)
	h.wake()
}

// watch has the helper look at the technician's clipboard, or stop. A helper
// that is behind hears only the last word.
func (h *helper) watch(on bool, generation uint64) {
	h.queue = slices.DeleteFunc(h.queue, func(c command) bool { return c.GetClipboardWatch() != nil })
	h.push(&hostpb.HelperCommand{Generation: generation, Body: &hostpb.HelperCommand_ClipboardWatch{ClipboardWatch: &hostpb.HelperClipboardWatch{On: on}}})
}

// monitor has the helper show another one; of several the last counts.
func (h *helper) monitor(id string, generation uint64) {
	h.forgetMonitor()
	h.push(&hostpb.HelperCommand{Generation: generation, Body: &hostpb.HelperCommand_Monitor{Monitor: &hostpb.HelperMonitor{Id: id}}})
}

func (h *helper) forgetMonitor() {
	h.queue = slices.DeleteFunc(h.queue, func(c command) bool { return c.GetMonitor() != nil })
}

// SendChat says something to the engineer, as the technician who asked for help.
func (s *Support) SendChat(technician string, r *hostpb.SendChatRequest) error {
	return s.do(support.TechnicianSays{Technician: technician, Session: r.GetSessionId(), Text: r.GetText()}).Err
}

// encode is a control message as it goes over the wire; nil: it cannot.
func encode(m wire.Message) []byte {
	m.V = wire.Version
	raw, err := json.Marshal(m)
	if err != nil {
		return nil
	}
	return raw
}
