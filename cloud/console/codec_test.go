package console_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/evanw/esbuild/pkg/api"

	"beckmanconnect/app/desktop/video"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/session/screen"
)

// codecPage is the console's decoder alone.
func codecPage(t *testing.T) http.Handler {
	t.Helper()
	result := api.Build(api.BuildOptions{
		Stdin: &api.StdinOptions{
			ResolveDir: "web", Loader: api.LoaderTS,
			Contents: `import { Decoder, FormatError } from "./decoder"; import { InflateError } from "./inflate"; import { Surface } from "./surface";
				Object.assign(globalThis, { Decoder, FormatError, InflateError, Surface });`,
		},
		Bundle: true, Write: false, Target: api.ES2022, Format: api.FormatIIFE, LogLevel: api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		t.Fatal(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}))
	}
	const page = `<!doctype html><meta charset="utf-8"><body data-phase="codec"><script src="codec.js"></script><script>
		const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
		globalThis.newDecoder = () => { globalThis.canvas = new OffscreenCanvas(1, 1); globalThis.surface = new Surface(canvas); globalThis.decoder = new Decoder(); };
		globalThis.apply = async u => { surface.show((await decoder.apply(bytes(u))).patch); };
		globalThis.show = async updates => {
			const spent = [];
			for (const u of updates) { const t = performance.now(); await apply(u); spent.push(performance.now() - t); }
			const c = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
			c.drawImage(canvas, 0, 0);
			const rgba = c.getImageData(0, 0, canvas.width, canvas.height).data, rgb = new Uint8Array(canvas.width * canvas.height * 3);
			for (let i = 0, o = 0; i < rgba.length; i += 4) { rgb[o++] = rgba[i]; rgb[o++] = rgba[i + 1]; rgb[o++] = rgba[i + 2]; }
			const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", rgb));
			return { hash: Array.from(sum, b => b.toString(16).padStart(2, "0")).join(""), spent };
		};
		globalThis.refuse = async updates => {
			const wrong = [];
			for (const u of updates) {
				newDecoder();
				try { await apply(u); } catch (e) { if (!(e instanceof FormatError || e instanceof InflateError)) wrong.push(String(e)); }
			}
			return wrong;
		};
		newDecoder();
	</script>`
	mux := http.NewServeMux()
	mux.HandleFunc("/codec.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(result.OutputFiles[0].Contents)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(page))
	})
	return mux
}

type shown struct {
	Hash  string
	Spent []float64
}

func run[T any](t *testing.T, b *consoletest.Browser, call string, updates [][]byte) (out T) {
	t.Helper()
	list := make([]string, len(updates))
	for i, u := range updates {
		list[i] = base64.StdEncoding.EncodeToString(u)
	}
	raw, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	b.Wait(call + "(" + string(raw) + ").then(r => { window.result = JSON.stringify(r); return true; })")
	if err := json.Unmarshal([]byte(b.Text("window.result")), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func frameHash(f screen.Frame) string {
	h := sha256.New()
	for y := range f.Height {
		row := f.Pix[y*f.Stride:][:4*f.Width]
		rgb := make([]byte, 0, 3*f.Width)
		for i := 0; i < len(row); i += 4 {
			rgb = append(rgb, row[i+2], row[i+1], row[i])
		}
		h.Write(rgb)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// The console's decoder shows exactly what the Go encoder meant, after every
// picture, and refuses what is no update with an error of its own (scenario 53).
func TestDecoderShowsWhatWasSent(t *testing.T) {
	server := httptest.NewServer(codecPage(t))
	defer server.Close()
	b := consoletest.Open(t, nil, "en-US")
	b.Go(server.URL)
	b.Wait(`typeof newDecoder === "function"`)
	desktop := consoletest.NewDesktop(1280, 800)
	enc := screen.NewEncoder(screen.Config{})
	var all [][]byte
	for n := range 14 {
		budget := 0
		if n%4 == 3 {
			budget = 20 << 10
		}
		if n == 9 {
			enc.Reset()
		}
		f := desktop.Frame()
		var updates [][]byte
		for first := true; first || enc.Pending(); first = false {
			if u := enc.Encode(nil, f, nil, budget); len(u) > 0 {
				updates = append(updates, u)
			}
		}
		got := run[shown](t, b, "show", updates)
		if want := frameHash(f); got.Hash != want {
			t.Fatalf("picture %d: the page shows another one", n)
		}
		all = append(all, updates...)
		desktop.Step(n)
	}
	first := all[0]
	var hostile [][]byte
	for i := 0; i < len(first); i += 1 + len(first)/150 {
		hostile = append(hostile, first[:i])
		bad := append([]byte(nil), first...)
		bad[i] ^= 1 << (i % 8)
		hostile = append(hostile, bad)
	}
	for some := range slices.Chunk(hostile, 30) { // each within what a page is given for one answer
		if wrong := run[[]string](t, b, "refuse", some); len(wrong) > 0 {
			t.Errorf("refused with %q", wrong)
		}
	}
	b.Clean()
}

// Motion comes as video, near to what was sent, and is exact once it stands
// still; JPEG stands for a system without the codec.
func TestDecoderShowsVideo(t *testing.T) {
	server := httptest.NewServer(codecPage(t))
	defer server.Close()
	b := consoletest.Open(t, nil, "en-US")
	b.Go(server.URL)
	b.Wait(`typeof newDecoder === "function"`)
	for name, make := range map[string]func(w, h int) (screen.VideoEncoder, error){
		"best": video.New,
		"JPEG": func(w, h int) (screen.VideoEncoder, error) { return video.NewJPEG(w, h) },
	} {
		t.Run(name, func(t *testing.T) {
			b.Wait(`(newDecoder(), true)`)
			now := time.Unix(1e9, 0)
			enc := screen.NewEncoder(screen.Config{Video: make, Now: func() time.Time { return now }})
			defer enc.Close()
			desktop := consoletest.NewDesktop(1280, 800)
			f := desktop.Frame()
			clip := image.Rect(190, 130, 845, 610) // nothing of it is even
			noise := rand.New(rand.NewPCG(3, 3))
			frames := 0
			send := func(damage []image.Rectangle) (updates [][]byte) {
				for range 20 {
					u := enc.Encode(nil, f, damage, 0)
					if len(u) > 0 {
						h, err := screen.ParseHeader(u)
						if err != nil {
							t.Fatal(err)
						}
						if h.Video {
							frames++
						}
						updates = append(updates, u)
					}
					if !enc.Pending() {
						break
					}
					now, damage = now.Add(20*time.Millisecond), []image.Rectangle{}
				}
				return updates
			}
			updates := send(nil)
			for n := range 40 {
				now = now.Add(40 * time.Millisecond)
				for y := clip.Min.Y; y < clip.Max.Y; y++ {
					for x := clip.Min.X; x < clip.Max.X; x++ {
						p := f.Pix[y*f.Stride+4*x:]
						v := 128 + 90*math.Sin(float64(x+5*n)/37)*math.Cos(float64(y-3*n)/29)
						p[0], p[1], p[2] = byte(v), byte(255-v), byte(v/2)+byte(noise.IntN(6))
					}
				}
				updates = append(updates, send([]image.Rectangle{clip})...)
			}
			if !enc.Video() || frames < 10 {
				t.Fatalf("%d frames came as video", frames)
			}
			got := run[shown](t, b, "show", updates)
			if got.Hash == frameHash(f) {
				t.Error("video is exact: it was not shown")
			}
			// Near: what the page shows at some places of the clip.
			worst := 0
			for _, at := range []image.Point{{200, 140}, {500, 300}, {640, 555}, {840, 600}} {
				p := f.Pix[at.Y*f.Stride+4*at.X:]
				var rgba [4]int
				if err := json.Unmarshal([]byte(b.Text(pixelAt(at))), &rgba); err != nil {
					t.Fatal(err)
				}
				for i := range 3 {
					worst = max(worst, rgba[i]-int(p[2-i]), int(p[2-i])-rgba[i])
				}
			}
			if worst > 40 {
				t.Errorf("a colour is %d off", worst)
			}
			var settled [][]byte
			for wait, ok := enc.Wake(); ok; wait, ok = enc.Wake() {
				now = now.Add(wait)
				settled = append(settled, send([]image.Rectangle{})...)
			}
			if got := run[shown](t, b, "show", settled); got.Hash != frameHash(f) {
				t.Error("the settled picture is not exact")
			}
			t.Logf("%d video frames, worst of some colours %d off", frames, worst)
		})
	}
	b.Clean()
}

func pixelAt(p image.Point) string {
	return fmt.Sprintf(`JSON.stringify(Array.from((() => {
		const c = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
		c.drawImage(canvas, 0, 0);
		return c.getImageData(%d, %d, 1, 1).data;
	})()))`, p.X, p.Y)
}

// What a dragged window uncovers comes from the page's own memory.
func TestDecoderShowsWhatAWindowUncovers(t *testing.T) {
	server := httptest.NewServer(codecPage(t))
	defer server.Close()
	b := consoletest.Open(t, nil, "en-US")
	b.Go(server.URL)
	b.Wait(`typeof newDecoder === "function"`)
	noise := rand.New(rand.NewPCG(9, 9))
	const w, h = 640, 480
	behind, window := make([]byte, 4*w*h), make([]byte, 4*200*150)
	for i := range behind {
		behind[i] = byte(noise.IntN(64))
	}
	for i := range window {
		window[i] = byte(noise.Uint32())
	}
	enc := screen.NewEncoder(screen.Config{})
	for n := range 19 { // there, and back
		f := screen.Frame{Pix: append([]byte(nil), behind...), Stride: 4 * w, Width: w, Height: h}
		step := min(n, 18-n)
		for y := range 150 {
			copy(f.Pix[(30+7*step+y)*f.Stride+4*(20+13*step):], window[4*200*y:][:4*200])
		}
		got := run[shown](t, b, "show", [][]byte{enc.Encode(nil, f, nil, 0)})
		if want := frameHash(f); got.Hash != want {
			t.Fatalf("picture %d: the page shows another one", n)
		}
	}
}
