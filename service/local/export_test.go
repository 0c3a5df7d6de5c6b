package local

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"google.golang.org/grpc"

	"beckmanconnect/internal/logexport"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

// fill makes a log whose export is longer than what the two ends of a pipe may
// hold between them: gRPC lets a stream run ahead by 16 MiB at most.
func (l *lab) fill() {
	l.t.Helper()
	fields := map[string]string{}
	for i := range 8 {
		fields[fmt.Sprintf("text%d", i)] = strings.Repeat("x", store.MaxText)
	}
	for range 12 {
		err := l.store.Update(l.t.Context(), func(tx *store.Tx) error {
			for range 50 {
				if _, err := tx.Append(store.Entry{Kind: "config.changed", Actor: "it", Fields: fields}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			l.t.Fatal(err)
		}
	}
}

type exportStream = grpc.ServerStreamingClient[hostpb.ExportPiece]

// begin starts an export and takes its first piece.
func begin(ctx context.Context, c *client.Client) (exportStream, *hostpb.ExportPiece, error) {
	out, err := c.Host.ExportLog(ctx, &hostpb.ExportLogRequest{Format: logexport.JSONL})
	if err != nil {
		return nil, nil, err
	}
	first, err := out.Recv()
	return out, first, err
}

// An export goes as quickly as the window takes it: it waits for one that does
// not read, holds nobody else up meanwhile, lets no second one begin, and comes
// whole when it is read at last (real pipe).
func TestExportWaitsForItsReader(t *testing.T) {
	l := newLab(t)
	l.fill()
	dial := l.serve()
	slow, other := dial(), dial()
	out, first, err := begin(t.Context(), slow)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*client.Client{slow, other} {
		for i := range 20 {
			if d, err := c.Host.GetActivity(t.Context(), &hostpb.GetActivityRequest{Index: uint64(i)}); err != nil || d.GetProof() == "" {
				t.Fatal("another call while an export waits:", err)
			}
		}
		_, _, err := begin(t.Context(), c)
		l.code("a second export", err, codeExporting)
	}
	var file bytes.Buffer
	var last *hostpb.ExportPiece
	for p := first; ; {
		file.Write(p.GetData())
		last = p
		if p, err = out.Recv(); err != nil {
			break
		}
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	sum := sha256.Sum256(file.Bytes())
	if last.GetSha256() != hex.EncodeToString(sum[:]) || last.GetDone() != last.GetTotal() || file.Len() < 17<<20 {
		t.Fatalf("%d bytes, %v", file.Len(), last)
	}
	v, err := l.store.LogVerifier()
	if err != nil {
		t.Fatal(err)
	}
	checked, err := logexport.Check(t.Context(), &file, logexport.CheckConfig{Log: []note.Verifier{v}})
	if err != nil || checked.Entries != 602 { // with the log's first and the export itself
		t.Fatalf("%+v %v", checked, err)
	}
}

// Whoever cancels an export, or goes away, ends it in the service as well: the
// next one can begin, and each that began is on record (real pipe).
func TestExportEndsWithItsReader(t *testing.T) {
	l := newLab(t)
	l.fill()
	dial := l.serve()
	for name, leave := range map[string]func(*client.Client, context.CancelFunc){
		"cancelled":        func(_ *client.Client, cancel context.CancelFunc) { cancel() },
		"connection ended": func(c *client.Client, _ context.CancelFunc) { c.Close() },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		c := dial()
		if _, _, err := begin(ctx, c); err != nil {
			t.Fatal(name, err)
		}
		leave(c, cancel)
		l.until(func() bool {
			if !l.exporting.TryLock() {
				return false
			}
			l.exporting.Unlock()
			return true
		})
		cancel()
	}
	var n int
	kinds := l.kindsAfter(601)
	for _, kind := range kinds {
		if kind == "log.exported" {
			n++
		}
	}
	if n != 2 || len(kinds) != 2 {
		t.Errorf("on record: %q", kinds)
	}
}

// kindsAfter are the kinds of the entries from a number on.
func (l *lab) kindsAfter(index int64) (kinds []string) {
	l.t.Helper()
	list, _, err := l.store.Entries(l.t.Context(), 0, 100)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, e := range slices.Backward(list) {
		if e.Index >= index {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}
