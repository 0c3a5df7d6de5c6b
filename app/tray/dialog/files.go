package dialog

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"beckmanconnect/app/files"
	"beckmanconnect/ipc/hostpb"
)

// filesWork receives a session's files while its bar is the tray's: what comes
// is written by this program, which is the technician's as the window is. A
// file of this PC is chosen in the window alone.
type filesWork struct {
	dialogs *Dialogs
	session string
	log     *slog.Logger

	mu   sync.Mutex
	hand *files.Hand // nil until the stream is open
}

// filesPause is how long the tray waits before it opens anew a stream that
// ended although the session goes on.
const filesPause = time.Second

// run serves the session's stream for files until ctx ends, or until the
// service has no more use for it: a window program has come after all and took
// its place, which it keeps.
func (f *filesWork) run(ctx context.Context) {
	for {
		err := f.dialogs.config.Service.HandleFiles(ctx, func(stream files.Stream) error { return f.serve(ctx, stream) })
		if ctx.Err() != nil {
			return
		}
		f.log.Warn("files are not handled any more", "error", err)
		if errors.Is(err, io.EOF) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(filesPause):
		}
	}
}

func (f *filesWork) serve(ctx context.Context, stream files.Stream) error {
	var work sync.WaitGroup
	defer work.Wait()
	hand := files.NewHand(ctx, stream, files.Config{
		Session: f.session, Folder: f.dialogs.config.Folder, Log: f.log,
		// Asked for by a question that this dialog does not allow.
		Choose: func(_ context.Context, id string) { work.Go(func() { f.cancel(id) }) },
	})
	f.set(hand)
	defer f.set(nil)
	return hand.Run()
}

func (f *filesWork) set(hand *files.Hand) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hand = hand
}

// cancel stops a transfer.
func (f *filesWork) cancel(id string) {
	f.mu.Lock()
	hand := f.hand
	f.mu.Unlock()
	if hand != nil && id != "" {
		hand.Cancel(id)
	}
}

// liveTransfer is the file that can be stopped, "" for none.
func liveTransfer(s *hostpb.SupportState) string {
	if t := shownTransfer(s); t != nil && onItsWay(t) {
		return t.GetId()
	}
	return ""
}

// shownTransfer is the file the bar tells of: the one on its way, or the last
// that was. A question tells of itself. Nil: there was none.
func shownTransfer(s *hostpb.SupportState) (shown *hostpb.Transfer) {
	for _, t := range s.GetTransfers() {
		if onItsWay(t) {
			return t
		}
		if state := t.GetState(); state != "asked" && state != "choosing" {
			shown = t
		}
	}
	return shown
}

func onItsWay(t *hostpb.Transfer) bool {
	return slices.Contains([]string{"running", "paused", "checking", "saving"}, t.GetState())
}
