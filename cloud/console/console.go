// Package console serves the engineer's page: hosted by the cloud, or by
// beckmanconnect-desk on the engineer's own machine. The page itself is made by
// build/console and embedded; it runs under a policy that allows no script but
// its own, no inline code and no foreign address (scenario 44).
package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// Modes of the page: where the end-to-end channel ends.
const (
	Hosted = "hosted" // in the page's worker, in WASM
	Desk   = "desk"   // in beckmanconnect-desk
)

// Config of a Handler.
type Config struct {
	Mode string // Hosted by default
}

// policy is the page's. 'wasm-unsafe-eval' lets WASM be compiled and nothing
// else; trusted types leave the page no way to turn a text into markup. blob: is
// an image the page made itself: the host's pointer as the cursor of its hand.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; " +
	"connect-src 'self'; worker-src 'self'; manifest-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types console"

type asset struct {
	data []byte // gzip: nothing in it is a secret, so its length may tell of it
	kind string
	tag  string
}

// Handler serves "/" and "/assets/"; everything else is not found. It asks for
// no sign-in: the page holds nothing, and what it shows it has to fetch.
func Handler(c Config) http.Handler {
	if c.Mode == "" {
		c.Mode = Hosted
	}
	assets, err := load(c.Mode)
	if err != nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "The console was not built into this program: run go run ./build/console and build again.", http.StatusServiceUnavailable)
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		a.serve(w, r)
	})
}

// Built tells whether the page is in this program.
func Built() bool {
	_, err := load(Hosted)
	return err == nil
}

func load(mode string) (map[string]asset, error) {
	kinds := map[string]string{
		".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
		".svg": "image/svg+xml", ".wasm": "application/wasm",
	}
	out := map[string]asset{}
	for _, name := range []string{"index.html", "app.js", "look.js", "worker.js", "style.css", "mark.svg", "main.wasm.gz"} {
		if mode == Desk && name == "main.wasm.gz" {
			continue // the channel ends in the program
		}
		data, err := fs.ReadFile(dist, "dist/"+name)
		if err != nil {
			return nil, fmt.Errorf("console: %w", err)
		}
		if name == "index.html" {
			data = bytes.Replace(data, []byte(`content="hosted"`), []byte(`content="`+mode+`"`), 1)
		}
		at, packed := strings.CutSuffix(name, ".gz")
		if !packed {
			if data, err = pack(data); err != nil {
				return nil, fmt.Errorf("console: %s: %w", name, err)
			}
		}
		sum := sha256.Sum256(data)
		a := asset{data: data, kind: kinds[path.Ext(at)], tag: `"` + hex.EncodeToString(sum[:12]) + `"`}
		if at == "index.html" {
			out["/"] = a
		} else {
			out["/assets/"+at] = a
		}
	}
	return out, nil
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), display-capture=()")
	h.Set("Cache-Control", "no-cache") // ask each time; the tag makes that cheap
	h.Set("Content-Type", a.kind)
	h.Set("ETag", a.tag)
	if match := r.Header.Get("If-None-Match"); match != "" && strings.Contains(match, a.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	data := a.data
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
	} else {
		data = unpack(a.data)
	}
	h.Set("Content-Length", fmt.Sprint(len(data)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(data)
}

func pack(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression) // no name, no time: the same bytes each time
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func unpack(packed []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	out, _ := io.ReadAll(r) // our own bytes
	return out
}
