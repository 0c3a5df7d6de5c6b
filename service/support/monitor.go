package support

import (
	"slices"

	"beckmanconnect/session/wire"
)

// AllMonitors is every monitor side by side.
const AllMonitors = "all"

const (
	maxMonitors = 16
	maxSide     = 1 << 14 // pixels of a picture
	maxPlace    = 1 << 16 // pixels of the whole desktop, to each side
)

// ShowMonitor is the engineer's wish to see another monitor, or all.
type ShowMonitor struct {
	Link LinkID
	ID   string
}

func (e ShowMonitor) apply(w *work) error {
	if !w.current(e.Link) {
		return nil
	}
	s := w.st.ses
	if _, ok := w.cfg.live(&w.st, w.now, e.Link, View); !ok || s.helper.stage != helperAttached {
		return nil
	}
	h := &s.helper
	known := slices.ContainsFunc(h.monitors, func(m wire.Monitor) bool { return m.ID == e.ID })
	if (!known && (e.ID != AllMonitors || len(h.monitors) == 0)) || e.ID == h.chosen || (h.chosen == "" && e.ID == h.monitor) {
		return nil
	}
	if ok, first := s.monitorPace.take(w.now.Mono, 2, 10); !ok {
		w.tooMany(View, first)
		return nil
	}
	h.chosen = e.ID
	w.audit("monitor.chosen", actorEngineer, map[string]string{"monitor": e.ID}, w.engineerAnd())
	w.releaseInput() // a click aimed at one monitor must not land on another
	w.do(SelectMonitor{Helper: h.id, ID: e.ID, Generation: w.st.generation})
	return nil
}

// monitorsOf is what a helper says of the monitors, as far as it makes sense.
func monitorsOf(said []wire.Monitor) []wire.Monitor {
	var out []wire.Monitor
	for _, m := range said {
		sound := validID(m.ID) && m.ID != AllMonitors && m.Width > 0 && m.Height > 0 && m.Width <= maxSide && m.Height <= maxSide &&
			m.X >= -maxPlace && m.X <= maxPlace && m.Y >= -maxPlace && m.Y <= maxPlace && m.Scale >= 0 && m.Scale <= 1000
		if !sound || len(out) == maxMonitors || slices.ContainsFunc(out, func(o wire.Monitor) bool { return o.ID == m.ID }) {
			continue
		}
		m.Name = Clean(m.Name, maxName)
		out = append(out, m)
	}
	return out
}
