//go:build js && wasm

// Command wasm is the engineer's end of the channel in the hosted console. It
// runs in the page's worker and is reached through one object, beckmanconnect,
// with two functions: send(type, Uint8Array) → Promise, and what the worker
// sets as receive(type, Uint8Array).
package main

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"syscall/js"

	"beckmanconnect/session/engineer"
)

func main() {
	ctx := context.Background()
	port := js.Global().Get("beckmanconnect")
	base, err := url.Parse(js.Global().Get("location").Get("origin").String())
	if err != nil {
		port.Call("failed", err.Error())
		return
	}
	page := engineer.NewPage(engineer.PageConfig{
		// The browser brings its cookies, and its own TLS.
		API: func() engineer.API { return engineer.API{Base: base, Client: http.DefaultClient} },
		// Making a key takes seconds: the first begins here, as the page opens.
		Keys:   engineer.NewKeys(ctx, newKey),
		ToPage: func(kind byte, payload []byte) { port.Call("receive", int(kind), toJS(payload)) },

		NewCipher: newCipher,
	})
	out := newSender()
	var spare [][]byte // memory for what is sent; this program runs on one thread
	port.Set("send", js.FuncOf(func(_ js.Value, args []js.Value) any {
		n := args[1].Get("length").Int()
		var payload []byte
		if last := len(spare) - 1; last >= 0 {
			payload, spare = spare[last], spare[:last]
		}
		payload = slices.Grow(payload[:0], n)[:n]
		js.CopyBytesToGo(payload, args[1])
		kind := byte(args[0].Int())
		// Never wait inside a callback: it holds up the browser's loop.
		return out.promise(func() error {
			err := page.Message(ctx, kind, payload) // keeps nothing of it
			if len(spare) < maxSpare {
				spare = append(spare, payload)
			}
			return err
		})
	}))
	port.Call("ready")
	select {} // as long as the worker lives
}

// maxSpare is how many pieces of a file the page has under way here, and one.
const maxSpare = 4

func toJS(b []byte) js.Value {
	out := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(out, b)
	return out
}
