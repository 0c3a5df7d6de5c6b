package relay

import (
	"beckmanconnect/session/channel"
	"beckmanconnect/session/lane"
	"beckmanconnect/session/wire"
)

// lanesOf is what our hello says of the file lane.
func lanesOf(conn *channel.Conn) []int {
	if !conn.HasLane() {
		return nil
	}
	return []int{lane.Version}
}

// openLane opens the file lane once the code was proved over this link, or the
// key that came of it. The link's reader calls it, before it reads on.
func (s *Support) openLane(l *link) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.lane || !l.lanes || s.m.Current() != l.id {
		return nil
	}
	toHost, toEngineer, err := l.binding.Lane()
	if err != nil {
		return err
	}
	if err := l.conn.OpenLane(channel.LaneConfig{ToHost: toHost, ToEngineer: toEngineer}); err != nil {
		return err
	}
	l.lane = true
	return nil
}

// piece takes in one piece of a file to this PC that came over the lane: as a
// chunk, and only where the file goes on.
func (s *Support) piece(l *link, payload []byte) error {
	piece, err := wire.ParsePiece(payload)
	if err != nil {
		return errProtocol
	}
	return s.takePart(l, piece.Transfer, piece.At, piece.Data)
}
