package window

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"

	"beckmanconnect/app/files"
	"beckmanconnect/internal/safename"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
)

// errCutShort: the last piece, which has the sum of all, did not come or does
// not fit. The code goes to the window.
var errCutShort = errors.New("export-cut-short")

// AskExport is part of view.Actions.
func (p *program) AskExport() {
	p.state.AskExport()
	p.refresh()
}

// ChooseExport is part of view.Actions.
func (p *program) ChooseExport(format string) {
	if e := &p.state.Activity.Export; e.Step == model.ExportAsked {
		e.Format = format
		p.refresh()
	}
}

// StartExport is part of view.Actions. The filter in force says what is saved.
func (p *program) StartExport() {
	if e := p.state.Activity.Export; e.Step == model.ExportAsked {
		p.export(e.Format, &hostpb.ExportLogRequest{Format: e.Format, Filter: p.state.Activity.List.Filter().Request(p.now()), Language: p.kit.Words.Lang()})
	}
}

// SaveCertificate is part of view.Actions.
func (p *program) SaveCertificate(session string) {
	p.export("certificate", &hostpb.ExportLogRequest{Format: "certificate", Session: session, Language: p.kit.Words.Lang()})
}

// export has the service write part of the log, and saves it by the
// technician's own account: no path crosses the pipe.
func (p *program) export(format string, r *hostpb.ExportLogRequest) {
	p.saving(format, func(ctx context.Context, folder string, progress func(done, total uint64)) (string, error) {
		host, err := p.service.host(ctx)
		if err != nil {
			return "", err
		}
		stream, err := host.ExportLog(ctx, r)
		if err != nil {
			return "", err
		}
		return saveExport(stream.Recv, folder, progress)
	})
}

// SaveProof is part of view.Actions.
func (p *program) SaveProof() {
	d := p.state.Activity.Detail
	proof := d.Got.GetProof()
	if proof == "" {
		return
	}
	p.saving("proof", func(_ context.Context, folder string, _ func(done, total uint64)) (string, error) {
		sum := sha256.Sum256([]byte(proof))
		in, err := files.Save(folder, fmt.Sprintf("log-entry-%d-proof.txt", d.Index), int64(len(proof)), hex.EncodeToString(sum[:]))
		if err != nil {
			return "", err
		}
		defer in.Drop()
		if _, err := io.WriteString(in, proof); err != nil {
			return "", err
		}
		return in.Finish()
	})
}

// saving runs what writes one file, away from the windows, and shows how it goes.
func (p *program) saving(format string, write func(ctx context.Context, folder string, progress func(done, total uint64)) (name string, err error)) {
	if p.stopExport != nil {
		return
	}
	ctx, stop := context.WithCancel(p.ctx)
	p.stopExport = stop
	p.state.Activity.Export = model.Export{Step: model.ExportRunning, Format: format}
	folder := p.folder()
	var waiting atomic.Bool // one turn for progress at a time: a quick disk must not flood the windows
	progress := func(done, total uint64) {
		if waiting.Swap(true) {
			return
		}
		p.do(func() {
			waiting.Store(false)
			if e := &p.state.Activity.Export; e.Step == model.ExportRunning {
				e.Done, e.Total = done, total
				p.refresh()
			}
		})
	}
	p.work.Go(func() {
		name, err := write(ctx, folder, progress)
		stopped := ctx.Err() != nil
		stop()
		if p.ctx.Err() != nil {
			return
		}
		p.do(func() {
			p.stopExport = nil
			e := &p.state.Activity.Export
			switch {
			case err == nil:
				*e = model.Export{Step: model.ExportSaved, Format: format, Name: name}
				p.exportFolder = folder
			case stopped:
				*e = model.Export{}
			default:
				p.log.Warn("the log was not saved", "error", err)
				*e = model.Export{Step: model.ExportFailed, Format: format, Code: exportCode(err)}
			}
			p.refresh()
		})
	})
	p.refresh()
}

// exportCode is the failure's word for the window.
func exportCode(err error) string {
	var disk *files.Error
	switch {
	case errors.As(err, &disk):
		return "file-" + disk.Kind.Error()
	case errors.Is(err, errCutShort):
		return errCutShort.Error()
	}
	return client.Code(err)
}

// StopExport is part of view.Actions: it ends what is being written, and closes
// the panel.
func (p *program) StopExport() {
	if p.stopExport != nil {
		p.stopExport()
	} else {
		p.state.Activity.Export = model.Export{}
	}
	p.refresh()
}

// OpenExportFolder is part of view.Actions.
func (p *program) OpenExportFolder() {
	path := filepath.ToSlash(p.exportFolder)
	if path == "" {
		return
	}
	if !strings.HasPrefix(path, "/") { // a drive
		path = "/" + path
	}
	if err := p.app.OpenURL(&url.URL{Scheme: "file", Path: path}); err != nil {
		p.log.Warn("open the folder", "error", err)
	}
}

// saveExport writes a stream into a folder. Nothing of it can be seen until its
// last piece has come with the sum of all.
func saveExport(receive func() (*hostpb.ExportPiece, error), folder string, progress func(done, total uint64)) (name string, err error) {
	var in *files.Growing
	defer func() {
		if in != nil {
			in.Drop()
		}
	}()
	for {
		piece, err := receive()
		switch {
		case errors.Is(err, io.EOF):
			return "", errCutShort
		case err != nil:
			return "", err
		case in == nil:
			if in, err = files.Grow(folder, safename.Of(piece.GetName())); err != nil {
				return "", err
			}
		}
		if _, err := in.Write(piece.GetData()); err != nil {
			return "", err
		}
		progress(piece.GetDone(), piece.GetTotal())
		if sum := piece.GetSha256(); sum != "" {
			name, err := in.Finish(sum)
			if errors.Is(err, files.ErrChanged) {
				err = errCutShort
			}
			return name, err
		}
	}
}
