package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/cloud/eventlog"
)

// P14: the tool says that nothing was changed, and fails when something was.
func TestEventsTool(t *testing.T) {
	db, err := data.Open(t.Context(), datatest.Dir(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	signer, _, err := db.EventSigner(t.Context(), "cloud.example/events")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.AddEvents(t.Context(), []data.Event{{Kind: "signin.ok"}, {Kind: "=cmd", Personal: data.EventPersonal{Actor: "=1+1"}}}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := showCheckpoint(t.Context(), db, &out); err == nil {
		t.Error("there is a checkpoint before one was signed")
	}
	tree, err := db.GrowEvents(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := tree.Sign(signer)
	if err == nil {
		err = db.KeepEventCheckpoint(t.Context(), tree.Size(), text)
	}
	if err == nil {
		err = showCheckpoint(t.Context(), db, &out)
	}
	if err != nil || out.String() != text {
		t.Fatalf("%v %q", err, out.String())
	}
	kept := filepath.Join(t.TempDir(), "kept")
	for content, want := range map[string]string{text: "nothing was changed", strings.Replace(text, "\n2\n", "\n3\n", 1): "FAULT"} {
		if err := os.WriteFile(kept, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		err := verifyEvents(t.Context(), db, &out, []string{kept})
		if (err != nil) != (want == "FAULT") || !strings.Contains(out.String(), want) {
			t.Errorf("%v\n%s", err, out.String())
		}
	}
	out.Reset()
	if err := exportEvents(t.Context(), db, &out, eventlog.CSV); err != nil || strings.Count(out.String(), "\r\n") != 3 || strings.Contains(out.String(), `"=`) {
		t.Errorf("%v %q", err, out.String())
	}
	if err := exportEvents(t.Context(), db, &out, "xml"); err == nil {
		t.Error("there is no such format")
	}
}
