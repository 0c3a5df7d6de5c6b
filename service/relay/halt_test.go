package relay

import (
	"sync"
	"testing"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/wire"
	"beckmanconnect/store"
)

// B5, scenario 14: the technician's word stops input before it is written down,
// so that a slow disk gives the engineer no time.
func TestTakenBackBeforeItIsWritten(t *testing.T) {
	for name, take := range map[string]func(r *rig) error{
		"revoked":  func(r *rig) error { return r.s.RevokeCapability("lab", hostpb.Capability_CAPABILITY_CONTROL) },
		"kill key": func(r *rig) error { return r.s.EndSession("lab", "kill-key") },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			e := r.enter()
			e.say(wire.Message{Type: "ask", ID: "c1", Capability: wire.Control})
			r.answer(1, true)
			generation := e.hear("answer").Generation
			help := r.attach(1)
			help.get(t, func(c *hostpb.HelperCommand) bool { return c.GetMasks() != nil }) // it is let in: before, input has nowhere to go
			input := wire.Message{Type: "input", Generation: generation, Events: []wire.Input{{Kind: "keydown", Code: "KeyA", Key: "a"}}}
			e.say(input)
			help.get(t, isInput)

			// The log's disk stands still: somebody else's write is not done.
			writing, done := make(chan struct{}), make(chan struct{})
			goOn := sync.OnceFunc(func() { close(done) })
			defer goOn()
			written := make(chan error, 1)
			go func() {
				written <- r.store.Update(r.Context(), func(*store.Tx) error {
					close(writing)
					<-done
					return nil
				})
			}()
			<-writing
			taken := make(chan error, 1)
			go func() { taken <- take(r) }()
			help.get(t, func(c *hostpb.HelperCommand) bool { return c.GetReleaseKeys() != nil })
			select {
			case err := <-taken:
				t.Fatalf("it was said to be done before it was written: %v", err)
			default:
			}
			e.say(input) // it is read before the disk goes on or after: neither lets it through
			goOn()
			if err := <-taken; err != nil {
				t.Fatal(err)
			}
			if err := <-written; err != nil {
				t.Fatal(err)
			}
			help.get(t, func(c *hostpb.HelperCommand) bool {
				if isInput(c) {
					t.Error("input came after the technician had taken control back")
				}
				return isStop(c)
			})
		})
	}
}
