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
	port.Set("send", js.FuncOf(func(_ js.Value, args []js.Value) any {
		payload := make([]byte, args[1].Get("length").Int())
		js.CopyBytesToGo(payload, args[1])
		kind := byte(args[0].Int())
		// Never wait inside a callback: it holds up the browser's loop.
		return out.promise(func() error { return page.Message(ctx, kind, payload) })
	}))
	port.Call("ready")
	select {} // as long as the worker lives
}

func toJS(b []byte) js.Value {
	out := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(out, b)
	return out
}
