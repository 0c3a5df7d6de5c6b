package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"beckmanconnect/ipc/hostpb"
)

// fileToEngineer has the engineer ask for a file and the technician choose one.
// Where this version has no such transfer, it says so and no error.
func (r *rig) fileToEngineer(ctx context.Context, round int, size int64) (rate float64, skipped string, err error) {
	var can bool
	if err := r.browser.Eval(`!!document.querySelector('#ask-fetch')`, &can); err != nil {
		return 0, "", err
	}
	if !can {
		return 0, "to the engineer: the console has no button to ask for a file", nil
	}
	now, err := r.technician.host.GetStatus(ctx, &hostpb.GetStatusRequest{})
	if err != nil {
		return 0, "", err
	}
	// The window would take the files back: the service knows one hand at a time.
	goOn, err := r.stopWindow()
	if err != nil {
		return 0, "", err
	}
	defer goOn()
	serving, cancel := context.WithTimeout(ctx, fileWithin)
	defer cancel()
	h, err := openFileHand(serving, r.technician.host, now.GetSupport().GetSessionId(), fmt.Sprintf("results-%d.csv", round), size)
	if status.Code(err) == codes.Unimplemented {
		return 0, "to the engineer: the service does not serve HandleFiles", nil
	}
	if err != nil {
		return 0, "", err
	}
	defer func() {
		cancel()
		<-h.done
		if err != nil {
			err = errors.Join(err, h.err)
		}
	}()
	r.technician.forget()
	if err := inTurn(
		func() error { return r.browser.Eval(fileStates, nil) },
		// By script: the button may be in a part of the page that is folded.
		func() error { return r.browser.Eval(`document.querySelector('#ask-fetch').click()`, nil) },
	); err != nil {
		return 0, "", err
	}
	// One yes to the wish, and one to the file that was chosen, where there are
	// two.
	var answering sync.WaitGroup
	asking, enough := context.WithCancel(serving)
	answering.Go(func() {
		for {
			q, err := r.technician.prompt(asking, hostpb.Capability_CAPABILITY_FILES)
			if err != nil {
				if asking.Err() != nil {
					return
				}
				continue
			}
			_, _ = r.technician.allow(asking, q) // a prompt that has gone is no fault; a missing yes shows below
		}
	})
	rate, err = r.carried(serving, size, "receiving")
	enough()
	answering.Wait()
	return rate, "", err
}

// stopWindow has the technician's window stand still until the function it gives
// is called.
func (r *rig) stopWindow() (goOn func(), err error) {
	windows, err := processesOf(r.pc.Dir, "beckmanconnect")
	if err != nil {
		return nil, err
	}
	signal := func(s syscall.Signal) (err error) {
		for _, pid := range windows {
			err = errors.Join(err, syscall.Kill(pid, s))
		}
		return err
	}
	return func() { _ = signal(syscall.SIGCONT) }, signal(syscall.SIGSTOP) // gone meanwhile is as good
}

// fileHand is the technician's side of the files, in place of the window: it
// chooses always the same.
type fileHand struct {
	stream hostpb.Host_HandleFilesClient
	name   string
	size   int64
	done   chan struct{}
	err    error // why it ended; read after done

	mu    sync.Mutex
	taken uint64
	more  chan struct{}
}

// handWindow is how many bytes may be on the way to the service.
const handWindow = 512 << 10

func openFileHand(ctx context.Context, host hostpb.HostClient, session, name string, size int64) (*fileHand, error) {
	stream, err := host.HandleFiles(ctx)
	if err != nil {
		return nil, err
	}
	if err := stream.Send(&hostpb.FilesMessage{Body: &hostpb.FilesMessage_Hello{Hello: &hostpb.FilesHello{SessionId: session}}}); err != nil {
		return nil, err
	}
	h := &fileHand{stream: stream, name: name, size: size, done: make(chan struct{}), more: make(chan struct{}, 1)}
	refused := make(chan error, 1)
	go func() {
		defer close(h.done)
		h.err = h.serve(ctx, refused)
	}()
	select {
	case err := <-refused:
		<-h.done
		return nil, err
	case <-time.After(500 * time.Millisecond): // a service that does not know it says so at once
		return h, nil
	}
}

func (h *fileHand) serve(ctx context.Context, refused chan<- error) error {
	var sending sync.WaitGroup
	defer sending.Wait()
	for {
		c, err := h.stream.Recv()
		if err != nil {
			refused <- err
			return err
		}
		switch b := c.GetBody().(type) {
		case *hostpb.FilesCommand_Choose:
			sending.Go(func() {
				if err := h.send(ctx, b.Choose.GetAskId()); err != nil && ctx.Err() == nil {
					_ = h.stream.Send(&hostpb.FilesMessage{Body: &hostpb.FilesMessage_Trouble{Trouble: &hostpb.FileTrouble{TransferId: b.Choose.GetAskId(), Code: "disk"}}})
				}
			})
		case *hostpb.FilesCommand_More:
			h.mu.Lock()
			h.taken = max(h.taken, b.More.GetDone())
			h.mu.Unlock()
			select {
			case h.more <- struct{}{}:
			default:
			}
		case *hostpb.FilesCommand_Dropped:
			return fmt.Errorf("the transfer was dropped: %s", b.Dropped.GetCode())
		}
	}
}

// send answers a wish: the file's name, then its bytes as the service takes
// them.
func (h *fileHand) send(ctx context.Context, ask string) error {
	if err := h.stream.Send(&hostpb.FilesMessage{Body: &hostpb.FilesMessage_Chosen{Chosen: &hostpb.FileChosen{AskId: ask, TransferId: ask, Name: h.name, Size: uint64(h.size)}}}); err != nil {
		return err
	}
	piece := make([]byte, 64<<10)
	for at := int64(0); at < h.size; {
		for {
			h.mu.Lock()
			taken := h.taken
			h.mu.Unlock()
			if at < int64(taken)+handWindow {
				break
			}
			select {
			case <-h.more:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		part := piece[:min(int64(len(piece)), h.size-at)]
		_, _ = rand.Read(part) // never fails
		at += int64(len(part))
		if err := h.stream.Send(&hostpb.FilesMessage{Body: &hostpb.FilesMessage_Data{Data: &hostpb.FileData{TransferId: ask, Data: part, Last: at == h.size}}}); err != nil {
			return err
		}
	}
	return nil
}
