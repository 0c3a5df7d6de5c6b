package support

// EndedByVendor says that the vendor's staff ended the session of a request:
// the engineer in it at the desk, a lead, or because a colleague takes over. It
// comes from the relay and is believed because it only takes away.
type EndedByVendor struct{ Request string }

func (EndedByVendor) narrows() {}

func (e EndedByVendor) apply(w *work) error {
	if w.st.ses != nil && w.st.ses.request == e.Request {
		w.endSession("vendor", actorService, nil)
	}
	return nil
}
