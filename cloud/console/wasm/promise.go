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
	w := newWaiter()
	defer w.release()
	return w.await(p)
}

// waiter waits for one promise after the other.
type waiter struct {
	done    chan promised
	ok, bad js.Func
}

type promised struct {
	value js.Value
	err   error
}

func newWaiter() *waiter {
	w := &waiter{done: make(chan promised, 1)}
	w.ok = js.FuncOf(func(_ js.Value, args []js.Value) any {
		w.done <- promised{value: args[0]}
		return nil
	})
	w.bad = js.FuncOf(func(_ js.Value, args []js.Value) any {
		w.done <- promised{err: errors.New(args[0].Call("toString").String())}
		return nil
	})
	return w
}

// await must not be called in a callback.
func (w *waiter) await(p js.Value) (js.Value, error) {
	p.Call("then", w.ok, w.bad)
	r := <-w.done
	return r.value, r.err
}

func (w *waiter) release() {
	w.ok.Release()
	w.bad.Release()
}
