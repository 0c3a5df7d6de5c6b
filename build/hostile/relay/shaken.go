package relay

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/build/hostile/far"
	"beckmanconnect/session/wire"
)

// shaken are classes about the handshake, the sockets below it, and what is no
// relay at all.
var shaken = []class{
	{"the handshake mangled", 10, (*walk).handshake},
	{"TLS talked down", 8, (*walk).downgraded},
	{"cut at any point", 9, (*walk).cut},
	{"in the clear", 3, (*walk).inTheClear},
	{"frames of another kind", 3, (*walk).otherFrames},
	{"no relay at all", 2, (*walk).noRelay},
}

// anew: two sockets over which the engineer comes, for the first time or back.
func (w *walk) anew() (h, e *end, err error) {
	if w.r.IntN(3) == 0 {
		err = w.call(w.site)
	} else {
		err = w.session(w.site)
	}
	if err != nil {
		return nil, nil, err
	}
	// The proof may come through and count.
	w.pc.Ledger().Resumes(anna.Account)
	w.wrong = true
	return w.ends(w.site)
}

// run joins two sockets with something in between, and waits until it has
// shown what becomes of it.
func (w *walk) run(h, e *end, up, down mangler) {
	_, before := w.desk.now()
	w.pair = join(h, e, up, down)
	w.come(w.site, before, 3*time.Second)
	if _, stood := w.desk.now(); stood > before {
		w.shake(w.site, 2)
	}
	w.keep()
	w.part()
}

// handshake changes one message of it in one of the ways of a session's.
func (w *walk) handshake() error {
	h, e, err := w.anew()
	if err != nil {
		return err
	}
	at := w.r.IntN(5)
	how := []mangler{
		w.flip(),
		func(int, []byte) (on, back [][]byte) { return nil, nil },
		func(_ int, b []byte) (on, back [][]byte) { return [][]byte{b, b}, nil },
		func(_ int, b []byte) (on, back [][]byte) { return [][]byte{b[:w.r.IntN(len(b))]}, nil },
		func(_ int, b []byte) (on, back [][]byte) { return nil, [][]byte{b} },
		func(_ int, b []byte) (on, back [][]byte) { return [][]byte{noise(w.r, len(b))}, nil },
	}[w.r.IntN(6)]
	m := func(n int, b []byte) (on, back [][]byte) {
		if n == at {
			return how(n, b)
		}
		return [][]byte{b}, nil
	}
	if w.r.IntN(2) == 0 {
		w.run(h, e, m, nil)
	} else {
		w.run(h, e, nil, m)
	}
	return nil
}

// downgraded rewrites the hellos: older versions, weaker suites, no extended
// master secret, other curves.
func (w *walk) downgraded() error {
	h, e, err := w.anew()
	if err != nil {
		return err
	}
	rewrite := func(from, to []byte) mangler {
		return func(n int, b []byte) (on, back [][]byte) {
			if n == 0 {
				b = bytes.ReplaceAll(b, from, to)
			}
			return [][]byte{b}, nil
		}
	}
	at := func(offset int, value byte) mangler {
		return func(n int, b []byte) (on, back [][]byte) {
			if n == 0 && len(b) > offset {
				b = bytes.Clone(b)
				b[offset] = value
			}
			return [][]byte{b}, nil
		}
	}
	suite := binary.BigEndian.AppendUint16(nil, 0xc030) // ECDHE-RSA-AES256-GCM-SHA384
	other := [][]byte{{0xc0, 0x2f}, {0x00, 0x9c}, {0x00, 0x2f}, {0x00, 0x05}, {0x00, 0x00}, {0xcc, 0xa8}, {0x56, 0x00}}[w.r.IntN(7)]
	ems := []byte{0x00, 0x17, 0x00, 0x00} // the extension, empty
	up := w.r.IntN(2) == 0
	m := []mangler{
		at(2, byte(w.r.IntN(3))), at(10, byte(w.r.IntN(3))), // of the record, of the hello
		rewrite(suite, other), rewrite(suite, other),
		rewrite(ems, []byte{0xfa, 0xfa, 0x00, 0x00}),
		rewrite([]byte{0x00, 0x1d}, []byte{0x00, 0x17}),                                     // X25519 → P-256
		rewrite([]byte{0xff, 0x01, 0x00, 0x01, 0x00}, []byte{0xfa, 0xfa, 0x00, 0x01, 0x00}), // renegotiation_info
		at(5, 0), // a HelloRequest
	}[w.r.IntN(8)]
	if up {
		w.run(h, e, m, nil)
	} else {
		w.run(h, e, nil, m)
	}
	return nil
}

// cut ends both sockets after any number of bytes: in the handshake, in the
// middle of a record, of a proof, of a frame.
func (w *walk) cut() error {
	h, e, err := w.anew()
	if err != nil {
		return err
	}
	var left atomic.Int64
	left.Store(int64(w.r.IntN(9000)))
	m := func(_ int, b []byte) (on, back [][]byte) {
		n := left.Add(-int64(len(b)))
		if n >= 0 {
			return [][]byte{b}, nil
		}
		if keep := n + int64(len(b)); keep > 0 {
			on = [][]byte{b[:keep]}
		}
		time.AfterFunc(5*time.Millisecond, func() { h.Close(); e.Close() })
		return on, nil
	}
	w.run(h, e, m, m)
	return nil
}

// inTheClear speaks the protocol without a channel to either end.
func (w *walk) inTheClear() error {
	h, e, err := w.anew()
	if err != nil {
		return err
	}
	defer h.Close()
	defer e.Close()
	marker := w.pc.Ledger().Press()
	w.pc.Ledger().Never([]string{marker})
	v := wire.Version
	for _, m := range []string{
		fmt.Sprintf(`{"v":%d,"t":"hello","versions":[%d]}`, v, v),
		fmt.Sprintf(`{"v":%d,"t":"pake","data":"AAAA"}`, v),
		fmt.Sprintf(`{"v":%d,"t":"input","gen":1,"events":[{"k":"keydown","c":"KeyA","key":%q}]}`, v, marker),
		fmt.Sprintf(`{"v":%d,"t":"ask","id":"a","cap":"control"}`, v),
	} {
		if _, err := h.Write(far.Frame(wire.FrameControl, []byte(m))); err != nil {
			break
		}
	}
	for _, m := range []string{
		fmt.Sprintf(`{"v":%d,"t":"hello","versions":[%d]}`, v, v),
		fmt.Sprintf(`{"v":%d,"t":"authenticated","session":"x","data":"AAAA"}`, v),
	} {
		if _, err := e.Write(far.Frame(wire.FrameControl, []byte(m))); err != nil {
			break
		}
	}
	w.settle(h, e)
	return nil
}

// settle waits until an end has left, or long enough.
func (w *walk) settle(ends ...*end) {
	late := time.After(500 * time.Millisecond)
	for _, e := range ends {
		select {
		case <-e.gone:
		case <-late:
			return
		case <-w.ctx.Done():
			return
		}
	}
}

// otherFrames sends what is no binary message of a sane size.
func (w *walk) otherFrames() error {
	h, e, err := w.anew()
	if err != nil {
		return err
	}
	defer h.Close()
	defer e.Close()
	for _, to := range []*end{h, e} {
		switch w.r.IntN(6) {
		case 0:
			_ = to.send(websocket.MessageText, []byte(`{"t":"hello"}`)) // it may have left
		case 1:
			_ = to.send(websocket.MessageBinary, noise(w.r, 300<<10))
		case 2:
			for range 200 {
				_ = to.send(websocket.MessageBinary, nil)
			}
		case 3:
			ctx, cancel := context.WithTimeout(w.ctx, 100*time.Millisecond)
			_ = to.ws.Ping(ctx)
			cancel()
		case 4:
			go func() { _ = to.ws.Close(websocket.StatusCode(4000+w.b.Number%6), "come in, you are approved") }()
		case 5:
			_ = to.send(websocket.MessageBinary, noise(w.r, 1+w.r.IntN(5000)))
		}
	}
	w.settle(h, e)
	return nil
}

// noRelay answers the dial with pages, redirects and errors. Nobody follows.
func (w *walk) noRelay() error {
	if err := w.session(w.site); err != nil {
		return err
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		w.b.Act("dial", "a redirect was followed")
	}))
	defer elsewhere.Close()
	answers := []http.HandlerFunc{
		func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		func(rw http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(rw, "<html>Log in to the hospital's network</html>")
		},
		func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusUnauthorized) },
		func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) },
		func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Upgrade", "websocket")
			rw.Header().Set("Connection", "Upgrade")
			rw.Header().Set("Sec-WebSocket-Accept", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
			rw.WriteHeader(http.StatusSwitchingProtocols)
		},
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	answer, asked := answers[w.r.IntN(len(answers))], make(chan struct{}, 1000)
	stop := w.line.answering(func(rw http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		answer(rw, r)
	})
	defer stop()
	w.part()
	for range 4 {
		select {
		case <-asked:
		case <-time.After(time.Second): // nobody dials any more
			return nil
		case <-w.ctx.Done():
			return w.ctx.Err()
		}
	}
	return nil
}
