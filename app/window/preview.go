package window

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"time"

	"fyne.io/fyne/v2"

	"beckmanconnect/app/window/native"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/view"
)

// previewWindow shows the technician what the engineer sees (B6). It is ours,
// so it is masked in that picture like all our windows.
type previewWindow struct {
	session string
	window  fyne.Window
	content *view.Preview
	stop    context.CancelFunc

	last    *hostpb.Preview
	picture image.Image
	lost    bool
}

var previewSize = fyne.NewSize(640, 470)

// ShowPreview is part of view.Actions.
func (p *program) ShowPreview() {
	if !p.state.InSession() {
		return
	}
	if p.preview != nil {
		p.preview.window.Show()
		p.preview.window.RequestFocus()
		return
	}
	ctx, stop := context.WithCancel(p.ctx)
	w := &previewWindow{session: p.state.Support.GetSessionId(), stop: stop}
	w.window = p.app.NewWindow(native.Class)
	w.window.SetPadded(false)
	w.window.SetCloseIntercept(func() { p.closePreview(w) })
	p.preview = w
	w.redress(p)
	w.window.Resize(previewSize)
	w.window.Show()
	w.window.SetTitle(p.kit.T("app.name") + " · " + p.kit.T("preview.title"))
	p.own(w.window)
	w.window.RequestFocus()
	p.work.Go(func() { p.watchPreview(ctx, w) })
}

// updatePreview closes the preview with its session.
func (p *program) updatePreview() {
	if w := p.preview; w != nil && (!p.state.Connected || !p.state.InSession() || p.state.Support.GetSessionId() != w.session) {
		p.closePreview(w)
	}
}

func (p *program) closePreview(w *previewWindow) {
	if p.preview != w {
		return
	}
	p.preview = nil
	w.stop()
	p.dismiss(w.window)
}

// redress builds the content for the present language and look.
func (w *previewWindow) redress(p *program) {
	if w == nil {
		return
	}
	w.content = view.NewPreview(p.kit, func() { p.closePreview(w) })
	w.window.SetContent(w.content.Content())
	w.content.Focus(w.window.Canvas())
	w.draw(p)
}

func (w *previewWindow) draw(p *program) {
	w.content.Update(model.PreviewWords(p.kit.Words, w.last, w.lost), w.picture)
}

// previewPause is how long the preview waits before it asks again for a
// stream that ended.
const previewPause = 2 * time.Second

// watchPreview follows the service's pictures while the window is open.
func (p *program) watchPreview(ctx context.Context, w *previewWindow) {
	for ctx.Err() == nil {
		err := p.previewStream(ctx, w)
		if ctx.Err() != nil {
			return
		}
		p.log.Warn("the preview has ended", "code", client.Code(err), "error", err)
		p.do(func() { w.take(p, nil, nil, true) })
		select {
		case <-ctx.Done():
		case <-time.After(previewPause):
		}
	}
}

func (p *program) previewStream(ctx context.Context, w *previewWindow) error {
	host, err := p.service.host(ctx)
	if err != nil {
		return err
	}
	stream, err := host.WatchPreview(ctx, &hostpb.WatchPreviewRequest{SessionId: w.session})
	for err == nil {
		var m *hostpb.Preview
		if m, err = stream.Recv(); err != nil {
			return err
		}
		picture, bad := decodePreview(m.GetPng())
		if bad != nil {
			p.log.Warn("a picture of the preview cannot be shown", "error", bad)
		}
		p.do(func() { w.take(p, m, picture, bad != nil) })
	}
	return err
}

func (w *previewWindow) take(p *program, m *hostpb.Preview, picture image.Image, lost bool) {
	if p.preview != w {
		return
	}
	w.last, w.picture, w.lost = m, picture, lost
	w.draw(p)
}

// The largest preview that is decoded, in pixels.
const (
	previewWidth  = 960
	previewHeight = 4 * previewWidth // screens above each other
)

var errPreviewSize = errors.New("window: the preview is too large")

// decodePreview reads a picture; none gives nil. Its size is looked at first:
// the helper that made it runs among other programs.
func decodePreview(raw []byte) (image.Image, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	c, err := png.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("window: read the preview: %w", err)
	}
	if c.Width > previewWidth || c.Height > previewHeight {
		return nil, errPreviewSize
	}
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("window: read the preview: %w", err)
	}
	return picture, nil
}
