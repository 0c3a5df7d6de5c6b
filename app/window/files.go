package window

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"time"

	"beckmanconnect/app/files"
	"beckmanconnect/app/preferences"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ui/model"
)

// filesWork is the session's stream for files: while it is open this program
// writes and reads for the session, by the technician's own identity.
type filesWork struct {
	session string
	stop    context.CancelFunc
	hand    *files.Hand // nil until the stream is open
}

// filesPause is how long the program waits before it opens anew a stream that
// ended although the session goes on.
const filesPause = time.Second

// folder is where received files go.
func (p *program) folder() string { return files.Folder(p.choices.Folder) }

// updateFiles opens the stream with a session and closes it with its end.
func (p *program) updateFiles() {
	session := ""
	if p.state.Connected && p.state.InSession() {
		session = p.state.Support.GetSessionId()
	}
	if p.files != nil && p.files.session != session {
		p.files.stop()
		p.files = nil
	}
	if session == "" || p.files != nil {
		return
	}
	ctx, stop := context.WithCancel(p.ctx)
	f := &filesWork{session: session, stop: stop}
	p.files = f
	p.work.Go(func() { p.handleFiles(ctx, f) })
}

func (p *program) handleFiles(ctx context.Context, f *filesWork) {
	for ctx.Err() == nil {
		err := p.filesStream(ctx, f)
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, io.EOF) {
			p.log.Warn("files are not handled any more", "code", client.Code(err), "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(filesPause):
		}
	}
}

func (p *program) filesStream(ctx context.Context, f *filesWork) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	host, err := p.service.host(ctx)
	if err != nil {
		return err
	}
	stream, err := host.HandleFiles(ctx)
	if err != nil {
		return err
	}
	hand := files.NewHand(ctx, stream, files.Config{
		Session: f.session, Folder: p.folder, Log: p.log,
		Choose: func(ctx context.Context, id string) { p.do(func() { p.chooseFile(ctx, f, id) }) },
		Failed: func(err error) { p.do(func() { p.fileFailed(err) }) },
	})
	p.do(func() { f.hand = hand })
	defer p.do(func() { f.hand = nil })
	return hand.Run()
}

// fileFailed says in the window what went wrong on this side.
func (p *program) fileFailed(err error) {
	var known *files.Error
	if errors.As(err, &known) {
		p.state.Failure = "file-" + known.Kind.Error()
		p.refresh()
	}
}

// chooseFile lets the technician choose what was asked for.
func (p *program) chooseFile(ctx context.Context, f *filesWork, id string) {
	if f.hand == nil || ctx.Err() != nil {
		return
	}
	p.pick(ctx, picking{title: p.kit.T("files.choose"), from: p.app.Preferences().String(sentFromKey)}, func(path string) {
		hand := f.hand
		if hand == nil {
			return
		}
		if path == "" {
			p.work.Go(func() { hand.Cancel(id) })
			return
		}
		p.open(path, func(source *files.Source, err error) {
			if err != nil {
				hand.Refuse(id, err)
				return
			}
			hand.Send(id, source)
		})
	})
}

// sentFromKey is where the folder is kept that a file was sent from last.
const sentFromKey = "files.sent-from"

// open opens a chosen file away from the windows: it may lie on a slow disk.
func (p *program) open(path string, then func(*files.Source, error)) {
	p.app.Preferences().SetString(sentFromKey, filepath.Dir(path))
	p.work.Go(func() { then(files.Open(path)) })
}

// SendFile is part of view.Actions.
func (p *program) SendFile() {
	f := p.files
	if f == nil || f.hand == nil {
		return
	}
	p.pick(p.ctx, picking{title: p.kit.T("files.choose"), from: p.app.Preferences().String(sentFromKey)}, func(path string) {
		hand := f.hand
		if path == "" || hand == nil {
			return
		}
		p.open(path, func(source *files.Source, err error) {
			if err != nil {
				p.do(func() { p.fileFailed(err) })
				return
			}
			hand.Offer(source)
		})
	})
}

// StopTransfer is part of view.Actions.
func (p *program) StopTransfer(id string) {
	if f := p.files; f != nil && f.hand != nil {
		hand := f.hand
		p.work.Go(func() { hand.Cancel(id) })
	}
}

// changeFolder lets the technician choose where a file goes; the choice is
// remembered. Like Allow it has to come from this PC's mouse or keyboard: where
// a file goes must not be a program's choice. The dialog goes with its question.
func (p *program) changeFolder(w *promptWindow) {
	const change = "prompt.folder.change"
	if !w.made(change, false) && !w.made(change, true) {
		p.log.Warn("a press on another folder did not count")
		w.content.Failed(p.kit.T("prompt.not-by-hand"))
		return
	}
	if w.stopPicking != nil {
		w.stopPicking()
	}
	var ctx context.Context
	ctx, w.stopPicking = context.WithCancel(p.ctx)
	p.pick(ctx, picking{title: p.kit.T("files.choose-folder"), from: p.folder(), folder: true}, func(path string) {
		if path == "" {
			return
		}
		if err := files.CheckFolder(path); err != nil {
			p.log.Warn("this folder cannot be used", "error", err)
			if p.prompt == w {
				w.content.Failed(model.Failure(p.kit.Words, "file-disk"))
			}
			return
		}
		p.keep(func(c *preferences.Preferences) { c.Folder = path })
		if p.prompt == w {
			w.showFolder()
		}
	})
}

// showFolder says in the question where the file will go.
func (w *promptWindow) showFolder() {
	w.content.FolderRow(w.program.folder(), func() { w.program.changeFolder(w) })
}
