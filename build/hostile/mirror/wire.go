package mirror

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// wired classes attack by how an answer travels.
var wired = []class{
	{"endless data", 5, (*walk).endless},
	{"slow data", 1, (*walk).slow},
	{"redirects and statuses", 6, (*walk).statuses},
	{"wrong lengths, encodings and broken answers", 8, (*walk).encodings},
}

func classes() []class {
	var all []class
	for _, part := range [][]class{replayed, forgeries, textual, wired, lies} {
		all = append(all, part...)
	}
	return all
}

// piece is something that a check, or a download after it, asks for.
func (w *walk) piece() (match func(path string) bool, err error) {
	if w.r.IntN(4) == 0 {
		return func(path string) bool { return strings.HasPrefix(path, "targets/") }, nil
	}
	role := pick(w, roles)
	return func(path string) bool { return roleOf(path) == role }, w.vendor.publish()
}

// endless answers one piece without end, with and without a length, after a
// good beginning or with nothing in it.
func (w *walk) endless() error {
	match, err := w.piece()
	if err != nil {
		return err
	}
	kind := w.r.IntN(4)
	block := bytes.Repeat([]byte(pick(w, []string{"\x00", " ", "[", `{"a":`, "x"})), 16<<10)
	w.serve(w.vendor.newest(), func(rw http.ResponseWriter, r *http.Request, path string) bool {
		if !match(path) {
			return false
		}
		if kind == 0 {
			rw.Header().Set("Content-Length", "1099511627776")
		}
		if kind == 1 {
			if text, ok := w.vendor.newest().files[path]; ok {
				_, _ = rw.Write(text)
			}
		}
		for r.Context().Err() == nil {
			if _, err := rw.Write(block); err != nil {
				break
			}
		}
		return true
	})
	w.look()
	return nil
}

// slow lets one piece drip, or does not answer.
func (w *walk) slow() error {
	role := pick(w, roles)
	if err := w.vendor.publish(); err != nil {
		return err
	}
	kind := w.r.IntN(3)
	w.serve(w.vendor.newest(), func(rw http.ResponseWriter, r *http.Request, path string) bool {
		if roleOf(path) != role {
			return false
		}
		flush := http.NewResponseController(rw)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-r.Context().Done():
				return true
			case <-tick.C:
			}
			if kind == 0 {
				continue // not a word
			}
			if _, err := rw.Write([]byte(" ")); err != nil || flush.Flush() != nil {
				return true
			}
		}
	})
	w.pc.hurried(w.look)
	return nil
}

// statuses answers one piece with another status than it should.
func (w *walk) statuses() error {
	match, err := w.piece()
	if err != nil {
		return err
	}
	status := pick(w, []int{
		201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 407, 408, 410, 418, 421, 425, 429, 451, 500, 501, 502, 503, 504, 511, 599, 999,
	})
	to := pick(w, []string{
		w.server.url, w.server.url + "metadata/1.root.json", "/metadata/timestamp.json", "http://127.0.0.1:9/", "https://other.example/", "file:///etc/passwd", "//other.example/x",
		"javascript:1", "\x7f", "", strings.Repeat("a", 100_000),
	})
	span := pick(w, []string{"bytes 0-0/1", "bytes */*", "x"})
	w.serve(w.vendor.newest(), func(rw http.ResponseWriter, _ *http.Request, path string) bool {
		if !match(path) {
			return false
		}
		rw.Header()["Location"] = []string{to}
		rw.Header().Set("Content-Range", span)
		rw.Header().Set("Retry-After", "1000000")
		rw.Header().Set("WWW-Authenticate", "Negotiate")
		rw.WriteHeader(status)
		if status >= 200 && status != 204 && status != 304 {
			_, _ = rw.Write(w.vendor.newest().files[path])
		}
		return true
	})
	w.look()
	return nil
}

// encodings writes the answer by hand: lengths that are not those of what
// follows, encodings, headers without end, and what is no HTTP.
func (w *walk) encodings() error {
	match, err := w.piece()
	if err != nil {
		return err
	}
	kind := w.r.IntN(22)
	w.serve(w.vendor.newest(), func(rw http.ResponseWriter, _ *http.Request, path string) bool {
		if !match(path) {
			return false
		}
		text := w.vendor.newest().files[path]
		if text == nil {
			text = w.vendor.files[path]
		}
		conn, _, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			return true
		}
		defer conn.Close()
		_ = conn.SetWriteDeadline(time.Now().Add(20 * time.Second)) // whoever does not read is let go
		say := func(head string, body []byte) {
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n" + head + "\r\n"))
			_, _ = conn.Write(body)
		}
		length := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n", n) }
		switch kind {
		case 0:
			say(length(len(text)+10), text)
		case 1:
			say(length(len(text)/2), text)
		case 2:
			say(length(0), text)
		case 3:
			say("Content-Length: -1\r\n", text)
		case 4:
			say(length(len(text))+length(len(text)+1), text)
		case 5:
			say("Content-Encoding: gzip\r\n"+length(len(bomb())), bomb())
		case 6:
			say("Content-Encoding: gzip\r\n"+length(len(packed(text))), packed(text))
		case 7:
			say("Content-Encoding: br, gzip, deflate\r\n"+length(len(text)), text)
		case 8:
			say("Transfer-Encoding: chunked\r\n", []byte("ffffffffffffffff\r\n"))
		case 9:
			say("Transfer-Encoding: chunked\r\n", fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n%s\r\n", len(text), text, strings.Repeat("X-T: y\r\n", 1000)))
		case 10:
			say("Transfer-Encoding: chunked\r\n"+length(3), fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", len(text), text))
		case 11:
			say(strings.Repeat("X-Filler: "+strings.Repeat("y", 1000)+"\r\n", 20_000), text)
		case 12:
			_, _ = conn.Write(bytes.Repeat([]byte("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), 10_000))
		case 13:
			_, _ = conn.Write(bytes.Repeat([]byte("HTTP/1.1 100 Continue\r\n\r\n"), 10_000))
		case 14:
			_, _ = conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"))
		case 15:
			_, _ = conn.Write([]byte("HTTP/0.9 200\r\n\r\n"))
		case 16:
			_, _ = conn.Write([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
		case 17:
			_, _ = conn.Write(noiseOf(text, 5000))
		case 18:
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain"))
		case 19:
			say("Bad Header\r\n: x\r\n", text)
		case 20:
			say("Connection: close\r\n", text[:len(text)/2])
		default: // it only hangs up
		}
		return true
	})
	w.look()
	return nil
}

func packed(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text)
	_ = z.Close()
	return b.Bytes()
}

// bomb unpacks to 64 MB.
func bomb() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	block := make([]byte, 1<<20)
	for range 64 {
		_, _ = z.Write(block)
	}
	_ = z.Close()
	return b.Bytes()
}

// noiseOf is n bytes that are no HTTP.
func noiseOf(text []byte, n int) []byte {
	b := bytes.Repeat(append(bytes.Clone(text), '\n'), n/(len(text)+1)+1)
	for i := range b {
		b[i] ^= 0x5a
	}
	return b[:n]
}
