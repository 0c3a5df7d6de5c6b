package engineertest

import (
	"crypto/sha256"
	"encoding/hex"

	"beckmanconnect/session/channel"
	"beckmanconnect/session/wire"
)

// file is one on its way from the engineer.
type file struct {
	wire.File
	data []byte
}

// outgoing is one on its way to the engineer.
type outgoing struct {
	id   string
	data []byte
	sent int
}

// openLane runs where the host receives.
func (h *Host) openLane() {
	toHost, toEngineer, err := h.binding.Lane()
	if err == nil {
		err = h.conn.OpenLane(channel.LaneConfig{ToHost: toHost, ToEngineer: toEngineer})
	}
	if err != nil {
		h.tb.Error(err)
		return
	}
	h.mu.Lock()
	h.lane = true
	h.mu.Unlock()
}

func (h *Host) chunk(p []byte) {
	if len(p) < 16 || len(p) > 16+wire.MaxChunk {
		h.tb.Errorf("a chunk of %d bytes", len(p))
		return
	}
	h.mu.Lock()
	if h.lane {
		h.tb.Error("a chunk where there is a lane")
	}
	h.mu.Unlock()
	h.take(hex.EncodeToString(p[:16]), -1, p[16:])
}

func (h *Host) piece(p []byte) {
	piece, err := wire.ParsePiece(p)
	if err != nil {
		h.tb.Error(err)
		return
	}
	h.take(hex.EncodeToString(piece.Transfer[:]), piece.At, piece.Data)
}

func (h *Host) take(id string, at int64, data []byte) {
	h.mu.Lock()
	f := h.files[id]
	if f != nil {
		if at >= 0 && at != int64(len(f.data)) {
			h.tb.Errorf("a piece for %d, where %d is next", at, len(f.data))
		}
		f.data = append(f.data, data...)
	}
	h.mu.Unlock()
	if f == nil {
		return
	}
	if h.Took != nil {
		h.Took(len(f.data))
	}
	h.Say(wire.Message{Type: "file", ID: id, State: "running", Done: int64(len(f.data))})
}

func (h *Host) fileEnd(id string) {
	h.mu.Lock()
	f := h.files[id]
	h.mu.Unlock()
	if f == nil {
		return
	}
	sum := sha256.Sum256(f.data)
	got := hex.EncodeToString(sum[:])
	if got != f.SHA256 || int64(len(f.data)) != f.Size {
		h.Say(wire.Message{Type: "file", ID: id, State: "failed", Why: "hash"})
		return
	}
	h.mu.Lock()
	h.arrived[f.Name] = got
	h.mu.Unlock()
	h.Say(wire.Message{Type: "file", ID: id, State: "finished", Done: f.Size})
}

// fetch lets the technician choose what Fetch says, and sends it.
func (h *Host) fetch(m wire.Message) {
	a := h.Answer(m)
	a.Type, a.ID, a.Capability = "answer", m.ID, wire.Files
	if !a.Granted || h.Fetch == nil {
		h.Say(a)
		return
	}
	name, data := h.Fetch()
	h.offer(m.ID, name, data, a)
}

// Offer sends a file that nobody asked for.
func (h *Host) Offer(id, name string, data []byte) {
	h.offer(id, name, data, wire.Message{Type: "answer", ID: id, Capability: wire.Files, Granted: true, Why: "allowed"})
}

func (h *Host) offer(id, name string, data []byte, answer wire.Message) {
	sum := sha256.Sum256(data)
	answer.File = &wire.File{Name: name, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
	h.mu.Lock()
	o := &outgoing{id: id, data: data}
	h.outgoing[id] = o
	h.mu.Unlock()
	h.Say(answer)
	h.pump(o, 0)
}

// pump sends as much as the engineer's side may be sent.
func (h *Host) pump(o *outgoing, held int64) {
	h.pumping.Lock() // Offer and the engineer's reports come from different goroutines
	defer h.pumping.Unlock()
	key, err := hex.DecodeString(o.id)
	if err != nil {
		h.tb.Error(err)
		return
	}
	for o.sent < len(o.data) && int64(o.sent)-held < wire.FileWindow {
		n := min(wire.MaxChunk, len(o.data)-o.sent)
		h.mu.Lock()
		lane := h.lane
		h.mu.Unlock()
		if lane {
			h.Frame(wire.FramePiece, wire.Piece{Transfer: [16]byte(key), At: int64(o.sent), Data: o.data[o.sent : o.sent+n]}.Append(nil))
		} else {
			h.Frame(wire.FrameChunk, append(append([]byte{}, key...), o.data[o.sent:o.sent+n]...))
		}
		if o.sent += n; o.sent == len(o.data) {
			h.Say(wire.Message{Type: "file-end", ID: o.id})
		}
	}
	if len(o.data) == 0 {
		h.Say(wire.Message{Type: "file-end", ID: o.id})
	}
}

// reported takes in what the engineer's side says of a file it gets.
func (h *Host) reported(m wire.Message) {
	h.mu.Lock()
	o := h.outgoing[m.ID]
	h.mu.Unlock()
	if o == nil {
		return
	}
	switch m.State {
	case "running":
		h.pumping.Lock()
		rest := len(o.data) - o.sent
		h.pumping.Unlock()
		if rest > 0 {
			h.pump(o, m.Done)
		}
	case "finished":
		h.mu.Lock()
		delete(h.outgoing, m.ID)
		h.mu.Unlock()
		h.Say(wire.Message{Type: "file", ID: m.ID, State: "finished", Done: int64(len(o.data))})
	}
}

// resumeFile goes on where the receiving end is.
func (h *Host) resumeFile(m wire.Message) {
	h.mu.Lock()
	f, o := h.files[m.ID], h.outgoing[m.ID]
	h.mu.Unlock()
	switch {
	case f != nil:
		h.Say(wire.Message{Type: "file", ID: m.ID, State: "running", Done: int64(len(f.data))})
	case o != nil:
		h.pumping.Lock()
		o.sent = int(m.Done)
		h.pumping.Unlock()
		h.Say(wire.Message{Type: "file", ID: m.ID, State: "running", Done: m.Done})
		h.pump(o, m.Done)
	}
}
