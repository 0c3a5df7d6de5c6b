package service

import (
	"context"
	"strconv"

	"beckmanconnect/internal/winservice"
)

// watchSeats ends a session as soon as the system says that the technician's
// log-on was locked, left, switched away from or disconnected. It is a second
// way beside the desktop helper's own word, and needs no helper (scenario 17).
func (h *house) watchSeats(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-h.seats:
			if !concerns(s, h.host.Asker().Session) {
				continue
			}
			h.log.Info("the technician's log-on was locked or left", "event", uint32(s.Event))
			h.support.SeatLost()
		}
	}
}

// concerns tells whether a change leaves the log-on of the technician who asked
// for help. Where that one's number is not known it may be any.
func concerns(s winservice.Session, technicians string) bool {
	if !s.Leaves() {
		return false
	}
	return technicians == "" || technicians == strconv.FormatUint(uint64(s.ID), 10)
}
