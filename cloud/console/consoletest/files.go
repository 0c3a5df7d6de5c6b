package consoletest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"beckmanconnect/session/engineer/engineertest"
	"beckmanconnect/session/wire"
)

func random(seed byte, size int) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(data)
	return data
}

const firstFile = `document.querySelector("#files .file")`

// save has the browser keep the first file of the list, and waits until it is
// what was sent: the browser reserves the name with an empty file first.
func save(ctx context.Context, tb testing.TB, b *Browser, name string, sent []byte) {
	tb.Helper()
	dir := b.Keep()
	b.Click("#files .file a.save")
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		kept, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && bytes.Equal(kept, sent) {
			return
		}
		select {
		case <-ctx.Done():
			tb.Fatalf("%s was kept with %d bytes, sent with %d: %v", name, len(kept), len(sent), err)
		case <-ticker.C:
		}
	}
}

// fetchFiles: files of the technician's, asked for and not, small and large
// enough for the browser's own file system, and one that is not what was promised.
func fetchFiles(ctx context.Context, tb testing.TB, b *Browser, o *Other) {
	tb.Helper()
	b.Do("open the rest of what may be asked for", chromedp.Evaluate(`document.querySelector("#more").open = true`, nil))
	for i, f := range []struct {
		name string
		size int
	}{{"empty.log", 0}, {"run-2026-11-24.log", 3<<20 + 5}, {"archive.bin", 65 << 20}} {
		data := random(byte(i+10), f.size)
		if f.size < 1<<20 {
			o.Host.Offer(fmt.Sprintf("%032x", i+1), f.name, data)
		} else {
			o.Host.Fetch = func() (string, []byte) { return f.name, data }
			b.Click("#ask-fetch")
		}
		b.Wait(firstFile + `?.dataset.state === "finished" && ` + firstFile + `.querySelector("a.save").checkVisibility() && ` + firstFile + `.querySelector("a.save").download === "` + f.name + `"`)
		save(ctx, tb, b, f.name, data)
		o.Host.Await(ctx, "the word that it is whole", func(facts engineertest.Facts) bool {
			m := facts.Received[len(facts.Received)-1]
			return m.Type == "file" && m.State == "finished"
		})
	}
	b.Shot("fetched")
	allow := o.Host.Answer
	o.Host.Answer = func(wire.Message) wire.Message { return wire.Message{Why: "no-scanner"} }
	b.Click("#ask-fetch")
	b.Wait(firstFile + `.dataset.state === "denied" && ` + firstFile + `.textContent.includes("No malware scanner")`)
	o.Host.Answer = allow
	o.Host.Say(wire.Message{Type: "may", May: map[string]string{"files": "no-scanner"}})
	b.Wait(`document.querySelector("#ask-fetch").dataset.state === "off" && document.querySelector("#ask-fetch").dataset.why === "no-scanner"`)
	b.Shot("no-scanner")
	o.Host.Say(wire.Message{Type: "may", May: map[string]string{"files": "ask"}})
	b.Wait(`document.querySelector("#ask-fetch").dataset.state !== "off"`)
	// Scenario 33: what is not what was promised is not offered to be saved.
	id := strings.Repeat("ab", 16)
	o.Host.Say(wire.Message{Type: "answer", ID: id, Capability: wire.Files, Granted: true, Why: "allowed", File: &wire.File{Name: "false.txt", Size: 3, SHA256: strings.Repeat("00", 32)}})
	o.Host.Frame(wire.FrameChunk, append(bytes.Repeat([]byte{0xab}, 16), "abc"...))
	o.Host.Say(wire.Message{Type: "file-end", ID: id})
	b.Wait(firstFile + `.dataset.state === "failed" && ` + firstFile + `.dataset.why === "hash" && !` + firstFile + `.querySelector("a.save").checkVisibility()`)
}

// resumeFiles: the link is cut in the middle of a file, each way.
func resumeFiles(ctx context.Context, tb testing.TB, b *Browser, o *Other) {
	tb.Helper()
	data := random(42, 6<<20)
	sum := sha256.Sum256(data)
	file := filepath.Join(tb.TempDir(), "resumed.bin")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	before := resumed(ctx, o)
	o.Host.Took = onceAfter(1<<20, o.Cloud.CutRelay)
	b.Do("choose resumed.bin", chromedp.SetUploadFiles("#file-input", []string{file}, chromedp.ByQuery))
	got := o.Host.Await(ctx, "resumed.bin", func(f engineertest.Facts) bool { return f.Arrived["resumed.bin"] != "" })
	if got.Arrived["resumed.bin"] != hex.EncodeToString(sum[:]) || got.Resumed != before+1 {
		tb.Errorf("it arrived as %s after %d cuts", got.Arrived["resumed.bin"], got.Resumed-before)
	}
	b.Wait(firstFile + `.dataset.state === "finished"`)
	o.Host.Took = nil

	o.Host.Fetch = func() (string, []byte) { return "fetched-again.bin", data }
	cut := sync.OnceFunc(o.Cloud.CutRelay)
	o.Host.Instead(func(m wire.Message) bool {
		if m.Type == "file" && m.State == "running" && m.Done > 1<<20 {
			cut()
		}
		return false
	})
	b.Click("#ask-fetch")
	b.Wait(firstFile + `.dataset.state === "finished" && ` + firstFile + `.querySelector("a.save").download === "fetched-again.bin"`)
	save(ctx, tb, b, "fetched-again.bin", data)
	if resumed(ctx, o) != before+2 {
		tb.Errorf("it came after %d cuts", resumed(ctx, o)-before)
	}
	o.Host.Instead(nil)
}

func resumed(ctx context.Context, o *Other) int {
	return o.Host.Await(ctx, "facts", func(engineertest.Facts) bool { return true }).Resumed
}

// onceAfter calls do once, when so many bytes were taken.
func onceAfter(bytes int, do func()) func(int) {
	once := sync.OnceFunc(do)
	return func(taken int) {
		if taken > bytes {
			once()
		}
	}
}

// Keep lets the page's downloads be kept in a folder of the test's, which it
// gives.
func (b *Browser) Keep() string {
	b.tb.Helper()
	dir := b.tb.TempDir()
	b.Do("let files be kept", chromedp.ActionFunc(func(ctx context.Context) error {
		c := chromedp.FromContext(ctx)
		return browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllow).WithBrowserContextID(b.own).WithDownloadPath(dir).Do(cdp.WithExecutor(ctx, c.Browser))
	}))
	return dir
}
