package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"beckmanconnect/internal/logexport"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/redact"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/server"
	"beckmanconnect/store"
)

const codeExporting = "export-running"

// ExportLog streams part of the log as a file, with the values that people on
// this PC may read anyway. It is on record before the first byte, who asked and
// for what. One export runs at a time, and it goes as quickly as the other end
// takes it; when that end goes away the export is over.
func (h *Host) ExportLog(r *hostpb.ExportLogRequest, out grpc.ServerStreamingServer[hostpb.ExportPiece]) error {
	ctx := out.Context()
	f, err := activityFilter(r.GetFilter())
	if err != nil {
		return err
	}
	switch r.GetFormat() {
	case logexport.JSONL, logexport.CSV, logexport.PDF:
	case logexport.Certificate:
		if r.GetSession() == "" || len(r.GetSession()) > store.MaxText {
			return invalid("export-session", "a certificate is of one session")
		}
		f = store.ActivityFilter{Subject: r.GetSession()}
	default:
		return invalid("export-format", "the formats are jsonl, csv, pdf and certificate")
	}
	if !h.exporting.TryLock() {
		return server.Fail(codes.ResourceExhausted, codeExporting, "another export is under way", "try-again")
	}
	defer h.exporting.Unlock()
	w := &pieces{out: out, sum: sha256.New()}
	x, err := logexport.New(r.GetFormat(), w)
	if err != nil {
		return invalid("export-format", redact.Line(err.Error(), 120))
	}
	if err := h.recordExport(ctx, r, f); err != nil {
		return h.fail("export", err)
	}
	meta, err := h.exportMeta(ctx, r, f)
	if err != nil {
		return h.fail("export", err)
	}
	w.name, w.total = logexport.FileName(r.GetFormat(), meta), uint64(meta.To-meta.From)
	if err := h.export(ctx, x, w, meta, f); err != nil {
		return exportFailed(err, func() error { return h.fail("export", err) })
	}
	if err := w.flush(); err != nil {
		return err
	}
	return out.Send(&hostpb.ExportPiece{Name: w.name, Done: w.total, Total: w.total, Sha256: hex.EncodeToString(w.sum.Sum(nil))})
}

func exportFailed(err error, other func() error) error {
	switch {
	case errors.Is(err, logexport.ErrTooMany):
		return refuse("export-too-many", "a pdf holds at most 20,000 entries")
	case errors.Is(err, logexport.ErrNoSession):
		return server.Fail(codes.NotFound, "export-no-session", "the log holds no such session", "")
	}
	return other()
}

// recordExport puts an export on record. What was searched for is a text that
// somebody typed.
func (h *Host) recordExport(ctx context.Context, r *hostpb.ExportLogRequest, f store.ActivityFilter) error {
	who := person(ctx, "")
	fields, personal := map[string]string{"format": r.GetFormat()}, maps.Clone(who.Fields())
	if len(f.Groups) > 0 {
		fields["groups"] = strings.Join(f.Groups, " ")
	}
	for name, t := range map[string]time.Time{"from": f.From, "to": f.To} {
		if !t.IsZero() {
			fields[name] = t.UTC().Format(time.RFC3339)
		}
	}
	if f.Text != "" {
		personal["text"] = f.Text
	}
	return h.config.Store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{Kind: "log.exported", Actor: who.Role, Subject: redact.Line(f.Subject, 200), Fields: fields, Personal: personal})
		return err
	})
}

func (h *Host) exportMeta(ctx context.Context, r *hostpb.ExportLogRequest, f store.ActivityFilter) (*logexport.Meta, error) {
	note := h.config.Store.Checkpoint()
	c, err := logproof.ReadCheckpoint(note)
	if err != nil {
		return nil, err
	}
	first, err := h.config.Store.FirstIndex(ctx)
	if err != nil {
		return nil, err
	}
	meta := &logexport.Meta{
		Checkpoint: note, Stored: h.config.Store.Stored(ctx), From: first, To: c.Size, Filter: filterInWords(f), Language: r.GetLanguage(),
		Local: time.Local, Program: "beckmanconnect-service " + version.Version(), WithNames: true,
	}
	if r.GetFormat() == logexport.Certificate {
		meta.Session, meta.Filter = r.GetSession(), ""
	}
	if reg, ok := h.config.Device.Registration(); ok {
		meta.Device = reg.DeviceID
	}
	for _, w := range h.config.Store.Witnessed() {
		if w.Size <= c.Size {
			meta.Cosigned = append(meta.Cosigned, logexport.Cosigned{Name: w.Name, Note: w.Note, Time: w.Time})
		}
	}
	return meta, nil
}

// filterInWords says what was asked for; a program may read it.
func filterInWords(f store.ActivityFilter) string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	add("groups", strings.Join(f.Groups, " "))
	if !f.From.IsZero() {
		add("from", f.From.UTC().Format(time.RFC3339))
	}
	if !f.To.IsZero() {
		add("to", f.To.UTC().Format(time.RFC3339))
	}
	add("subject", redact.Line(f.Subject, 200))
	add("words", f.Text)
	return strings.Join(parts, ", ")
}

// export writes the entries.
func (h *Host) export(ctx context.Context, x logexport.Exporter, w *pieces, meta *logexport.Meta, f store.ActivityFilter) error {
	if err := x.Begin(meta); err != nil {
		return err
	}
	err := h.config.Store.EachActivity(ctx, f, meta.To, func(e *store.Exported) error {
		return x.Record(exportRecord(e))
	}, func(done int64) error {
		w.progress(int(done-meta.From), int(meta.To-meta.From))
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	return x.End()
}

func exportRecord(e *store.Exported) *logexport.Record {
	r := &logexport.Record{Entry: e.Entry, Back: e.ClockBack}
	for name, value := range e.Personal {
		r.Personal = append(r.Personal, logexport.Personal{Name: name, State: logexport.Shown, Value: value, Salt: e.Salts[name]})
	}
	for state, names := range map[logexport.State][]string{logexport.Erased: e.Erased, logexport.Damaged: e.Damaged, logexport.Confidential: e.Confidential} {
		for _, name := range names {
			r.Personal = append(r.Personal, logexport.Personal{Name: name, State: state})
		}
	}
	return r
}
