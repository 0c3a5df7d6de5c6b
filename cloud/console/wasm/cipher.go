//go:build js && wasm

package main

import (
	"errors"
	"fmt"
	"slices"
	"syscall/js"

	"beckmanconnect/session/lane"
)

// webCipher is AES-256-GCM by the browser, which has the processor's for it;
// this program has not. The key cannot be taken out again.
type webCipher struct {
	key    js.Value
	wait   *waiter
	memory js.Value // what is given to the browser is put in here
}

// newCipher is lane.NewCipher.
func newCipher(key []byte) (lane.Cipher, error) {
	if len(key) != lane.KeySize {
		return nil, fmt.Errorf("a key of %d bytes", len(key))
	}
	raw := toJS(key)
	imported, err := await(subtle().Call("importKey", "raw", raw, "AES-GCM", false, []any{"encrypt", "decrypt"}))
	raw.Call("fill", 0)
	if err != nil {
		return nil, fmt.Errorf("take over a key: %w", err)
	}
	return &webCipher{key: imported, wait: newWaiter()}, nil
}

func (c *webCipher) Seal(dst, nonce, plain, additional []byte) ([]byte, error) {
	return c.do("encrypt", dst, nonce, plain, additional)
}

func (c *webCipher) Open(dst, nonce, sealed, additional []byte) ([]byte, error) {
	return c.do("decrypt", dst, nonce, sealed, additional)
}

func (c *webCipher) do(what string, dst, nonce, in, additional []byte) ([]byte, error) {
	if c.memory.IsUndefined() || c.memory.Get("length").Int() < len(in) {
		c.memory = js.Global().Get("Uint8Array").New(len(in))
	}
	view := c.memory.Call("subarray", 0, len(in))
	js.CopyBytesToJS(view, in)
	params := map[string]any{"name": "AES-GCM", "iv": toJS(nonce), "additionalData": toJS(additional)}
	out, err := c.wait.await(subtle().Call(what, params, c.key, view))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	array := js.Global().Get("Uint8Array").New(out)
	n := array.Get("length").Int()
	dst = slices.Grow(dst, n)
	if js.CopyBytesToGo(dst[len(dst):len(dst)+n], array) != n {
		return nil, errors.New(what + ": cut short")
	}
	return dst[:len(dst)+n], nil
}
