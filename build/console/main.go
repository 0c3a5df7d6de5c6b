// Command console builds what the cloud and beckmanconnect-desk serve to an
// engineer's browser: the page from TypeScript by esbuild's Go API, and the
// channel's program for it as WASM. Neither Node nor the network is needed.
//
//	go run ./build/console [--out cloud/console/dist]
//
// It writes only what changed, so that running it again costs next to nothing.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	root := flag.String("root", ".", "the repository's root")
	out := flag.String("out", "cloud/console/dist", "where the files go, below the root")
	scratch := flag.String("scratch", "build/out/console", "where the linker's output is kept, below the root")
	flag.Parse()
	b := builder{root: *root, out: filepath.Join(*root, *out), scratch: filepath.Join(*root, *scratch)}
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "console:", err)
		os.Exit(1)
	}
}

type builder struct{ root, out, scratch string }

func (b builder) web(name string) string {
	return filepath.Join(b.root, "cloud", "console", "web", name)
}

func (b builder) run() error {
	for _, dir := range []string{b.out, b.scratch} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return errors.Join(b.page(), b.wasm())
}

// page bundles scripts and styles, and copies the rest.
func (b builder) page() error {
	goroot, err := b.goCommand(nil, "env", "GOROOT")
	if err != nil {
		return err
	}
	glue := filepath.Join(strings.TrimSpace(goroot), "lib", "wasm", "wasm_exec.js")
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{b.web("app.ts"), b.web("worker.ts"), b.web("look.ts"), b.web("style.css")},
		Outdir:      b.out, Bundle: true, Write: false, LogLevel: api.LogLevelSilent,
		Target: api.ES2022, Format: api.FormatIIFE, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
		MinifyWhitespace: true, MinifySyntax: true, MinifyIdentifiers: true,
		// light-dark() must reach the browser as it stands.
		Engines: []api.Engine{{Name: api.EngineChrome, Version: "123"}, {Name: api.EngineFirefox, Version: "121"}, {Name: api.EngineSafari, Version: "17.5"}},
		Plugins: []api.Plugin{{Name: "go", Setup: func(p api.PluginBuild) {
			p.OnResolve(api.OnResolveOptions{Filter: "^wasm_exec$"}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
				return api.OnResolveResult{Path: glue}, nil
			})
			p.OnResolve(api.OnResolveOptions{Filter: "^colours$"}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
				return api.OnResolveResult{Path: "colours", Namespace: "look"}, nil
			})
			p.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "look"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
				sheet := colours()
				return api.OnLoadResult{Contents: &sheet, Loader: api.LoaderCSS}, nil
			})
		}}},
	})
	if len(result.Errors) > 0 {
		return errors.New(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), ""))
	}
	for _, file := range result.OutputFiles {
		if err := write(file.Path, file.Contents); err != nil {
			return err
		}
	}
	for _, name := range []string{"index.html", "mark.svg"} {
		raw, err := os.ReadFile(b.web(name))
		if err != nil {
			return err
		}
		if err := write(filepath.Join(b.out, name), raw); err != nil {
			return err
		}
	}
	return nil
}

// wasm builds the channel's program. Only the packed form is embedded: every
// browser takes it, and it is a quarter of the size.
func (b builder) wasm() error {
	plain, err := filepath.Abs(filepath.Join(b.scratch, "main.wasm"))
	if err != nil {
		return err
	}
	// go build leaves an up-to-date output alone, so this is quick the second time.
	if _, err := b.goCommand([]string{"GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0"},
		"build", "-ldflags", "-s -w", "-o", plain, "./cloud/console/wasm"); err != nil {
		return err
	}
	raw, err := os.ReadFile(plain)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	stamp, packed := filepath.Join(b.scratch, "main.wasm.sha256"), filepath.Join(b.out, "main.wasm.gz")
	if old, err := os.ReadFile(stamp); err == nil && string(old) == hex.EncodeToString(sum[:]) && exists(packed) {
		return nil
	}
	var gz bytes.Buffer
	w, err := gzip.NewWriterLevel(&gz, gzip.BestCompression) // no name, no time: the same bytes each time
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := write(packed, gz.Bytes()); err != nil {
		return err
	}
	return write(stamp, []byte(hex.EncodeToString(sum[:])))
}

func (b builder) goCommand(env []string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String(), nil
}

// write leaves a file alone that is right already, and never leaves half of
// one.
func write(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
