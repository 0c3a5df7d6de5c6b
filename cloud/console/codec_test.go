package console_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/session/screen"
)

// codecPage is the console's decoder alone.
func codecPage(t *testing.T) http.Handler {
	t.Helper()
	result := api.Build(api.BuildOptions{
		Stdin: &api.StdinOptions{
			ResolveDir: "web", Loader: api.LoaderTS,
			Contents: `import { Decoder, FormatError } from "./decoder"; import { InflateError } from "./inflate";
				Object.assign(globalThis, { Decoder, FormatError, InflateError });`,
		},
		Bundle: true, Write: false, Target: api.ES2022, Format: api.FormatIIFE, LogLevel: api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		t.Fatal(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}))
	}
	const page = `<!doctype html><meta charset="utf-8"><body data-phase="codec"><script src="codec.js"></script><script>
		const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
		globalThis.newDecoder = () => { globalThis.canvas = new OffscreenCanvas(1, 1); globalThis.decoder = new Decoder(canvas); };
		globalThis.show = async updates => {
			const spent = [];
			for (const u of updates) { const t = performance.now(); await decoder.apply(bytes(u)); spent.push(performance.now() - t); }
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
				try { await decoder.apply(bytes(u)); } catch (e) { if (!(e instanceof FormatError || e instanceof InflateError)) wrong.push(String(e)); }
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
	if wrong := run[[]string](t, b, "refuse", hostile); len(wrong) > 0 {
		t.Errorf("refused with %q", wrong)
	}
	b.Clean()
}
