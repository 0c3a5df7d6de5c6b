package main

import (
	"context"
	"io"
	"testing"

	"google.golang.org/grpc"
	"pgregory.net/rapid"

	"beckmanconnect/ipc/hostpb"
)

// fakeFiles is the service's side of HandleFiles.
type fakeFiles struct {
	grpc.ClientStream
	in  chan *hostpb.FilesMessage
	out chan *hostpb.FilesCommand
}

func (f *fakeFiles) Send(m *hostpb.FilesMessage) error {
	f.in <- m
	return nil
}

func (f *fakeFiles) Recv() (*hostpb.FilesCommand, error) {
	if c, open := <-f.out; open {
		return c, nil
	}
	return nil, io.EOF
}

// The technician's side of the bench sends the whole file that was announced,
// never more at once than its window, and ends with the stream.
func TestFileHandProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 3*handWindow).Draw(t, "size")
		f := &fakeFiles{in: make(chan *hostpb.FilesMessage), out: make(chan *hostpb.FilesCommand)}
		h := &fileHand{stream: f, name: "results.csv", size: size, done: make(chan struct{}), more: make(chan struct{}, 1)}
		go func() {
			defer close(h.done)
			h.err = h.serve(context.Background(), make(chan error, 1))
		}()
		f.out <- &hostpb.FilesCommand{Body: &hostpb.FilesCommand_Choose{Choose: &hostpb.ChooseFile{AskId: "a1"}}}
		if c := (<-f.in).GetChosen(); c.GetAskId() != "a1" || c.GetTransferId() != "a1" || c.GetSize() != uint64(size) || c.GetName() == "" {
			t.Fatalf("chosen: %v", c)
		}
		taken, got := int64(0), int64(0)
		for {
			d := (<-f.in).GetData()
			got += int64(len(d.GetData()))
			if got-taken > handWindow+64<<10 {
				t.Fatalf("%d bytes on the way", got-taken)
			}
			if d.GetLast() {
				break
			}
			if rapid.Bool().Draw(t, "takes") || got-taken >= handWindow {
				taken = got
				f.out <- &hostpb.FilesCommand{Body: &hostpb.FilesCommand_More{More: &hostpb.FileProgress{TransferId: "a1", Done: uint64(taken)}}}
			}
		}
		if got != size {
			t.Fatalf("%d bytes of %d", got, size)
		}
		close(f.out)
		<-h.done
	})
}
