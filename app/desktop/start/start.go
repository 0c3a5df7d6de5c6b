// Package start is how the tray hands the desktop helper what it may attach
// with, on a handle that only the helper inherits.
package start

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"beckmanconnect/ipc/hostpb"

	"google.golang.org/protobuf/proto"
)

// maxStart bounds the first message on the inherited handle.
const maxStart = 4 << 10

// Write hands a helper what it may attach with. The handle stays open
// afterwards: its end tells the helper that the tray is gone.
func Write(w io.Writer, wanted *hostpb.DesktopWanted) error {
	b, err := proto.Marshal(wanted)
	if err != nil {
		return fmt.Errorf("desktop helper: start message: %w", err)
	}
	if len(b) > maxStart {
		return fmt.Errorf("desktop helper: start message of %d bytes", len(b))
	}
	if _, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)); err != nil {
		return fmt.Errorf("desktop helper: hand over the start message: %w", err)
	}
	return nil
}

// Read reads what Write wrote.
func Read(r io.Reader) (*hostpb.DesktopWanted, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("desktop helper: no start message: the tray starts this program, people do not: %w", err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxStart {
		return nil, fmt.Errorf("desktop helper: start message of %d bytes", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("desktop helper: start message is cut off: %w", err)
	}
	wanted := &hostpb.DesktopWanted{}
	if err := proto.Unmarshal(b, wanted); err != nil {
		return nil, fmt.Errorf("desktop helper: start message: %w", err)
	}
	if len(wanted.GetToken()) == 0 || wanted.GetSessionId() == "" {
		return nil, errors.New("desktop helper: start message without token or session")
	}
	return wanted, nil
}
