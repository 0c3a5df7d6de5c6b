package toast

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
	"unsafe"

	"beckmanconnect/app/tray"
	"beckmanconnect/assets/icons"
	"beckmanconnect/internal/pagelink"

	"github.com/go-toast/toast"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// Toaster shows toasts through go-toast. Each one costs a PowerShell process,
// so they are shown one after the other, away from the tray's own goroutine.
type Toaster struct {
	folder   string // for the icons, which go-toast wants as files
	presence func() presence
	links    func() bool // whether a click can lead to our own program
	queue    chan order
	opened   chan string
	done     chan struct{}
	once     sync.Once
}

// order is a toast to be shown, or one to be taken back before it was.
type order struct {
	show  *tray.Toast
	close string
}

// queueLength is how many toasts may wait; a flood is one digest anyway.
const queueLength = 8

// lookEvery is how often it is looked whether what waits may be shown now.
const lookEvery = 15 * time.Second

// New prepares the icons and says who this process is.
func New(ctx context.Context) (*Toaster, error) {
	t, err := newToaster()
	if err != nil {
		return nil, err
	}
	go t.run(ctx)
	return t, nil
}

func newToaster() (*Toaster, error) {
	if err := identify(); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "beckmanconnect-icons-")
	if err != nil {
		return nil, fmt.Errorf("toast: %w", err)
	}
	for _, s := range icons.ToastStates() {
		if err := os.WriteFile(filepath.Join(folder, string(s)+".png"), icons.PNG(s, icons.ToastSize), 0o600); err != nil {
			return nil, fmt.Errorf("toast: %w", err)
		}
	}
	return &Toaster{folder: folder, presence: askPresence, links: linked,
		queue: make(chan order, queueLength), opened: make(chan string), done: make(chan struct{})}, nil
}

var (
	shell32           = windows.NewLazySystemDLL("shell32.dll")
	procSetAppID      = shell32.NewProc("SetCurrentProcessExplicitAppUserModelID")
	procQueryPresence = shell32.NewProc("SHQueryUserNotificationState")
)

// identify gives this process the AppUserModelID of the Start menu's shortcut.
func identify() error {
	id, err := windows.UTF16PtrFromString(AppID())
	if err != nil {
		return fmt.Errorf("toast: %w", err)
	}
	if failed, _, _ := procSetAppID.Call(uintptr(unsafe.Pointer(id))); failed != 0 {
		return fmt.Errorf("toast: set the AppUserModelID: %#x", failed)
	}
	return nil
}

func askPresence() presence {
	var p int32
	if failed, _, _ := procQueryPresence.Call(uintptr(unsafe.Pointer(&p))); failed != 0 {
		return presenceUnknown
	}
	return presence(p)
}

// linked looks at what this PC's installation registered; what a user did for
// themselves does not count.
func linked() bool {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Classes\`+pagelink.Scheme+`\shell\open\command`, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer key.Close()
	command, _, err := key.GetStringValue("")
	return err == nil && registered(command)
}

func (t *Toaster) run(ctx context.Context) {
	defer close(t.done)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var waiting held
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-t.queue:
			if o.show == nil {
				waiting.drop(o.close)
			} else if now, ok := waiting.take(t.presence(), *o.show); ok {
				t.push(now)
			}
		case <-look.C:
			if len(waiting) == 0 {
				continue
			}
			for _, now := range waiting.due(t.presence()) {
				t.push(now)
			}
		}
	}
}

func (t *Toaster) push(of tray.Toast) {
	n := t.notification(of)
	_ = n.Push() // an error, like success, says little about what was seen
}

func (t *Toaster) notification(of tray.Toast) toast.Notification {
	n := toast.Notification{
		AppID: AppID(), Title: words(of.Title, maxTitle), Message: words(of.Body, maxBody),
		Icon: attribute(filepath.Join(t.folder, string(of.Icon)+".png")), Duration: toast.Short,
	}
	if of.Stays {
		n.Duration = toast.Long
	}
	if address := Address(of.View); address != "" && t.links() {
		n.ActivationType, n.ActivationArguments = "protocol", attribute(address)
		n.Actions = []toast.Action{{Type: "protocol", Label: attribute(of.Open), Arguments: attribute(address)}}
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
	case t.queue <- order{show: &toast}:
		return nil
	default:
		return fmt.Errorf("toast: more than %d are waiting", queueLength)
	}
}

// Close implements tray.Toaster. go-toast cannot take a toast back that is out;
// it leaves by itself. One that waits is not shown any more.
func (t *Toaster) Close(_ context.Context, id string) {
	select {
	case t.queue <- order{close: id}:
	default: // the queue is full of newer ones
	}
}

// Opened implements tray.Toaster. A click comes as a program of its own, with
// pagelink.OpenFlag, which asks the service itself.
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
