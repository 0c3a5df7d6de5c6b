// Package dialog is the tray's own questions and its own session bar, for a PC
// on which the window program cannot draw: old graphics, a remote desktop
// (P24, B5). They follow the window's rules: Deny comes first, Allow works only
// after the question could be read, Enter does nothing, and a yes has to be a
// press by hand. Everything is drawn in memory and decided here, the same on
// every system; a Surface puts it on the screen.
package dialog

import (
	"image"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"beckmanconnect/ui/look"
)

// Kind is what a block of a form is.
type Kind int

// The blocks, in no order.
const (
	Header  Kind = iota // white on the product's colour, over the whole width
	Text                // words
	Facts               // rows of name and value
	Notice              // words on a tone
	Choice              // one of several
	Check               // yes or no
	Field               // one line that is typed
	Buttons             // side by side, equally wide
	Row                 // words, then buttons as narrow as they can be: a bar
)

// Block is one part of a form, from the top.
type Block struct {
	Kind     Kind
	ID       string // of what can be pressed or typed into
	Words    string // also a field's or a choice's label
	Rows     [][2]string
	Options  []string
	Selected int
	On       bool
	Value    string
	Secret   bool // shows dots
	Limit    int  // characters of a field
	Digits   bool // of a field: nothing else
	Tone     look.Tone
	Size     float64 // of Text, 0: as usual
	Bold     bool
	Lines    int // of Text: room for at least so many
	Buttons  []Button
}

// Style says what a button is about.
type Style int

// The styles.
const (
	Quiet   Style = iota
	Stop          // ends or denies
	Primary       // the one thing to do
)

// Button is one that may be pressed while it is enabled.
type Button struct {
	ID      string
	Label   string
	Style   Style
	Enabled bool
}

// Form is what one dialog shows, and what has been typed and chosen in it.
type Form struct {
	Blocks []Block
	Width  float64  // without scale
	Order  []string // of the Tab key; the first has the focus at the beginning

	focus   string
	pressed string
	places  map[string]image.Rectangle // of the last picture
}

// Key is one key that means something to a form.
type Key int

// The keys. Letter comes with the rune that was typed.
const (
	Letter Key = iota
	Tab
	BackTab
	Space
	Enter
	Escape
	Back
	Left
	Right
)

// Focus is the ID of what the keys go to.
func (f *Form) Focus() string {
	if f.focus == "" && len(f.Order) > 0 {
		return f.Order[0]
	}
	return f.focus
}

// Place is where something was in the last picture.
func (f *Form) Place(id string) (image.Rectangle, bool) {
	r, ok := f.places[id]
	return r, ok
}

// Block finds a block by its ID, nil when there is none.
func (f *Form) Block(id string) *Block {
	i := slices.IndexFunc(f.Blocks, func(b Block) bool { return b.ID == id && id != "" })
	if i < 0 {
		return nil
	}
	return &f.Blocks[i]
}

// Button finds a button by its ID, nil when there is none.
func (f *Form) Button(id string) *Button {
	for i := range f.Blocks {
		for j := range f.Blocks[i].Buttons {
			if b := &f.Blocks[i].Buttons[j]; b.ID == id {
				return b
			}
		}
	}
	return nil
}

// Typed takes one key in. It returns the button it pressed, "" for none. Enter
// never does anything: somebody who is typing must not answer by it.
func (f *Form) Typed(k Key, r rune) (pressed string) {
	focus := f.Focus()
	block := f.Block(focus)
	switch k {
	case Tab:
		f.move(1)
	case BackTab:
		f.move(-1)
	case Back:
		if block != nil && block.Kind == Field {
			_, n := utf8.DecodeLastRuneInString(block.Value)
			block.Value = block.Value[:len(block.Value)-n]
		}
	case Left, Right:
		if block != nil && block.Kind == Choice {
			step := 1
			if k == Left {
				step = -1
			}
			block.Selected = min(max(block.Selected+step, 0), len(block.Options)-1)
		}
	case Letter:
		if block != nil && block.Kind == Field {
			block.take(r)
		}
	case Space:
		if block != nil {
			f.toggle(block)
			return ""
		}
		if b := f.Button(focus); b != nil && b.Enabled {
			return b.ID
		}
	}
	return ""
}

// move takes the focus on to what can have it.
func (f *Form) move(step int) {
	if len(f.Order) == 0 {
		return
	}
	at := slices.Index(f.Order, f.Focus())
	for range f.Order {
		at = (at + step + len(f.Order)) % len(f.Order)
		if b := f.Button(f.Order[at]); b == nil || b.Enabled {
			f.focus = f.Order[at]
			return
		}
	}
}

func (f *Form) toggle(b *Block) {
	switch b.Kind {
	case Check:
		b.On = !b.On
	case Choice:
		b.Selected = (b.Selected + 1) % max(len(b.Options), 1)
	}
}

// take puts a character into a field that has room for it.
func (b *Block) take(r rune) {
	if b.Digits && (r < '0' || r > '9') || !unicode.IsPrint(r) || unicode.IsSpace(r) || utf8.RuneCountInString(b.Value) >= b.Limit {
		return
	}
	b.Value += string(r)
}

// Down and Up are the pointer's. A button is pressed by both on it.
func (f *Form) Down(p image.Point) { f.pressed = f.at(p) }

// Up returns the button that was pressed, "" for none.
func (f *Form) Up(p image.Point) (pressed string) {
	id := f.at(p)
	was := f.pressed
	f.pressed = ""
	if id == "" || id != was {
		return ""
	}
	if b := f.Button(id); b != nil {
		if b.Enabled {
			return id
		}
		return ""
	}
	id, option, _ := strings.Cut(id, optionMark)
	block := f.Block(id)
	if block == nil {
		return ""
	}
	f.focus = id
	switch block.Kind {
	case Check:
		block.On = !block.On
	case Choice:
		for i := range block.Options {
			if option == optionID(i) {
				block.Selected = i
			}
		}
	}
	return ""
}

// optionMark stands between a choice's ID and the number of an option.
const optionMark = "#"

func optionID(i int) string { return string(rune('0' + i)) }

func (f *Form) at(p image.Point) string {
	for id, r := range f.places {
		if p.In(r) {
			return id
		}
	}
	return ""
}
