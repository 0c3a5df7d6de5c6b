package local

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"testing"

	"google.golang.org/grpc"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

type exported struct {
	grpc.ServerStreamingServer[hostpb.ExportPiece]
	ctx  context.Context
	data []byte
}

func (p *exported) Context() context.Context { return p.ctx }
func (p *exported) Send(m *hostpb.ExportPiece) error {
	p.data = append(p.data, m.GetData()...)
	return nil
}

// With the hospital's key in force, an export of this PC names confidential
// fields without their values, and carries what the hospital opens (P15).
func TestExportOfConfidentialFields(t *testing.T) {
	l := newLab(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.store.SetConfidential(&store.Confidential{Key: &key.PublicKey}); err != nil {
		t.Fatal(err)
	}
	var idx int64
	err = l.store.Update(t.Context(), func(tx *store.Tx) (err error) {
		idx, err = tx.Append(store.Entry{Kind: "a.b", Actor: "technician", Personal: map[string]string{"account": "anna", "reason": "CANARY patient"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	out := &exported{ctx: root}
	if err := l.ExportLog(&hostpb.ExportLogRequest{Format: "jsonl"}, out); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out.data, []byte("CANARY")) {
		t.Error("the export holds the value")
	}
	opened := false
	for b := range bytes.Lines(out.data) {
		line, err := logproof.ParseLine(bytes.TrimSuffix(b, []byte("\n")))
		if err != nil || line.Entry.Index != idx {
			continue
		}
		_, value, err := logproof.OpenEnvelope(key, l.store.Signer().Name(), idx, "reason", line.Envelopes["reason"])
		opened = err == nil && value == "CANARY patient" && line.States["reason"] == "confidential"
	}
	if !opened {
		t.Errorf("the hospital cannot open it: %s", out.data)
	}
}
