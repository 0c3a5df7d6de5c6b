package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"beckmanconnect/cloud/console/consoletest"
)

// sealed runs in the page: it makes the frames of session/lane with WebCrypto, as
// the channel's program has it do, and opens those of the vectors.
const sealed = `(async (vectors) => {
	const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (b) => parseInt(b, 16));
	const hex = (b) => Array.from(new Uint8Array(b), (v) => v.toString(16).padStart(2, "0")).join("");
	const out = [];
	for (const v of vectors) {
		const key = await crypto.subtle.importKey("raw", bytes(v.key), "AES-GCM", false, ["encrypt", "decrypt"]);
		for (const [n, p] of v.pieces.entries()) {
			const number = new Uint8Array(8);
			new DataView(number.buffer).setBigUint64(0, BigInt(n));
			const params = { name: "AES-GCM", iv: Uint8Array.of(0, 0, 0, 0, ...number), additionalData: Uint8Array.of(1, v.direction, ...number) };
			const made = "b501" + hex(number) + hex(await crypto.subtle.encrypt(params, key, bytes(p.piece)));
			const opened = hex(await crypto.subtle.decrypt(params, key, bytes(p.frame).subarray(10)));
			if (made !== p.frame || opened !== p.piece) out.push(made + " " + opened + " instead of " + p.frame + " " + p.piece);
		}
	}
	return out.join("\n");
})(%s)`

// The browser's AES-256-GCM makes and opens the frames that Go's makes and opens.
func TestLaneInTheBrowser(t *testing.T) {
	raw, err := os.ReadFile("../../session/lane/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []json.RawMessage
	if err := json.Unmarshal(raw, &vectors); err != nil || len(vectors) < 2 {
		t.Fatal(len(vectors), err)
	}
	server, ca := consoletest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "<!doctype html><title>lane</title>")
	}))
	b := consoletest.Open(t, ca, "en-US")
	b.Go(server.URL) // WebCrypto is for secure pages only
	wrong := "nothing was looked at"
	b.Do("hold WebCrypto against the vectors", chromedp.ActionFunc(func(ctx context.Context) error {
		return chromedp.Evaluate(fmt.Sprintf(sealed, raw), &wrong, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
			return p.WithAwaitPromise(true)
		}).Do(ctx)
	}))
	if strings.TrimSpace(wrong) != "" {
		t.Error(wrong)
	}
}
