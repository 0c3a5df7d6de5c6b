package window

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/logexport"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/server"
	"beckmanconnect/service/device"
	"beckmanconnect/service/local"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/view"
)

// noDevice is a PC that is not registered.
type noDevice struct{ local.Device }

func (noDevice) Registration() (device.Registration, bool) { return device.Registration{}, false }

type noSupport struct{ local.Support }
type noUpgrades struct{ local.Upgrades }

// withLog starts a stage whose service answers out of a real log.
func withLog(t *testing.T) (*stage, *store.Store) {
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	alarms := &notify.Alarms{Store: s, Now: time.Now}
	acceptance, err := local.NewAcceptance(t.Context(), s, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	w := newStage(t, Config{})
	host, err := local.New(local.Config{
		Store: s, Hub: w.service.Hub, Alarms: alarms, Publisher: notify.NewPublisher(alarms), Policy: func() *policy.Effective { return nil },
		Device: noDevice{}, Acceptance: acceptance, Support: noSupport{}, Upgrades: noUpgrades{},
		Status: func(context.Context) (*hostpb.Status, error) { return &hostpb.Status{}, nil }, Region: "eu", LogVerifier: "v", Changed: func() {}, HelpWanted: func() {},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.service.Host.Handle(func(h *ipctest.Handlers) {
		h.ListActivity, h.GetActivity, h.ExportLog = host.ListActivity, host.GetActivity, host.ExportLog
	})
	return w, s
}

func appendTo(t *testing.T, s *store.Store, entries ...store.Entry) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		for _, e := range entries {
			if _, err := tx.Append(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The log over the real pipe, out of a real store: narrowed to files, one
// opened with its proof, then saved as a file that proves itself. Nothing that
// stands in the folder is replaced.
func TestActivityFromFilterToFile(t *testing.T) { // scenario 49
	s, log := withLog(t)
	folder := t.TempDir()
	s.program.choices.Folder = folder
	for range 60 {
		appendTo(t, log, store.Entry{Kind: "notification.raised", Actor: "system", Subject: "disk-nearly-full"},
			store.Entry{Kind: "file.received", Actor: "service", Subject: "s-1", Fields: map[string]string{"sha256": "ab"}, Personal: map[string]string{"name": "notes.txt"}})
	}
	s.now = time.Now()
	s.ready()
	s.program.Navigate(view.Activity)
	list := &s.program.state.Activity.List
	s.until("the log is here", func() bool { return list.Len() > 100 })
	s.tap(s.program.main, "activity.group.files")
	s.until("only files are here", func() bool { return list.Len() == 60 })
	for i := range 60 {
		if list.At(i).GetKind() != "file.received" {
			t.Fatalf("%v passed", list.At(i))
		}
	}
	// What happens meanwhile comes above.
	first := list.Key(0)
	appendTo(t, log, store.Entry{Kind: "file.sent", Actor: "service", Subject: "s-1"})
	list.Reload()
	s.program.refresh()
	s.until("the new one is here", func() bool { return list.Len() == 61 && list.Key(1) == first })

	index := list.At(1).GetIndex()
	s.program.OpenActivity(index)
	s.sees("activity.proof.copy")
	s.tap(s.program.main, "activity.proof.copy")
	proof := s.program.app.Clipboard().Content()
	if p, err := logproof.ParseProof([]byte(proof)); err != nil || p.Line.Entry.Index != int64(index) || p.Line.Values["name"].Text != "notes.txt" {
		t.Errorf("%v: %q", err, proof)
	}
	s.tap(s.program.main, "activity.proof.save")
	s.until("the proof is saved", func() bool { return s.program.state.Activity.Export.Step == model.ExportSaved })
	if raw, err := os.ReadFile(filepath.Join(folder, s.program.state.Activity.Export.Name)); err != nil || string(raw) != proof {
		t.Errorf("%v: %q", err, raw)
	}
	s.program.StopExport()
	s.program.BackFromActivity()

	var names []string
	for range 2 {
		s.tap(s.program.main, "activity.export")
		s.sees("activity.export.panel")
		s.program.ChooseExport("jsonl")
		s.tap(s.program.main, "activity.export.do")
		s.until("it is saved", func() bool { return s.program.state.Activity.Export.Step == model.ExportSaved })
		names = append(names, s.program.state.Activity.Export.Name)
		s.program.StopExport()
	}
	if names[0] == names[1] || !strings.HasSuffix(names[0], ".jsonl") {
		t.Fatalf("saved as %q", names)
	}
	raw, err := os.ReadFile(filepath.Join(folder, names[0]))
	if err != nil {
		t.Fatal(err)
	}
	key, err := note.NewVerifier(log.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	checked, err := logexport.Check(t.Context(), bytes.NewReader(raw), logexport.CheckConfig{Log: []note.Verifier{key}})
	if err != nil || checked.Entries != 61 || checked.Values != 60 {
		t.Errorf("%+v, %v", checked, err)
	}
}

// pieces are a stream that ends with err.
func pieces(err error, all ...*hostpb.ExportPiece) func() (*hostpb.ExportPiece, error) {
	return func() (*hostpb.ExportPiece, error) {
		if len(all) == 0 {
			return nil, err
		}
		p := all[0]
		all = all[1:]
		return p, nil
	}
}

// A file that is cut short, or is not what its sum says, is never seen; nor does
// a name lead out of the folder.
func TestExportIsWholeOrNotThere(t *testing.T) {
	const sum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" // of "test"
	lost := errors.New("connection lost")
	for _, row := range []struct {
		name string
		from func() (*hostpb.ExportPiece, error)
		want error
	}{
		{"no piece", pieces(io.EOF), errCutShort},
		{"no sum", pieces(io.EOF, &hostpb.ExportPiece{Name: "a.csv", Data: []byte("test")}), errCutShort},
		{"another sum", pieces(io.EOF, &hostpb.ExportPiece{Name: "a.csv", Data: []byte("tost")}, &hostpb.ExportPiece{Sha256: sum}), errCutShort},
		{"the connection is lost", pieces(lost, &hostpb.ExportPiece{Name: "a.csv", Data: []byte("test")}), lost},
		{"whole", pieces(io.EOF, &hostpb.ExportPiece{Name: "../../a.csv", Data: []byte("test")}, &hostpb.ExportPiece{Sha256: sum}), nil},
	} {
		folder := filepath.Join(t.TempDir(), "in")
		name, err := saveExport(row.from, folder, func(uint64, uint64) {})
		if !errors.Is(err, row.want) {
			t.Errorf("%s: %v", row.name, err)
		}
		files, _ := os.ReadDir(folder)
		switch {
		case row.want != nil && len(files) > 0:
			t.Errorf("%s: left %v", row.name, files)
		case row.want == nil && (len(files) != 1 || files[0].Name() != name):
			t.Errorf("%s: %q, %v", row.name, name, files)
		}
	}
}

// A stopped export leaves nothing, and the panel closes.
func TestStopExport(t *testing.T) {
	s := newStage(t, Config{})
	folder := t.TempDir()
	s.program.choices.Folder = folder
	ended := make(chan struct{})
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.ExportLog = func(r *hostpb.ExportLogRequest, out hostpb.Host_ExportLogServer) error {
			defer close(ended)
			if err := out.Send(&hostpb.ExportPiece{Name: "log.pdf", Data: []byte("%PDF"), Done: 1, Total: 9}); err != nil {
				return err
			}
			<-out.Context().Done()
			return server.Fail(1, "cancelled", "cancelled", "")
		}
	})
	s.ready()
	s.program.Navigate(view.Activity)
	s.program.AskExport()
	s.tap(s.program.main, "activity.export.do")
	s.until("it is on its way", func() bool { return s.program.state.Activity.Export.Total == 9 })
	s.tap(s.program.main, "activity.export.stop")
	s.until("the panel closes", func() bool { return s.program.state.Activity.Export.Step == model.ExportClosed })
	<-ended
	if files, _ := os.ReadDir(folder); len(files) != 0 {
		t.Errorf("left %v", files)
	}
	if part.Find(s.program.main.Content(), "activity.export.panel") != nil {
		t.Error("the panel stays")
	}
}
