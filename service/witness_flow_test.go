package service

import (
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/witness"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
	"beckmanconnect/store/keys"
)

// The real service shows its log to the hospital's witness that its signed
// policy names, over real HTTPS, through the one way out; and a copy of the
// database from before, put back, is told as an alarm, in the log and in the
// status.
func TestHospitalsWitnessAndAnOldDatabase(t *testing.T) { // scenario 48
	s := newSite(t)
	folder, err := witness.Init(filepath.Join(s.dir, "witness"), "hospital.example/witness")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(folder.Handler(slog.New(slog.DiscardHandler)))
	defer server.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	s.policy(fmt.Sprintf("number = 1\nsite = \"s\"\n[[witness]]\nname = \"it\"\nurl = %q\nkey = %q\nca = '''\n%s'''\n", server.URL, folder.Signer().VerifierKey(), ca))
	first, err := store.Open(t.Context(), store.Options{Dir: s.config.Data}) // so that IT has the log's key
	if err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Trust(first.Verifier()); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(s.config.Data, logproof.FileName)
	old, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	stop := s.run()
	events := s.watch()
	await(t, events, "a witnessed log", func(e *hostpb.Event) bool {
		l := e.GetStatus().GetLog()
		if r := e.GetReset_(); r != nil {
			l = r.GetSnapshot().GetLog()
		}
		return l.GetWitnessed() > 1 && l.GetWitnessedUnix() > 0 && l.GetTrouble() == ""
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	logs, err := folder.Logs(t.Context())
	if err != nil || len(logs) != 1 || logs[0].Size < 2 || logs[0].Refused != "" {
		t.Fatalf("%+v %v", logs, err)
	}
	if err := keys.WriteFile(db, old, 0o600); err != nil {
		t.Fatal(err)
	}
	stop = s.run()
	c := s.client()
	events = s.watch()
	told := map[string]bool{}
	await(t, events, "the alarm and the trouble", func(e *hostpb.Event) bool {
		snapshot := e.GetReset_().GetSnapshot()
		if e.GetStatus().GetLog().GetTrouble() == store.TroubleShrunk || snapshot.GetLog().GetTrouble() == store.TroubleShrunk {
			told["status"] = true
		}
		page, err := c.Host.ListNotifications(t.Context(), &hostpb.ListNotificationsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range page.GetNotifications() {
			told["alarm"] = told["alarm"] || n.GetCode() == "log-shrunk" && n.GetSeverity() == hostpb.Severity_SEVERITY_HIGH
		}
		return told["status"] && told["alarm"]
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := s.kinds(); !slices.Contains(got, "log.shrunk") {
		t.Fatalf("log %q", got)
	}
}
