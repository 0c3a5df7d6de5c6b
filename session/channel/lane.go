package channel

import (
	"context"
	"errors"

	"beckmanconnect/session/lane"
	"beckmanconnect/session/wire"
)

// LaneConfig is what opens the file lane.
type LaneConfig struct {
	ToHost, ToEngineer []byte         // keys, see proof.Binding.Lane; they are overwritten
	NewCipher          lane.NewCipher // nil: lane.AES
}

// errNoLane is for a piece that there is no lane for.
var errNoLane = errors.New("channel: no file lane")

// HasLane says whether this channel can have a file lane: whether what is below
// it carries whole messages.
func (c *Conn) HasLane() bool { return c.stream != nil }

// OpenLane opens the file lane, both ways. It is for the goroutine that
// receives, and for the moment at which the code was proved: a frame that comes
// before is the end of the channel.
func (c *Conn) OpenLane(conf LaneConfig) error {
	defer clear(conf.ToHost)
	defer clear(conf.ToEngineer)
	if c.stream == nil || c.opener != nil {
		return errNoLane
	}
	if conf.NewCipher == nil {
		conf.NewCipher = lane.AES
	}
	up, err := conf.NewCipher(conf.ToHost)
	if err != nil {
		return err
	}
	down, err := conf.NewCipher(conf.ToEngineer)
	if err != nil {
		return err
	}
	const most = wire.PieceHead + wire.MaxPiece
	c.laneSending.Lock()
	defer c.laneSending.Unlock()
	if c.isHost {
		c.opener, c.sealer = lane.NewOpener(up, lane.ToHost, most), lane.NewSealer(down, lane.ToEngineer)
	} else {
		c.opener, c.sealer = lane.NewOpener(down, lane.ToEngineer, most), lane.NewSealer(up, lane.ToHost)
	}
	return nil
}

// SendPiece sends one wire.Piece over the lane, like Send, behind whatever was
// sent before it.
func (c *Conn) SendPiece(ctx context.Context, piece []byte) error {
	c.laneSending.Lock()
	defer c.laneSending.Unlock()
	switch {
	case c.sealer == nil:
		return errNoLane
	case len(piece) > wire.PieceHead+wire.MaxPiece:
		return ErrTooLarge
	}
	if err := ctx.Err(); err != nil {
		return err // nothing was sealed: the lane stays good
	}
	// Sealed before its turn to be written: a browser takes its time for it.
	frame, err := c.sealer.Seal(piece)
	if err != nil {
		c.abort()
		return c.explain(ctx, "send", err)
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if err := c.stream.send(ctx, frame); err != nil {
		c.abort()
		return c.explain(ctx, "send", err)
	}
	return nil
}

// receivePiece opens the frame that has come.
func (c *Conn) receivePiece() ([]byte, error) {
	frame := c.stream.lane()
	if c.opener == nil {
		return nil, &lane.Broken{Why: lane.WhyClosed}
	}
	return c.opener.Open(frame)
}
