package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"

	"beckmanconnect/build/benchmark/paint"
	"beckmanconnect/build/stage"
)

// keySamples is how many keys are pressed at each viewer.
const keySamples = 200

// keyTimes runs in the viewer's page. A key counts from the moment at which the
// page's first listener hears of it until the block that the key changes has
// its other colour on the canvas. The page looks every millisecond: a timer
// that repeats may do so every 4 ms only, so there are four.
const keyTimes = `(() => {
	const canvas = document.querySelector(%q);
	const small = document.createElement('canvas');
	small.width = small.height = 4;
	const context = small.getContext('2d', {willReadFrequently: true, alpha: false});
	const b = window.benchKeys = {samples: [], lost: 0, looks: 0, timers: [], waits: () => began > 0};
	let last, began = 0;
	const look = () => {
		context.drawImage(canvas, %d, %d, 4, 4, 0, 0, 4, 4);
		const red = context.getImageData(1, 1, 1, 1).data[0];
		b.looks++;
		if (began && Math.abs(red - last) > 60) { b.samples.push(performance.now() - began); began = 0; }
		if (!began) last = red;
	};
	window.addEventListener('keydown', () => {
		if (began) b.lost++;
		began = performance.now();
	}, {capture: true});
	for (let i = 0; i < 4; i++) setTimeout(() => b.timers.push(setInterval(look, 4)), i);
})()`

// pressKeys presses keys at a viewer, whose canvas has the keyboard, and gives what
// each took (ms).
func pressKeys(ctx context.Context, c *contender, tab *stage.Browser, canvas, focus string, count int) ([]float64, error) {
	p, err := paint.Open(paint.Config{Display: c.display, Work: paint.Echo, Seed: seed})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	at := paint.EchoAt.Min.Add(paint.EchoAt.Size().Div(2))
	if err := inTurn(
		func() error { return tab.Eval(focus, nil) },
		p.Focus,
		func() error { return tab.Eval(fmt.Sprintf(keyTimes, canvas, at.X-2, at.Y-2), nil) },
		func() error { return pause(ctx, 500*time.Millisecond) },
	); err != nil {
		return nil, err
	}
	defer tab.Eval(`window.benchKeys.timers.forEach(clearInterval)`, nil)
	// Apart far enough for the slowest, and never in step with anything.
	random := rand.New(rand.NewPCG(seed, 1))
	for range count {
		down := input.DispatchKeyEvent(input.KeyRawDown).WithKey("a").WithCode("KeyA").WithWindowsVirtualKeyCode(65).WithNativeVirtualKeyCode(38)
		up := input.DispatchKeyEvent(input.KeyUp).WithKey("a").WithCode("KeyA").WithWindowsVirtualKeyCode(65).WithNativeVirtualKeyCode(38)
		if err := tab.Do(10*time.Second, chromedp.ActionFunc(func(ctx context.Context) error {
			if err := down.Do(ctx); err != nil {
				return err
			}
			return up.Do(ctx)
		})); err != nil {
			return nil, fmt.Errorf("%s: press a key: %w", c.name, err)
		}
		if err := pause(ctx, 110*time.Millisecond+time.Duration(random.IntN(40_000))*time.Microsecond); err != nil {
			return nil, err
		}
		if err := shown(ctx, tab); err != nil {
			return nil, err
		}
	}
	var told struct {
		Samples     []float64
		Lost, Looks int
	}
	if err := tab.Eval(`(({samples, lost, looks}) => ({Samples: samples, Lost: lost, Looks: looks}))(window.benchKeys)`, &told); err != nil {
		return nil, err
	}
	if told.Lost > count/20 || len(told.Samples) < count*9/10 {
		return nil, fmt.Errorf("%s: only %d of %d keys came back as a picture, %d were lost", c.name, len(told.Samples), count, told.Lost)
	}
	return told.Samples, nil
}

// shown waits until the newest key has shown, or is lost.
func shown(ctx context.Context, tab *stage.Browser) error {
	for end := time.Now().Add(keyLost); time.Now().Before(end); {
		waits := false
		if err := tab.Eval(`window.benchKeys.waits()`, &waits); err != nil || !waits {
			return err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// keyLost is when a key counts as lost that has not shown.
const keyLost = 3 * time.Second

// noVNCPage shows a peer in noVNC as its own page does, scaled to fit like the
// console's picture.
const noVNCPage = `<!doctype html><meta charset="utf-8"><title>%[1]s</title><body style="margin:0"><div id="screen" style="width:1500px;height:844px"></div>
<script type="module">
import RFB from '/core/rfb.js';
const rfb = window.rfb = new RFB(document.getElementById('screen'), 'ws://' + location.host + '/socket/%[1]s');
rfb.scaleViewport = true;
rfb.addEventListener('connect', () => { document.body.dataset.connected = 'yes'; rfb.focus(); });
</script>`

// serveNoVNC serves noVNC and, in place of websockify, the way from its
// WebSocket to each peer: a quicker one than websockify's Python.
func serveNoVNC(ctx context.Context, all []*contender) (address string, stop func(), err error) {
	if _, err := http.Dir(noVNCDir).Open("core/rfb.js"); err != nil {
		return "", nil, fmt.Errorf("noVNC is not installed; build/bench screen installs it (Debian: novnc): %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/core/", http.FileServer(http.Dir(noVNCDir)))
	mux.Handle("/vendor/", http.FileServer(http.Dir(noVNCDir)))
	for _, c := range all {
		if c.name == ours {
			continue
		}
		mux.HandleFunc("/"+c.name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, noVNCPage, c.name)
		})
		mux.HandleFunc("/socket/"+c.name, func(w http.ResponseWriter, r *http.Request) { bridge(w, r, c.line.port()) })
	}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", firstPort+99))
	if err != nil {
		return "", nil, fmt.Errorf("the bench's own port: %w", err)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // until it is closed
	}()
	return "http://" + l.Addr().String(), func() {
		server.Close()
		<-done
	}, nil
}

func bridge(w http.ResponseWriter, r *http.Request, port int) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"binary"}, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept answered
	}
	ws.SetReadLimit(-1)
	near := websocket.NetConn(context.WithoutCancel(r.Context()), ws, websocket.MessageBinary)
	defer near.Close()
	far, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(far, near) // ends with either
		far.Close()
	}()
	_, _ = io.Copy(near, far)
	far.Close()
}

// peerKeys measures a peer in noVNC, in a tab of the same browser.
func peerKeys(ctx context.Context, c *contender, b *stage.Browser, address string, count int) ([]float64, error) {
	tab, err := b.Tab()
	if err != nil {
		return nil, err
	}
	defer tab.Close()
	within, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := inTurn(
		tab.Front,
		func() error { return tab.Open(address + "/" + c.name) },
		func() error {
			return tab.Wait(within, "noVNC to connect to "+c.name, fmt.Sprintf(`document.body?.dataset.connected && document.querySelector('canvas')?.width === %d`, paint.Width))
		},
		func() error { return pause(ctx, 1500*time.Millisecond) }, // its first picture
	); err != nil {
		return nil, err
	}
	return pressKeys(ctx, c, tab, "canvas", `window.rfb.focus()`, count)
}

// ourKeys measures the console.
func (r *rig) ourKeys(ctx context.Context, count int) ([]float64, error) {
	if err := r.front(); err != nil {
		return nil, err
	}
	// What has the keyboard is a field where the page takes input methods' text.
	const focus = `(document.querySelector('#keyboard') ?? document.querySelector('#screen')).focus({preventScroll: true})`
	took, err := pressKeys(ctx, r.contender, r.browser, "#screen", focus, count)
	if err != nil {
		_ = r.browser.Shot(filepath.Join(r.pc.Dir, "keys.png")) // what stood in the way; the fault says where
		return nil, errors.Join(err, fmt.Errorf("what the console showed is in %s", filepath.Join(r.pc.Dir, "keys.png")))
	}
	return took, nil
}
