//go:build js && wasm

package main

import (
	"errors"
	"syscall/js"
)

// sender keeps what the page sends in the order it sent it. Work waits for
// other promises, so it must not run inside the page's call.
type sender struct{ queue chan func() }

func newSender() *sender {
	s := &sender{queue: make(chan func(), 256)}
	go func() {
		for do := range s.queue {
			do()
		}
	}()
	return s
}

// promise puts work into the queue and gives the page a promise of its end.
func (s *sender) promise(work func() error) js.Value {
	executor := js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve, reject := args[0], args[1]
		fail := func(why string) { reject.Invoke(js.Global().Get("Error").New(why)) }
		job := func() {
			if err := work(); err != nil {
				fail(err.Error())
				return
			}
			resolve.Invoke()
		}
		select {
		case s.queue <- job:
		default:
			fail("too much at once")
		}
		return nil
	})
	defer executor.Release() // a promise calls it before it is made
	return js.Global().Get("Promise").New(executor)
}

// await waits for a promise. It must not be called in a callback.
func await(p js.Value) (js.Value, error) {
	type result struct {
		value js.Value
		err   error
	}
	done := make(chan result, 1)
	ok := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- result{value: args[0]}
		return nil
	})
	bad := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- result{err: errors.New(args[0].Call("toString").String())}
		return nil
	})
	defer ok.Release()
	defer bad.Release()
	p.Call("then", ok, bad)
	r := <-done
	return r.value, r.err
}
