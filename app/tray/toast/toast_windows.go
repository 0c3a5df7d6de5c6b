package toast

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"beckmanconnect/app/tray"
	"beckmanconnect/assets/icons"

	"github.com/go-toast/toast"
)

// Toaster shows toasts through go-toast. Each one costs a PowerShell process,
// so they are shown one after the other, away from the tray's own goroutine.
type Toaster struct {
	folder string // for the icons, which go-toast wants as files
	queue  chan tray.Toast
	opened chan string
	done   chan struct{}
	once   sync.Once
}

// queueLength is how many toasts may wait; a flood is one digest anyway.
const queueLength = 8

// New prepares the icons. label is not used: a toast without an action of its
// own opens nothing, since activation needs a registered protocol.
func New(ctx context.Context, label string) (*Toaster, error) {
	folder, err := os.MkdirTemp("", "beckmanconnect-icons-")
	if err != nil {
		return nil, fmt.Errorf("toast: %w", err)
	}
	for _, s := range icons.States() {
		if err := os.WriteFile(filepath.Join(folder, string(s)+".png"), icons.PNG(s, 44), 0o600); err != nil {
			return nil, fmt.Errorf("toast: %w", err)
		}
	}
	t := &Toaster{folder: folder, queue: make(chan tray.Toast, queueLength), opened: make(chan string), done: make(chan struct{})}
	go t.run(ctx)
	return t, nil
}

func (t *Toaster) run(ctx context.Context) {
	defer close(t.done)
	for {
		select {
		case <-ctx.Done():
			return
		case toast := <-t.queue:
			n := t.notification(toast)
			_ = n.Push() // an error, like success, says little about what was seen
		}
	}
}

func (t *Toaster) notification(of tray.Toast) toast.Notification {
	n := toast.Notification{AppID: AppName, Title: inert(of.Title), Message: inert(of.Body), Icon: filepath.Join(t.folder, string(of.Icon)+".png"), Duration: toast.Short}
	if of.Stays {
		n.Duration = toast.Long
	}
	switch of.Sound {
	case tray.SoundNone:
		n.Audio = toast.Silent
	case tray.SoundLoud:
		n.Audio = toast.Reminder
	}
	return n
}

// Show implements tray.Toaster.
func (t *Toaster) Show(_ context.Context, toast tray.Toast) error {
	select {
	case t.queue <- toast:
		return nil
	default:
		return fmt.Errorf("toast: more than %d are waiting", queueLength)
	}
}

// Close implements tray.Toaster. go-toast cannot take a toast back; it leaves
// by itself.
func (t *Toaster) Close(context.Context, string) {}

// Opened implements tray.Toaster.
func (t *Toaster) Opened() <-chan string { return t.opened }

// Stop removes the icons once the last toast is out.
func (t *Toaster) Stop() error {
	var err error
	t.once.Do(func() {
		<-t.done
		err = os.RemoveAll(t.folder)
	})
	return err
}

// NoTray is never so on Windows: the notification area is part of the shell.
func NoTray(context.Context, time.Duration) (bool, error) { return false, nil }
