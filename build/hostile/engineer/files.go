package engineer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"beckmanconnect/build/hostile/pc"
	"beckmanconnect/session/wire"
)

// Classes about files.
var files = []class{
	{"a file nobody allowed", 6, (*walk).unasked},
	{"not the file that was allowed", 7, (*walk).otherFile},
	{"names of files", 6, (*walk).fileNames},
	{"a file after its end", 3, (*walk).lateChunks},
}

func fileOf(name string, data []byte) *wire.File {
	sum := sha256.Sum256(data)
	return &wire.File{Name: name, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
}

// transfer sends bytes in chunks, and their end.
func (w *walk) transfer(id string, data []byte) error {
	for rest := data; len(rest) > 0; {
		n := min(len(rest), 1+w.r.IntN(wire.MaxChunk))
		if err := gone(w.peer.Frame(wire.FrameChunk, w.chunk(id, rest[:n]))); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return w.say(wire.Message{Type: "file-end", ID: id})
}

// unasked: bytes of a file that was denied, still stands in a prompt, or was
// never asked for.
func (w *walk) unasked() error {
	if err := w.session(); err != nil {
		return err
	}
	if w.asked > 10 {
		w.minute()
	}
	id, data := w.id(), w.data()
	switch w.r.IntN(3) {
	case 0:
		w.asked++
		if err := w.say(wire.Message{Type: "ask-file", ID: id, Reason: w.planned(pc.Plan{}), File: fileOf("denied.txt", data)}); err != nil {
			return err
		}
	case 1:
		w.asked++
		defer w.minute()
		if err := w.say(wire.Message{Type: "ask-file", ID: id, Reason: w.planned(pc.Plan{Ignore: true}), File: fileOf("waiting.txt", data)}); err != nil {
			return err
		}
	}
	if err := w.transfer(id, data); err != nil {
		return err
	}
	return w.peer.Barrier(w.ctx)
}

// offer asks for a file that the technician allows; ok says that it may come.
func (w *walk) offer(id, name string, data []byte) (ok bool, err error) {
	if err := w.session(); err != nil {
		return false, err
	}
	if err := w.settled(); err != nil {
		return false, err
	}
	if w.asked > 10 {
		w.minute()
	}
	w.asked++
	if err := w.say(wire.Message{Type: "ask-file", ID: id, Reason: w.planned(pc.Plan{Allow: true}), File: fileOf(name, data)}); err != nil {
		return false, err
	}
	m, err := w.answer(id)
	return m.Granted, err
}

// over waits until a transfer has ended, whichever way.
func (w *walk) over(id string) error {
	_, err := w.peer.Hear(w.ctx, "the end of the transfer", func(m wire.Message) bool {
		return m.Type == "file" && m.ID == id && !slices.Contains([]string{"running", "checking", "saving"}, m.State)
	})
	return err
}

// otherFile: allowed is one file; what comes is another one, more, less, by
// another ID, twice, or in another order.
func (w *walk) otherFile() error {
	id, data := w.id(), append(w.data(), "the end"...)
	ok, err := w.offer(id, "allowed.txt", data)
	if err != nil || !ok {
		return err
	}
	switch w.r.IntN(8) {
	case 0:
		other := bytes.Clone(data)
		other[w.r.IntN(len(other))] ^= 1
		err = w.transfer(id, other)
	case 1:
		err = w.transfer(id, append(data, "more"...))
	case 2:
		err = w.transfer(id, data[:len(data)-1])
	case 3:
		if err = w.transfer(w.id(), data); err == nil {
			err = w.say(wire.Message{Type: "file-end", ID: id})
		}
	case 4: // the same ID again, for another file, while the first still comes
		w.asked++
		if err = w.say(wire.Message{Type: "ask-file", ID: id, Reason: w.planned(pc.Plan{Allow: true}), File: fileOf("second.txt", []byte("x"))}); err == nil {
			err = w.transfer(id, []byte("x"))
		}
	case 5:
		err = w.transfer(strings.ToUpper(id), bytes.Repeat([]byte{0}, len(data)))
		if err == nil {
			err = w.say(wire.Message{Type: "file-end", ID: id})
		}
	case 6:
		_ = w.pc.Revoke(capabilities[wire.Files]) // the technician stops it
		err = w.transfer(id, data)
	case 7: // the right one
		err = w.transfer(id, data)
	}
	if err != nil {
		return err
	}
	return w.over(id)
}

// fileNames: allowed, and with the bytes that were allowed; where it lands is
// the question (scenario 30).
func (w *walk) fileNames() error {
	name := pick(w, []string{
		"..", ".", "", "../../etc/passwd", `..\..\windows\system32\evil.dll`, "/etc/cron.d/x", `C:\autoexec.bat`, `\\server\share\x`, "//server/share/x",
		"CON", "con.txt", "NUL", "COM1", "LPT9.log", "aux.h", "a:b", "file.txt:stream", "file.txt::$DATA", ".incoming", ".incoming/x", "..\x00.txt",
		"exe.\u202etxt", "gpj\u202e.exe", "a\u200b.txt", "con\u0131", "COM¹", "‥/x", "∕etc∕passwd", "．．／x", "trailing.", "trailing ", " leading", ".hidden",
		strings.Repeat("a", 300) + ".txt", strings.Repeat("ä", 2000), "a\nb\r.txt", "a\tb", "-rf", "~", "$HOME", "%TEMP%", "`id`.txt", "a|b>c", "😀.txt", "data/x", "tries",
	})
	id, data := w.id(), w.data()
	ok, err := w.offer(id, name, data)
	if err != nil || !ok {
		return err
	}
	if err := w.transfer(id, data); err != nil {
		return err
	}
	return w.over(id)
}

// lateChunks: a transfer that is over takes nothing in.
func (w *walk) lateChunks() error {
	id, data := w.id(), w.data()
	ok, err := w.offer(id, "late.txt", data)
	if err != nil || !ok {
		return err
	}
	if w.r.IntN(2) == 0 {
		err = w.say(wire.Message{Type: "cancel", ID: id})
	} else {
		err = w.transfer(id, data)
	}
	if err != nil {
		return err
	}
	if err := w.over(id); err != nil {
		return err
	}
	if err := w.transfer(id, w.data()); err != nil {
		return err
	}
	if err := w.say(wire.Message{Type: "file-end", ID: id}); err != nil {
		return err
	}
	return w.peer.Barrier(w.ctx)
}
