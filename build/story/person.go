package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"beckmanconnect/assets/fonts/noto"
	"beckmanconnect/build/thumb"
)

// How long a person takes for one act, in seconds: the Keystroke-Level Model
// (Card, Moran, Newell: The Psychology of Human-Computer Interaction, 1983).
const (
	keyTime   = 0.28 // a key, or the mouse's button, of an average typist
	pointTime = 1.1  // to a place with the mouse
	mindTime  = 1.35 // making up one's mind
)

// act is one step of a task, as it was done.
type act struct {
	Does    string  `json:"does"`
	Picture string  `json:"picture"` // before it, with a ring around what is pressed
	Clicks  int     `json:"clicks"`
	Keys    int     `json:"keys"`
	Person  float64 `json:"person_s"`  // by the model
	Program float64 `json:"program_s"` // until the next step could be seen
}

// task is one task as a newcomer gets it.
type task struct {
	Name    string  `json:"name"`
	Told    string  `json:"told"` // what the newcomer is told, and nothing else
	Acts    []act   `json:"acts"`
	Clicks  int     `json:"clicks"`
	Keys    int     `json:"keys"`
	Screens int     `json:"screens"` // windows, pages and menus that were read
	Person  float64 `json:"person_s"`
	Program float64 `json:"program_s"`
	Detail  string  `json:"detail"` // how it was checked
}

// person does a task on the technician's desktop and counts what it takes.
type person struct {
	t    *teller
	dir  string
	task *task
}

// click presses a part, and waits until what the person looks for next shows.
// where names the screen; next is the pattern of a part, or "" for none.
func (p *person) click(ctx context.Context, does, pattern, next string) error {
	part, err := p.t.hand.Part(ctx, pattern)
	if err != nil {
		return err
	}
	return p.do(ctx, act{Does: does, Clicks: 1, Person: mindTime + pointTime + keyTime}, image.Rect(part.X, part.Y, part.X+part.W, part.Y+part.H),
		func() error { return p.t.hand.Press(ctx, pattern) }, p.sees(ctx, next))
}

// choose opens a box of choices and takes the entry with this number.
func (p *person) choose(ctx context.Context, does, pattern string, entry int, next func() error) error {
	part, err := p.t.hand.Part(ctx, pattern)
	if err != nil {
		return err
	}
	at := image.Rect(part.X, part.Y, part.X+part.W, part.Y+part.H)
	if err := p.do(ctx, act{Does: does, Clicks: 1, Person: mindTime + pointTime + keyTime}, at, func() error { return p.t.hand.Press(ctx, pattern) }, nil); err != nil {
		return err
	}
	// Where the entries stand is known to nobody outside: they are gone to by
	// key, and counted as the click a person would do.
	return p.do(ctx, act{Does: "chooses from the list", Clicks: 1, Person: mindTime + pointTime + keyTime}, image.Rectangle{}, func() error {
		for range entry + 1 {
			if err := p.t.hand.Key(ctx, "Down"); err != nil {
				return err
			}
		}
		return p.t.hand.Key(ctx, "Return")
	}, next)
}

// tray opens the menu of the tray's icon and takes an entry of it.
func (p *person) tray(ctx context.Context, label, next string) error {
	open := act{Does: "clicks the icon in the tray", Clicks: 1, Person: mindTime + pointTime + keyTime}
	if err := p.do(ctx, open, p.t.desktop.TrayIcon(), nil, nil); err != nil {
		return err
	}
	menu := act{Does: "chooses “" + label + "”", Clicks: 1, Person: mindTime + pointTime + keyTime}
	menu.Picture = p.picture()
	// The entry is gone to by key, and counted as the click a person would do.
	choose := func() error {
		return p.t.hand.ShowAndChooseInTray(ctx, p.t.desktop, label, filepath.Join(p.dir, menu.Picture))
	}
	return p.do(ctx, menu, image.Rectangle{}, choose, p.sees(ctx, next))
}

// sees waits for a part.
func (p *person) sees(ctx context.Context, pattern string) func() error {
	if pattern == "" {
		return nil
	}
	return func() error { _, err := p.t.hand.Part(ctx, pattern); return err }
}

// do takes the picture of before, does the act, and measures how long the
// programs take until the person can go on.
func (p *person) do(ctx context.Context, a act, at image.Rectangle, how, until func() error) error {
	if a.Picture == "" {
		a.Picture = p.picture()
		if err := p.t.desktop.Shot(ctx, filepath.Join(p.dir, a.Picture)); err != nil {
			return err
		}
	}
	if err := ring(filepath.Join(p.dir, a.Picture), at); err != nil {
		return err
	}
	if how != nil {
		if err := how(); err != nil {
			return fmt.Errorf("%s: %w", a.Does, err)
		}
	}
	began := time.Now()
	if until != nil {
		if err := until(); err != nil {
			return fmt.Errorf("%s: %w", a.Does, err)
		}
		a.Program = time.Since(began).Seconds()
	}
	p.task.Acts = append(p.task.Acts, a)
	return nil
}

// end takes the last picture and adds the task up.
func (p *person) end(ctx context.Context, detail string) error {
	t := p.task
	t.Detail = detail
	last := act{Does: "done", Picture: p.picture()}
	t.Acts = append(t.Acts, last)
	if err := p.t.desktop.Shot(ctx, filepath.Join(p.dir, last.Picture)); err != nil {
		return err
	}
	for _, a := range t.Acts {
		t.Clicks, t.Keys, t.Person, t.Program = t.Clicks+a.Clicks, t.Keys+a.Keys, t.Person+a.Person, t.Program+a.Program
	}
	t.Screens = t.Clicks + 1 // each press shows another one; reading shows none
	return p.strip()
}

func (p *person) picture() string { return fmt.Sprintf("%s-%d.png", p.task.Name, len(p.task.Acts)+1) }

// ring marks a place in a picture, as a finger would.
func ring(file string, at image.Rectangle) error {
	if at.Empty() {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	from, err := png.Decode(f)
	f.Close()
	if err != nil {
		return err
	}
	m := image.NewRGBA(from.Bounds())
	draw.Draw(m, m.Rect, from, m.Rect.Min, draw.Src)
	const wide = 4
	outer := at.Inset(-wide - 3)
	for _, side := range []image.Rectangle{
		{outer.Min, image.Pt(outer.Max.X, outer.Min.Y+wide)}, {image.Pt(outer.Min.X, outer.Max.Y-wide), outer.Max},
		{outer.Min, image.Pt(outer.Min.X+wide, outer.Max.Y)}, {image.Pt(outer.Max.X-wide, outer.Min.Y), outer.Max},
	} {
		draw.Draw(m, side, image.NewUniform(color.RGBA{0xE0, 0x10, 0x90, 255}), image.Point{}, draw.Src)
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	err = png.Encode(out, m)
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}

// The strip of a task: its pictures in rows, numbered, for the page about it.
const (
	stripColumns = 3
	stripWidth   = 420
	stripGap     = 10
	stripWords   = 24
	stripMost    = 160_000 // bytes
)

func (p *person) strip() error {
	bold, err := opentype.Parse(noto.Bold)
	if err != nil {
		return err
	}
	face, err := opentype.NewFace(bold, &opentype.FaceOptions{Size: 14, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return err
	}
	var small []image.Image
	height := 0
	for _, a := range p.task.Acts {
		m, err := thumb.Read(filepath.Join(p.dir, a.Picture), stripWidth)
		if err != nil {
			return err
		}
		small, height = append(small, m), max(height, m.Bounds().Dy())
	}
	rows := (len(small) + stripColumns - 1) / stripColumns
	columns := min(len(small), stripColumns)
	m := image.NewRGBA(image.Rect(0, 0, columns*(stripWidth+stripGap)+stripGap, rows*(height+stripWords+stripGap)+stripGap))
	draw.Draw(m, m.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	for i, s := range small {
		at := image.Pt(stripGap+i%stripColumns*(stripWidth+stripGap), stripGap+i/stripColumns*(height+stripWords+stripGap))
		words := fmt.Sprintf("%d  %s", i+1, p.task.Acts[i].Does)
		for font.MeasureString(face, words).Ceil() > stripWidth {
			words = strings.TrimSuffix(words, "…")
			words = words[:strings.LastIndexByte(words, ' ')] + "…"
		}
		(&font.Drawer{Dst: m, Src: image.Black, Face: face, Dot: fixed.P(at.X, at.Y+17)}).DrawString(words)
		draw.Draw(m, s.Bounds().Add(at.Add(image.Pt(0, stripWords))), s, image.Point{}, draw.Src)
	}
	packed, err := thumb.Pack(m, stripMost)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(p.dir, p.task.Name+".png"), packed, 0o644)
}

// newPerson gives somebody a task.
func (t *teller) newPerson(dir, name, told string) *person {
	return &person{t: t, dir: dir, task: &task{Name: name, Told: told}}
}
