package relay

import (
	"image"
	"slices"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
	"beckmanconnect/session/wire"
)

// windowsUnknown is the helper's word for a picture that is black as a whole,
// because what is to be hidden cannot be told apart.
const windowsUnknown = "windows-unknown"

// reportOf is what a helper says of the desktop.
func (s *Support) reportOf(h *helper, st *hostpb.HelperState) support.HelperReport {
	r := support.HelperReport{
		Helper: h.id, Width: int(st.GetWidth()), Height: int(st.GetHeight()), Capturing: st.GetCapturing(),
		Fault: st.GetErrorCode(), Locked: st.GetLocked(), LocalInput: st.GetLocalInput(),
		SecureDesktop: st.GetSecureDesktop(), Answering: st.GetAnswering(), Monitor: st.GetMonitor(),
	}
	for _, m := range st.GetMonitors() {
		if len(r.Monitors) == 64 {
			break // the machine keeps fewer
		}
		r.Monitors = append(r.Monitors, wire.Monitor{
			ID: m.GetId(), Name: m.GetName(), X: int(m.GetX()), Y: int(m.GetY()),
			Width: int(m.GetWidth()), Height: int(m.GetHeight()), Primary: m.GetPrimary(), Scale: int(m.GetScale()),
		})
	}
	r.Masked = r.Fault == windowsUnknown
	for _, m := range s.cfg.Masks {
		if slices.Contains(st.GetMasks(), m.GetId()) {
			r.Hides = true
			r.Masked = r.Masked || hidesAll(m, desktopOf(r))
		}
	}
	return r
}

// desktopOf is the whole desktop: all monitors, or the picture.
func desktopOf(r support.HelperReport) image.Rectangle {
	all := image.Rect(0, 0, r.Width, r.Height)
	for _, m := range r.Monitors {
		all = all.Union(image.Rect(m.X, m.Y, m.X+m.Width, m.Y+m.Height))
	}
	return all
}

// hidesAll is true for a mask that leaves nothing of the desktop in sight.
func hidesAll(m *hostpb.Mask, desktop image.Rectangle) bool {
	region := m.GetTitle() == "" && m.GetClass() == "" && m.GetProcess() == ""
	x, y := int(m.GetX()), int(m.GetY())
	return region && desktop.In(image.Rect(x, y, x+int(m.GetWidth()), y+int(m.GetHeight())))
}
