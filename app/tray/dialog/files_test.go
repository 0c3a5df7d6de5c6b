package dialog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"beckmanconnect/app/files"
	"beckmanconnect/app/files/filestest"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// While the bar is the tray's own a file that was allowed is written, to where
// the question said, and can be stopped on the bar.
func TestFilesUnderTheBar(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b, d := newBench(t)
		b.folder = folder
		streams := make(chan filestest.Service, 4)
		tries := 0
		b.files = func(ctx context.Context, serve func(files.Stream) error) error {
			if tries++; tries == 1 {
				return errors.New("the service restarts")
			}
			service, window := filestest.Pipe(ctx)
			streams <- service
			return serve(window)
		}
		session := &hostpb.SupportState{SessionId: "s1", Phase: hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, Engineer: question().GetEngineer()}
		d.Session(t.Context(), session)
		service := <-streams // the second try
		hear := func() *hostpb.FilesMessage {
			t.Helper()
			m, err := service.Recv()
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		tell := func(c *hostpb.FilesCommand) {
			t.Helper()
			if err := service.Send(c); err != nil {
				t.Fatal(err)
			}
		}
		if m := hear(); m.GetHello().GetSessionId() != "s1" {
			t.Fatalf("%v", m)
		}
		data := []byte("from the engineer")
		sum := sha256.Sum256(data)
		tell(&hostpb.FilesCommand{Body: &hostpb.FilesCommand_Save{Save: &hostpb.SaveFile{TransferId: "t1", Name: "a.txt", Size: uint64(len(data)), Sha256: hex.EncodeToString(sum[:])}}})
		tell(&hostpb.FilesCommand{Body: &hostpb.FilesCommand_Data{Data: &hostpb.FileData{TransferId: "t1", Data: data, Last: true}}})
		if m := hear().GetSaved(); m.GetTransferId() != "t1" || m.GetName() != "a.txt" {
			t.Errorf("%v", m)
		}
		if got, err := os.ReadFile(filepath.Join(folder, "a.txt")); err != nil || string(got) != string(data) {
			t.Errorf("%q %v", got, err)
		}

		// A file of this PC cannot be chosen here: the service hears so at once.
		tell(&hostpb.FilesCommand{Body: &hostpb.FilesCommand_Choose{Choose: &hostpb.ChooseFile{AskId: "ask1"}}})
		if m := hear().GetTrouble(); m.GetTransferId() != "ask1" || m.GetCode() != "cancelled" {
			t.Errorf("%v", m)
		}

		moving := &hostpb.SupportState{SessionId: "s1", Phase: session.Phase, Engineer: session.Engineer,
			Transfers: []*hostpb.Transfer{{Id: "t1", Name: "a.txt", State: "finished"}, {Id: "t2", Name: "b.txt", State: "running"}}}
		d.Session(t.Context(), moving)
		time.Sleep(time.Second)
		b.last().press(bar(text.New("en"), moving, true, time.Now()), idStop)
		if m := hear().GetTrouble(); m.GetTransferId() != "t2" || m.GetCode() != "cancelled" {
			t.Errorf("%v", m)
		}
		d.Close()
		time.Sleep(2 * filesPause)
		synctest.Wait()
		if tries != 2 || len(streams) != 0 {
			t.Errorf("%d tries after the bar has gone", tries)
		}
	})
}

// Two programs never take the stream from each other in turn: a window that
// has come after all keeps it.
func TestFilesAreTheWindowsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, d := newBench(t)
		tries := 0
		b.files = func(ctx context.Context, serve func(files.Stream) error) error {
			tries++
			over, end := context.WithCancel(ctx)
			service, window := filestest.Pipe(over)
			go func() {
				_, _ = service.Recv()
				end() // another one's hello
			}()
			return serve(window)
		}
		d.Session(t.Context(), &hostpb.SupportState{SessionId: "s1", Phase: hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, Engineer: question().GetEngineer()})
		time.Sleep(10 * filesPause)
		synctest.Wait()
		if b.mu.Lock(); tries != 1 || b.held != 1 {
			t.Errorf("tried %d times, held %d", tries, b.held)
		}
		b.mu.Unlock()
		d.Close()
	})
}

// The bar tells of the file on its way, or of the last one.
func TestBarTellsOfAFile(t *testing.T) {
	for name, row := range map[string]struct {
		states []string
		words  string
		stop   bool
	}{
		"none":               {nil, "", false},
		"asked":              {[]string{"asked"}, "", false},
		"running":            {[]string{"finished", "running"}, "f1 · 0\u00a0B of 0\u00a0B", true},
		"paused, then asked": {[]string{"paused", "asked"}, "f0 · waiting for the connection, 0\u00a0B of 0\u00a0B", true},
		"arrived":            {[]string{"failed", "finished", "asked"}, "f1 · arrived, 0\u00a0B", false},
		"denied":             {[]string{"refused"}, "f0 · denied", false},
	} {
		s := &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED}
		for i, state := range row.states {
			s.Transfers = append(s.Transfers, &hostpb.Transfer{Id: "t", Name: "f" + string(rune('0'+i)), State: state, Direction: "to-pc"})
		}
		f := bar(text.New("en"), s, true, now)
		words := ""
		if rows := f.Blocks[0].Rows; len(rows) > 2 {
			words = rows[2][0]
		}
		if words != row.words || (f.Button(idStop) != nil) != row.stop || f.Button(idEnd) == nil {
			t.Errorf("%s: %q, stop %v", name, words, f.Button(idStop) != nil)
		}
	}
}
