package view

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// Preview is the content of the window that shows the technician what the
// engineer sees (B6).
type Preview struct {
	kit     *part.Kit
	close   func()
	shown   model.PreviewView
	drawn   bool
	picture *canvas.Image
	nothing *canvas.Rectangle
	mark    *fyne.Container // in the place of a picture
	state   *fyne.Container
	root    fyne.CanvasObject
}

// previewSize is the least room for the picture.
var previewSize = fyne.NewSize(560, 315)

// NewPreview builds the preview; close is its button, and Escape.
func NewPreview(kit *part.Kit, close func()) *Preview {
	p := &Preview{kit: kit, close: close, picture: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleSmooth},
		nothing: canvas.NewRectangle(kit.Palette.Sunken), state: container.NewStack(), mark: container.NewStack()}
	p.nothing.SetMinSize(previewSize)
	p.picture.Hide()
	head := kit.Header(theme.Session,
		part.Inset(12, 20, 12, 20, part.RowStretch(14, 1, kit.Badge(icons.Eye, 38), kit.Styled(kit.T("preview.title"), theme.TextStrong, true, theme.HeaderInk))))
	button := kit.Button("preview.close", part.Quiet, icons.Cross, kit.T("unit.close"), close)
	button.OnKey = p.key
	foot := part.Inset(12, 20, 14, 20, part.RowStretch(14, 0, p.state, button))
	p.root = container.NewStack(canvas.NewRectangle(kit.Palette.Surface),
		part.Fill(head, container.NewStack(p.nothing, container.NewCenter(p.mark), part.NewNamed("preview.picture", p.picture)), foot))
	return p
}

// Content is what the window holds.
func (p *Preview) Content() fyne.CanvasObject { return p.root }

// Focus puts the focus on the one button and takes the other keys.
func (p *Preview) Focus(c fyne.Canvas) {
	c.SetOnTypedKey(p.key)
	if b, ok := part.Find(p.root, "preview.close").(fyne.Focusable); ok {
		c.Focus(b)
	}
}

func (p *Preview) key(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape {
		p.close()
	}
}

// Update draws what came. picture is nil where there is none.
func (p *Preview) Update(v model.PreviewView, picture image.Image) {
	if !p.drawn || v != p.shown {
		p.drawn, p.shown = true, v
		k := p.kit
		p.state.Objects = []fyne.CanvasObject{part.RowStretch(9, 1, k.Icon(v.State.Icon, k.Size(20), k.Palette.Chips[v.State.Tone].Ink),
			part.NewNamed("preview.state", k.Bold(v.State.Word)))}
		p.state.Refresh()
		p.mark.Objects = []fyne.CanvasObject{k.Disc(v.State.Tone, v.State.Icon, 76)}
		p.mark.Refresh()
	}
	// An old picture must not stand where there is none any more.
	p.picture.Image = picture
	show(p.picture, picture != nil && v.Picture)
	p.picture.Refresh()
}
