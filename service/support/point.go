package support

// MayPoint says whether the engineer's pointer is shown now, and under which
// name: the verified account's, never one from the message (scenario 15).
func (m *Machine) MayPoint(now Moment, on LinkID, generation uint64) (name string, ok bool) {
	l, ok := m.cfg.live(&m.st, now, on, Pointer)
	if !ok || m.st.ses.asking() || !l.fits(generation, &m.st) {
		return "", false
	}
	return m.st.ses.engineer.Name, true
}

// settlePoint takes the marker off the technician's screen as soon as nothing
// may be pointed at.
func (w *work) settlePoint(s *session) {
	h := &s.helper
	_, may := w.cfg.live(&w.st, w.now, s.link, Pointer)
	may = may && !s.asking()
	if h.stage == helperAttached && h.pointing && !may {
		w.do(HidePoint{Helper: h.id, Generation: w.st.generation})
	}
	h.pointing = may
}
