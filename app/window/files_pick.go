package window

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"beckmanconnect/app/window/native"
)

// picking says what is to be chosen.
type picking struct {
	title  string
	from   string // the folder to begin in; "": the home folder
	folder bool   // a folder, not a file
}

// pickSize holds the dialog with its list of places and a few rows of files.
var pickSize = fyne.NewSize(820, 560)

// pick shows a window of its own to choose from. It is ours, so it is masked in
// the engineer's picture and takes none of their input. done gets the path once,
// "" for none; when ctx ends the window goes and done gets "".
func (p *program) pick(ctx context.Context, what picking, done func(path string)) {
	if p.picker != nil {
		p.picker(what, done)
		return
	}
	if p.picking != nil {
		p.picking() // one at a time: the older gives way
	}
	w := p.app.NewWindow(native.Class)
	w.SetPadded(false)
	over := false
	finish := func(path string) {
		if over {
			return
		}
		over, p.picking = true, nil
		p.dismiss(w)
		done(path)
	}
	p.picking = func() { finish("") }
	w.SetCloseIntercept(p.picking)
	w.SetContent(container.NewStack())
	w.Resize(pickSize)
	w.CenterOnScreen()
	w.Show()
	w.SetTitle(p.kit.T("app.name") + " · " + what.title)
	p.own(w)
	if err := p.native.Above(w); err != nil {
		p.log.Warn("keep the dialog above other windows", "error", err)
	}
	p.pickIn(w, what, finish)
	p.work.Go(func() {
		<-ctx.Done()
		p.do(func() { finish("") })
	})
}

func (p *program) pickIn(w fyne.Window, what picking, finish func(string)) {
	var d interface {
		SetLocation(fyne.ListableURI)
		Resize(fyne.Size)
		SetOnClosed(func())
		Show()
	}
	if what.folder {
		d = dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
			if u == nil || err != nil {
				finish("")
				return
			}
			finish(u.Path())
		}, w)
	} else {
		d = dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
			if r == nil || err != nil {
				finish("")
				return
			}
			path := r.URI().Path()
			_ = r.Close() // opened again by who reads it
			finish(path)
		}, w)
	}
	if what.from != "" {
		if at, err := storage.ListerForURI(storage.NewFileURI(what.from)); err == nil {
			d.SetLocation(at)
		}
	}
	d.Resize(pickSize)
	d.Show()
	w.RequestFocus()
}
