package window

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
)

// filesEnd is the service's end of the window's stream for files.
type filesEnd struct {
	up   chan *hostpb.FilesMessage
	down chan *hostpb.FilesCommand
}

func (s *stage) filesEnd() *filesEnd {
	e := &filesEnd{up: make(chan *hostpb.FilesMessage, 64), down: make(chan *hostpb.FilesCommand)}
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.HandleFiles = func(stream grpc.BidiStreamingServer[hostpb.FilesMessage, hostpb.FilesCommand]) error {
			go func() {
				for {
					m, err := stream.Recv()
					if err != nil {
						return
					}
					e.up <- m
				}
			}()
			for {
				select {
				case c := <-e.down:
					if err := stream.Send(c); err != nil {
						return err
					}
				case <-stream.Context().Done():
					return stream.Context().Err()
				}
			}
		}
	})
	return e
}

// hear runs the windows until the window says something.
func (s *stage) hear(e *filesEnd) *hostpb.FilesMessage {
	s.t.Helper()
	var m *hostpb.FilesMessage
	s.until("a word of the window", func() bool {
		select {
		case m = <-e.up:
		default:
		}
		return m != nil
	})
	return m
}

// In a session the window writes what the service checked into the folder the
// technician chose, and sends what they choose; no path is on the pipe.
func TestFilesOfASession(t *testing.T) {
	s := newStage(t, Config{})
	e := s.filesEnd()
	s.ready()
	home, chosen := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	var picks []picking
	answer := ""
	s.program.picker = func(what picking, done func(string)) {
		picks = append(picks, what)
		done(answer)
	}
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Support{Support: sample.SessionState()}})
	if m := s.hear(e); m.GetHello().GetSessionId() != sample.SessionState().GetSessionId() {
		t.Fatalf("%v", m)
	}
	s.until("the stream is open", func() bool { return s.program.files != nil && s.program.files.hand != nil })

	// The question says where a file will go, and lets that be changed.
	s.ask(sample.FilePrompt())
	folder := func() string {
		return part.Find(s.program.prompt.window.Content(), "prompt.folder").(*part.Named).Content.(*part.Text).Content()
	}
	if got := folder(); got != filepath.Join(home, "Downloads", "BeckmanConnect") {
		t.Errorf("into %s", got)
	}
	answer = chosen
	s.native.machine = true // B3: not by a program
	s.tap(s.program.prompt.window, "prompt.folder.change")
	if got := folder(); got == chosen || len(picks) != 0 {
		t.Errorf("a program changed the folder: into %s after %v", got, picks)
	}
	s.native.machine = false
	s.tap(s.program.prompt.window, "prompt.folder.change")
	if got := folder(); got != chosen || len(picks) != 1 || !picks[0].folder {
		t.Errorf("into %s after %v", got, picks)
	}
	answer = filepath.Join(chosen, "none") // one that is not there changes nothing
	s.tap(s.program.prompt.window, "prompt.folder.change")
	if got := folder(); got != chosen {
		t.Errorf("into %s", got)
	}

	data := []byte("from the engineer")
	sum := sha256.Sum256(data)
	e.down <- &hostpb.FilesCommand{Body: &hostpb.FilesCommand_Save{Save: &hostpb.SaveFile{TransferId: "t1", Name: "a.txt", Size: uint64(len(data)), Sha256: hex.EncodeToString(sum[:])}}}
	e.down <- &hostpb.FilesCommand{Body: &hostpb.FilesCommand_Data{Data: &hostpb.FileData{TransferId: "t1", Data: data, Last: true}}}
	if m := s.hear(e).GetSaved(); m.GetTransferId() != "t1" || m.GetName() != "a.txt" {
		t.Errorf("%v", m)
	}
	if got, err := os.ReadFile(filepath.Join(chosen, "a.txt")); err != nil || string(got) != string(data) {
		t.Errorf("%q %v", got, err)
	}

	// Asked for a file: what is chosen goes out by its name alone.
	answer = filepath.Join(chosen, "a.txt")
	e.down <- &hostpb.FilesCommand{Body: &hostpb.FilesCommand_Choose{Choose: &hostpb.ChooseFile{AskId: "ask1"}}}
	if m := s.hear(e).GetChosen(); m.GetAskId() != "ask1" || m.GetName() != "a.txt" || m.GetSize() != uint64(len(data)) {
		t.Errorf("%v", m)
	}
	if m := s.hear(e).GetData(); string(m.GetData()) != string(data) || !m.GetLast() {
		t.Errorf("%v", m)
	}
	answer = ""
	e.down <- &hostpb.FilesCommand{Body: &hostpb.FilesCommand_Choose{Choose: &hostpb.ChooseFile{AskId: "ask2"}}}
	if m := s.hear(e).GetTrouble(); m.GetTransferId() != "ask2" || m.GetCode() != "cancelled" {
		t.Errorf("%v", m)
	}

	// Of the technician's own accord, and stopped.
	answer = filepath.Join(chosen, "a.txt")
	s.tap(s.program.main, "files.send")
	own := s.hear(e).GetChosen()
	if own.GetAskId() != "" || len(own.GetTransferId()) != 32 {
		t.Errorf("%v", own)
	}
	s.hear(e)
	s.tap(s.program.main, "files.t1.stop")
	if m := s.hear(e).GetTrouble(); m.GetTransferId() != "t1" || m.GetCode() != "cancelled" {
		t.Errorf("%v", m)
	}

	// With the session the stream ends.
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Support{Support: &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY}}})
	s.until("the end", func() bool { return s.program.files == nil })
}
