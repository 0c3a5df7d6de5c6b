package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/theme"
)

// Bar is a progress bar.
type Bar struct {
	widget.BaseWidget
	kit      *Kit
	fraction float32
	height   float32
	tone     theme.Tone
}

// Progress makes a progress bar.
func (k *Kit) Progress(fraction float32) *Bar {
	b := &Bar{kit: k, fraction: fraction, height: 8, tone: theme.Note}
	b.ExtendBaseWidget(b)
	return b
}

// Set moves the bar.
func (b *Bar) Set(fraction float32) {
	if b.fraction != fraction {
		b.fraction = fraction
		b.Refresh()
	}
}

// CreateRenderer is Fyne's.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer {
	r := &barRenderer{bar: b, back: canvas.NewRectangle(b.kit.Palette.Sunken), done: canvas.NewRectangle(b.kit.Palette.Accent)}
	r.back.CornerRadius, r.done.CornerRadius = b.height/2, b.height/2
	return r
}

type barRenderer struct {
	bar        *Bar
	back, done *canvas.Rectangle
}

func (r *barRenderer) MinSize() fyne.Size { return fyne.NewSize(40, r.bar.height) }

func (r *barRenderer) Layout(size fyne.Size) {
	r.back.Resize(fyne.NewSize(size.Width, r.bar.height))
	f := min(max(r.bar.fraction, 0), 1)
	r.done.Hidden = f == 0
	r.done.Resize(fyne.NewSize(max(size.Width*f, r.bar.height), r.bar.height))
}

func (r *barRenderer) Refresh() {
	r.Layout(r.bar.Size())
	r.back.Refresh()
	r.done.Refresh()
}

func (r *barRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.back, r.done} }
func (r *barRenderer) Destroy()                     {}
