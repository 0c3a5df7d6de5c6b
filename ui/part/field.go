package part

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/ui/theme"
)

// Field is an input with its label above and room for what is wrong below.
type Field struct {
	Content fyne.CanvasObject
	wrong   *Text
	place   *fyne.Container
}

// Field puts a label to an input.
func (k *Kit) Field(label string, input fyne.CanvasObject) *Field {
	f := &Field{wrong: k.text("", theme.TextSmall, true, k.Palette.Chips[theme.Danger].Ink)}
	f.wrong.Hide()
	call(input, label)
	f.place = Column(5, k.Bold(label), input, f.wrong)
	f.Content = f.place
	return f
}

// call tells an input what it is for, for whoever hears it.
func call(input fyne.CanvasObject, label string) {
	switch i := input.(type) {
	case *Entry:
		i.Label = label
	case *Area:
		i.Label = label
	case *Choice:
		i.Label = label
		if open, ok := i.ActionItem.(*Button); ok {
			open.Name = label
		}
	default:
		if s := selectIn(input); s != nil {
			s.Label = label
		}
	}
}

// SetWrong says what is wrong, "" for nothing.
func (f *Field) SetWrong(s string) {
	f.wrong.Set(s)
	if s == "" {
		f.wrong.Hide()
	} else {
		f.wrong.Show()
	}
	f.place.Refresh()
}

// Wrong is what is said to be wrong.
func (f *Field) Wrong() string { return f.wrong.Content() }
