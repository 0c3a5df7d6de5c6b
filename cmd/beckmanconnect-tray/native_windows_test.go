package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"google.golang.org/grpc"

	"beckmanconnect/app/files"
	"beckmanconnect/app/tray/dialog"
	"beckmanconnect/app/tray/screen"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
	"beckmanconnect/ui/look"
)

// stage is the desktop that build/wine/nativedialog sets up around these tests:
// a folder with the tray's program and a window program that ends at once, and
// somebody outside who moves the mouse and types, as the test asks in a file.
type stage struct {
	t      *testing.T
	dir    string
	f      *ipctest.Fixture
	socket string
	held   chan string               // sessions whose bar is held; "" when it is let go of
	files  chan *hostpb.FilesMessage // what the tray says of a session's files
}

func newStage(t *testing.T) *stage {
	dir := os.Getenv("BECKMANCONNECT_STAGE")
	if dir == "" {
		t.Skip("build/wine/nativedialog runs this")
	}
	s := &stage{t: t, dir: dir, socket: fmt.Sprintf(`\\.\pipe\beckmanconnect-dialog-%d-%s`, os.Getpid(), t.Name()), held: make(chan string, 16), files: make(chan *hostpb.FilesMessage, 16)}
	s.f = ipctest.Start(t, ipctest.Config{})
	s.f.SetStatus(&hostpb.Status{Version: "0.1.0", TermsAccepted: true, Registration: &hostpb.Registration{DeviceId: "d"}})
	s.f.Host.Handle(func(h *ipctest.Handlers) {
		h.HoldSessionBar = func(r *hostpb.HoldSessionBarRequest, out grpc.ServerStreamingServer[hostpb.Empty]) error {
			s.held <- r.GetSessionId()
			<-out.Context().Done()
			s.held <- ""
			return nil
		}
		h.HandleFiles = func(stream grpc.BidiStreamingServer[hostpb.FilesMessage, hostpb.FilesCommand]) error {
			sum := sha256.Sum256([]byte(sentFile))
			for _, c := range []*hostpb.FilesCommand{
				{Body: &hostpb.FilesCommand_Save{Save: &hostpb.SaveFile{TransferId: "t1", Name: "a.txt", Size: uint64(len(sentFile)), Sha256: hex.EncodeToString(sum[:])}}},
				{Body: &hostpb.FilesCommand_Data{Data: &hostpb.FileData{TransferId: "t1", Data: []byte(sentFile), Last: true}}},
			} {
				if err := stream.Send(c); err != nil {
					return err
				}
			}
			for {
				m, err := stream.Recv()
				if err != nil {
					return err
				}
				s.files <- m
			}
		}
		h.RequestHelp = func(context.Context, *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error) {
			return &hostpb.HelpRequested{RequestId: "r1", Code: "ABCD EFGH", ExpiresUnixMs: time.Now().Add(10 * time.Minute).UnixMilli()}, nil
		}
	})
	l, err := pipe.Listen(pipe.Config{Path: s.socket, Users: true})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.New(server.Config{Host: s.f.Host, Version: "0.1.0", Epoch: ipctest.Epoch})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, l) }()
	t.Cleanup(func() { cancel(); <-served })
	// Wine gives the first client to the listener's placeholder.
	if c, err := pipe.Dial(t.Context(), pipe.DialConfig{Path: s.socket}); err == nil {
		c.Close()
	}
	return s
}

// sentFile is a file that comes in each session.
const sentFile = "from the engineer"

// tray starts the tray's program.
func (s *stage) tray() {
	s.t.Helper()
	config := filepath.Join(s.dir, "host.toml")
	if err := os.WriteFile(config, []byte("socket = '"+s.socket+"'\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(s.dir, "beckmanconnect-tray.exe"), "--config", config)
	log, err := os.Create(filepath.Join(s.dir, s.t.Name()+".log"))
	if err != nil {
		s.t.Fatal(err)
	}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		log.Close()
		if words, err := os.ReadFile(log.Name()); s.t.Failed() && err == nil {
			s.t.Logf("%s", words)
		}
	})
	s.until("the tray follows", func() bool { return s.f.Hub.Count(protocol.Tray) > 0 })
}

func (s *stage) until(what string, so func() bool) {
	s.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			s.ask("shot failed-" + s.t.Name())
			s.t.Fatalf("not in time: %s", what)
		}
	}
}

// ask has whoever is outside do something, and waits until it is done.
func (s *stage) ask(what string) {
	s.t.Helper()
	do, done := filepath.Join(s.dir, "do"), filepath.Join(s.dir, "done")
	_ = os.Remove(done)
	if err := os.WriteFile(do+".new", []byte(what+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(do+".new", do); err != nil {
		s.t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(done); err == nil {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("nobody did %q", what)
		}
	}
}

var user32 = windows.NewLazySystemDLL("user32.dll")

// dialogs are the windows of the tray's own class that show, insides only.
func dialogsOnScreen() (all []image.Rectangle) {
	name, _ := windows.UTF16PtrFromString(screen.Class)
	var w uintptr
	for {
		w, _, _ = user32.NewProc("FindWindowExW").Call(0, w, uintptr(unsafe.Pointer(name)), 0)
		if w == 0 {
			return all
		}
		if shown, _, _ := user32.NewProc("IsWindowVisible").Call(w); shown == 0 {
			continue
		}
		var r struct{ left, top, right, bottom int32 }
		var at struct{ x, y int32 }
		_, _, _ = user32.NewProc("GetClientRect").Call(w, uintptr(unsafe.Pointer(&r)))
		_, _, _ = user32.NewProc("ClientToScreen").Call(w, uintptr(unsafe.Pointer(&at)))
		if r.right > 100 {
			all = append(all, image.Rect(int(at.x), int(at.y), int(at.x+r.right), int(at.y+r.bottom)))
		}
	}
}

// middle is where to press a part of a form that shows in a window.
func (s *stage) middle(f *dialog.Form, window image.Rectangle, id string) image.Point {
	s.t.Helper()
	f.Draw(dialog.NewFonts("en"), look.Light(), float64(window.Dx())/f.Width)
	r, ok := f.Place(id)
	if !ok {
		s.t.Fatalf("the form has no %s", id)
	}
	return r.Min.Add(r.Max).Div(2).Add(window.Min)
}

func (s *stage) click(p image.Point) { s.t.Helper(); s.ask(fmt.Sprintf("click %d %d", p.X, p.Y)) }

func (s *stage) one(what string) image.Rectangle {
	s.t.Helper()
	// The desktop's window manager may still move it: it has to have come to rest.
	var last image.Rectangle
	s.until(what, func() bool {
		all := dialogsOnScreen()
		rests := len(all) == 1 && all[0] == last
		if last = (image.Rectangle{}); len(all) == 1 {
			last = all[0]
		}
		time.Sleep(400 * time.Millisecond)
		return rests
	})
	return last
}

func askControl(id string, change ...func(*hostpb.Prompt)) *hostpb.Prompt {
	p := &hostpb.Prompt{
		Id: id, Nonce: []byte(id), Capability: hostpb.Capability_CAPABILITY_CONTROL, ArmedAfterMs: 800, ExpiresUnixMs: time.Now().Add(5 * time.Minute).UnixMilli(),
		Engineer: &hostpb.Engineer{Name: "Anna Weber", Organisation: "Beckman Coulter", Account: "anna.weber@service.example"},
		Ticket:   "INC-2026-000123", Reason: "The sample syringe of module 2 reports a position error after every start",
		Durations: []hostpb.Duration_{hostpb.Duration__DURATION_ONCE, hostpb.Duration__DURATION_15_MIN, hostpb.Duration__DURATION_SESSION},
	}
	for _, c := range change {
		c(p)
	}
	return p
}

func (s *stage) prompt(p *hostpb.Prompt) {
	s.f.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: p}})
}

// answers are those so far to one question.
func (s *stage) answers(id string) (all []*hostpb.AnswerPromptRequest) {
	for _, c := range s.f.Host.Calls("AnswerPrompt") {
		if r := c.Request.(*hostpb.AnswerPromptRequest); r.GetPromptId() == id {
			all = append(all, r)
		}
	}
	return all
}

// Scenarios 8 to 11 without OpenGL: the window program ends at once, and the
// tray asks by a window of its own, by the same rules.
func TestNativePrompt(t *testing.T) {
	s := newStage(t)
	s.tray()
	catalogue := text.New(text.SystemLanguage())
	p := askControl("p1", func(p *hostpb.Prompt) { p.RunInProgress, p.PatientData = true, true })
	s.prompt(p)
	window := s.one("the question shows")
	f := dialog.NewPrompt(catalogue, p, dialog.Here{}).Form()
	at := func(id string) image.Point { return s.middle(f, window, id) }

	// A program's press, by the system and by a message of its own.
	s.ask("wait 1500") // armed by now
	s.ask("shot prompt-" + scaleName(window))
	s.click(at("prompt.run"))
	inject(at("prompt.allow"))
	s.ask("wait 700")
	s.ask("shot injected-" + scaleName(window))
	post(at("prompt.allow"))
	s.ask("wait 700")
	if got := s.answers("p1"); len(got) != 0 {
		t.Fatalf("a program's press answered: %v", got)
	}
	// Enter does nothing, wherever the focus is.
	s.ask("key Return")
	s.ask("key Tab Return")
	s.ask("wait 500")
	if got := s.answers("p1"); len(got) != 0 {
		t.Fatalf("Enter answered: %v", got)
	}
	// No program has pressed anything for a while: a hand's press counts.
	s.ask("wait 2500")
	s.click(at("prompt.duration#1"))
	// On a busy PC a press may be old by the time it acts, and then counts for
	// nothing: a hand presses again.
	s.until("the answer", func() bool {
		s.click(at("prompt.allow"))
		s.ask("wait 1000")
		return len(s.answers("p1")) > 0
	})
	if a := s.answers("p1")[0]; !a.GetAllow() || !a.GetRunConfirmed() || a.GetDuration() != hostpb.Duration__DURATION_15_MIN || string(a.GetNonce()) != "p1" {
		t.Errorf("answered %v", a)
	}
	s.until("it is gone", func() bool { return len(dialogsOnScreen()) == 0 })

	// The next question comes at once: a window program is not tried again.
	began := time.Now()
	s.prompt(askControl("p2"))
	window = s.one("the second question")
	if took := time.Since(began); took > 5*time.Second {
		t.Logf("the second question took %v", took)
	}
	s.ask("shot second-" + scaleName(window))
	s.click(window.Min.Add(image.Pt(30, 20))) // a window has the keys only once somebody gave them to it
	s.ask("key Escape")
	s.ask("shot escaped-" + scaleName(window))
	s.until("Escape's answer", func() bool { return len(s.answers("p2")) == 1 })
	if s.answers("p2")[0].GetAllow() {
		t.Error("Escape allowed")
	}
	s.until("it is gone", func() bool { return len(dialogsOnScreen()) == 0 })

	// By keys alone: initials, PIN, and Tab to Allow.
	pin := askControl("p3", func(p *hostpb.Prompt) { p.NeedsPin, p.PinWhy, p.PinTriesLeft = true, "control-given", 3 })
	s.prompt(pin)
	window = s.one("the question with a PIN")
	s.click(window.Min.Add(image.Pt(30, 20)))
	s.ask("wait 1500")
	s.ask("key Tab Tab")
	s.ask("type ab")
	s.ask("key Tab")
	s.ask("type 4711x")
	s.ask("shot pin-" + scaleName(window))
	s.ask("key Tab space")
	s.until("the answer by keys", func() bool { return len(s.answers("p3")) == 1 })
	if a := s.answers("p3")[0]; !a.GetAllow() || a.GetInitials() != "AB" || a.GetPin() != "4711" {
		t.Errorf("answered %v", a)
	}
	s.until("it is gone", func() bool { return len(dialogsOnScreen()) == 0 })

	// A file for this PC is allowed by hand as well, and the question says where it goes.
	file := askControl("p4", func(p *hostpb.Prompt) {
		p.Capability, p.Durations = hostpb.Capability_CAPABILITY_FILES, nil
		p.FileDirection, p.FileName, p.FileSize, p.FileSha256 = "to-pc", "a.txt", 17, strings.Repeat("0a1b2c3d", 8)
	})
	s.prompt(file)
	window = s.one("the question about a file")
	f = dialog.NewPrompt(catalogue, file, dialog.Here{Folder: files.DefaultFolder()}).Form()
	s.ask("wait 1500")
	s.ask("shot file-" + scaleName(window))
	s.until("the answer about a file", func() bool {
		s.click(at("prompt.allow"))
		s.ask("wait 1000")
		return len(s.answers("p4")) > 0
	})
	if a := s.answers("p4")[0]; !a.GetAllow() {
		t.Errorf("answered %v", a)
	}
}

// The session bar is the tray's own: it is held while it stands, and End ends
// the session.
func TestNativeBar(t *testing.T) {
	s := newStage(t)
	s.tray()
	session := &hostpb.SupportState{SessionId: "s1", Phase: hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, Engineer: askControl("").GetEngineer(),
		Leases: []*hostpb.Lease{{Capability: hostpb.Capability_CAPABILITY_VIEW, UntilUnixMs: time.Now().Add(15 * time.Minute).UnixMilli()}}}
	s.f.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Support{Support: session}})
	window := s.one("the bar shows")
	if held := <-s.held; held != "s1" {
		t.Fatalf("%q is held", held)
	}
	// The session's files are the tray's as well. Wine has nowhere to note that a
	// file came from outside, and without that none is kept.
	if m := <-s.files; m.GetHello().GetSessionId() != "s1" {
		t.Errorf("of the session's files it said %v", m)
	}
	folder := files.DefaultFolder()
	switch m := <-s.files; {
	case m.GetSaved() != nil:
		if got, err := os.ReadFile(filepath.Join(folder, m.GetSaved().GetName())); err != nil || string(got) != sentFile {
			t.Errorf("the file holds %q, %v", got, err)
		}
	case m.GetTrouble().GetTransferId() == "t1":
		t.Logf("nothing was kept: %s", m.GetTrouble().GetCode())
		if left, _ := os.ReadDir(folder); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	default:
		t.Errorf("of the file it said %v", m)
	}
	s.ask("wait 500")
	s.ask("shot bar-" + scaleName(window))
	s.click(image.Pt(window.Max.X-60*window.Dx()/640, window.Min.Y+window.Dy()/2))
	s.until("the end is called", func() bool { return len(s.f.Host.Calls("EndSession")) == 1 })
	s.f.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Support{Support: &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY}}})
	if held := <-s.held; held != "" {
		t.Errorf("%q is held", held)
	}
	s.until("the bar is gone", func() bool { return len(dialogsOnScreen()) == 0 })
}

func scaleName(window image.Rectangle) string { return strconv.Itoa(window.Dx()) }

// inject presses the left button by SendInput.
func inject(p image.Point) {
	w, _, _ := user32.NewProc("GetSystemMetrics").Call(0)
	h, _, _ := user32.NewProc("GetSystemMetrics").Call(1)
	type input struct {
		kind              uint32
		_                 uint32
		x, y              int32
		data, flags, time uint32
		extra             uintptr
	}
	const absolute, move, down, up = 0x8000, 0x1, 0x2, 0x4
	x, y := int32(p.X*65536/int(w)+40), int32(p.Y*65536/int(h)+40)
	for _, flags := range []uint32{absolute | move, absolute | down, absolute | up} {
		i := input{x: x, y: y, flags: flags}
		_, _, _ = user32.NewProc("SendInput").Call(1, uintptr(unsafe.Pointer(&i)), unsafe.Sizeof(i))
		time.Sleep(50 * time.Millisecond)
	}
}

// post sends the messages of a press straight to the window.
func post(p image.Point) {
	name, _ := windows.UTF16PtrFromString(screen.Class)
	w, _, _ := user32.NewProc("FindWindowW").Call(uintptr(unsafe.Pointer(name)), 0)
	at := struct{ x, y int32 }{int32(p.X), int32(p.Y)}
	_, _, _ = user32.NewProc("ScreenToClient").Call(w, uintptr(unsafe.Pointer(&at)))
	where := uintptr(uint16(at.x)) | uintptr(uint16(at.y))<<16
	_, _, _ = user32.NewProc("PostMessageW").Call(w, 0x201, 1, where)
	_, _, _ = user32.NewProc("PostMessageW").Call(w, 0x202, 0, where)
}
