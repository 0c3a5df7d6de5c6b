package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Hand is the technician's hand: a mouse and a keyboard outside the captured
// desktop, so that nothing in the product needs an exception for tests.
type Hand struct {
	outer  *Display
	layout string // file in which the window program says where its parts are
}

// Part is one thing the technician can press, in pixels of the display.
type Part struct {
	ID     string `json:"id"`
	X      int    `json:"x"`
	Y      int    `json:"y"`
	W      int    `json:"w"`
	H      int    `json:"h"`
	Window string `json:"window"`

	Enabled bool   `json:"enabled"`
	Text    string `json:"text"` // what it says, or holds; never a PIN's
}

// Parts lists what the window program shows now.
func (h *Hand) Parts() ([]Part, error) {
	text, err := os.ReadFile(h.layout)
	if err != nil {
		return nil, fmt.Errorf("stage: layout of the window: %w", err)
	}
	var parts []Part
	if err := json.Unmarshal(text, &parts); err != nil {
		return nil, fmt.Errorf("stage: layout of the window: %w", err)
	}
	return parts, nil
}

// Part waits for the part whose ID matches pattern (path.Match syntax) to show and to stay where
// it is for two looks in a row.
func (h *Hand) Part(ctx context.Context, pattern string) (Part, error) {
	return h.part(ctx, pattern, func(Part) bool { return true })
}

// pressable is Part for one that answers: a person waits for a button that
// cannot be pressed yet.
func (h *Hand) pressable(ctx context.Context, pattern string) (Part, error) {
	return h.part(ctx, pattern, func(p Part) bool { return p.Enabled })
}

func (h *Hand) part(ctx context.Context, pattern string, is func(Part) bool) (Part, error) {
	var found, before Part
	err := Until(ctx, "“"+pattern+"” in the window", func() (bool, error) {
		parts, err := h.Parts()
		if err != nil {
			return false, err
		}
		before, found = found, Part{}
		for _, p := range parts {
			if ok, _ := filepath.Match(pattern, p.ID); ok && p.W > 0 && p.H > 0 && is(p) {
				found = p
				break
			}
		}
		return found.ID != "" && found == before, nil
	})
	return found, err
}

// Pressable waits until the part can be pressed.
func (h *Hand) Pressable(ctx context.Context, pattern string) error {
	_, err := h.pressable(ctx, pattern)
	return err
}

// Gone waits until no part with this ID shows.
func (h *Hand) Gone(ctx context.Context, pattern string) error {
	return Until(ctx, "“"+pattern+"” to go", func() (bool, error) {
		parts, err := h.Parts()
		if err != nil {
			return false, err
		}
		for _, p := range parts {
			if ok, _ := filepath.Match(pattern, p.ID); ok {
				return false, nil
			}
		}
		return true, nil
	})
}

// Press moves to the part and clicks it.
func (h *Hand) Press(ctx context.Context, pattern string) error {
	p, err := h.pressable(ctx, pattern)
	if err != nil {
		return err
	}
	return h.Click(ctx, p.X+p.W/2, p.Y+p.H/2)
}

// Tick clicks a check box, whose mark stands at the left of its part.
func (h *Hand) Tick(ctx context.Context, pattern string) error {
	p, err := h.pressable(ctx, pattern)
	if err != nil {
		return err
	}
	return h.Click(ctx, p.X+18, p.Y+p.H/2)
}

// Click clicks the left button at a place.
func (h *Hand) Click(ctx context.Context, x, y int) error {
	return h.do(ctx, "mousemove", "--sync", strconv.Itoa(x), strconv.Itoa(y), "sleep", "0.15", "click", "1")
}

// Point moves the mouse without clicking.
func (h *Hand) Point(ctx context.Context, x, y int) error {
	return h.do(ctx, "mousemove", "--sync", strconv.Itoa(x), strconv.Itoa(y))
}

// Type writes a text where the focus is.
func (h *Hand) Type(ctx context.Context, text string) error {
	return h.do(ctx, "type", "--delay", "25", "--", text)
}

// Holds waits until a field shows a text.
func (h *Hand) Holds(ctx context.Context, pattern, text string) error {
	_, err := h.part(ctx, pattern, func(p Part) bool { return p.Text == text })
	return err
}

// Fill clicks a field, empties it and writes a text.
func (h *Hand) Fill(ctx context.Context, pattern, text string) error {
	if err := h.Press(ctx, pattern); err != nil {
		return err
	}
	if err := h.Key(ctx, "ctrl+a"); err != nil {
		return err
	}
	return h.Type(ctx, text)
}

// Key presses one key by its X name, "Pause" for instance.
func (h *Hand) Key(ctx context.Context, key string) error { return h.do(ctx, "key", key) }

func (h *Hand) do(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	_, err := run(ctx, h.outer.Env(), "xdotool", args...)
	return err
}

// Window is a top-level window of a display as its server tells it.
type Window struct {
	ID, Class  string
	Title      string
	X, Y, W, H int
	Shown      bool
}

// Windows lists the windows of a display with their class and place.
func (d *Display) Windows(ctx context.Context) ([]Window, error) {
	out, err := run(ctx, d.Env(), "xwininfo", "-root", "-tree")
	if err != nil {
		return nil, err
	}
	// xdotool says nothing and fails where no window shows at all.
	visible, _ := run(ctx, d.Env(), "xdotool", "search", "--onlyvisible", "--class", ".")
	shown := map[string]bool{}
	for id := range strings.FieldsSeq(visible) {
		n, err := strconv.ParseInt(id, 10, 64)
		if err == nil {
			shown[fmt.Sprintf("0x%x", n)] = true
		}
	}
	var windows []Window
	for line := range strings.Lines(out) {
		f := strings.TrimSpace(line)
		if !strings.HasPrefix(f, "0x") {
			continue
		}
		id, rest, _ := strings.Cut(f, " ")
		w := Window{ID: id, Shown: shown[id]}
		if title, _, ok := strings.Cut(rest, `": ("`); ok {
			w.Title = strings.TrimPrefix(title, `"`)
		}
		// … "title": ("name" "Class")  640x480+10+10  +11+31
		if i := strings.LastIndex(rest, `: ("`); i >= 0 {
			names, geometry, _ := strings.Cut(rest[i+4:], ")")
			parts := strings.Split(names, `"`)
			if len(parts) >= 3 {
				w.Class = parts[2]
			}
			rest = geometry
		}
		fields := strings.Fields(rest)
		if len(fields) < 2 {
			continue
		}
		size, place := fields[len(fields)-2], fields[len(fields)-1]
		if n, _ := fmt.Sscanf(size, "%dx%d", &w.W, &w.H); n != 2 {
			continue
		}
		place = strings.ReplaceAll(strings.ReplaceAll(place, "+-", " -"), "+", " ")
		if n, _ := fmt.Sscan(place, &w.X, &w.Y); n != 2 {
			continue
		}
		windows = append(windows, w)
	}
	return windows, nil
}

// TechnicianDesktop makes the instrument PC's desktop and the hand that works
// it from outside.
func (h *House) TechnicianDesktop(ctx context.Context, width, height int) (outer, desktop *Display, hand *Hand, err error) {
	if outer, err = newVirtualDisplay(h.dir("logs"), "outer", width, height); err != nil {
		return nil, nil, nil, err
	}
	h.stop = append(h.stop, outer.Stop)
	if desktop, err = newTechnicianDesktop(ctx, h.dir("logs"), h.dir("technician"), outer, width, height); err != nil {
		return nil, nil, nil, err
	}
	h.stop = append(h.stop, desktop.Stop)
	return outer, desktop, &Hand{outer: outer, layout: h.dir("layout.json")}, nil
}

// LayoutEnv asks the window program to say where its parts are; programs built
// for production do not know it.
func (h *Hand) LayoutEnv() string { return layoutVariable + h.layout }

// LayoutEnvOf is the same as the programs of a PC are told of the file.
func (h *Hand) LayoutEnvOf(pc *PC) string { return layoutVariable + pc.Native(h.layout) }

const layoutVariable = "BECKMANCONNECT_LAYOUT="

// Active tells whether a window has the focus.
func (d *Display) Active(ctx context.Context, w Window) (bool, error) {
	out, err := run(ctx, d.Env(), "xdotool", "getactivewindow")
	if err != nil {
		return false, err
	}
	id, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
	return fmt.Sprintf("0x%x", id) == w.ID, err
}

// Pointer tells where the mouse pointer of the display is.
func (d *Display) Pointer(ctx context.Context) (x, y int, err error) {
	out, err := run(ctx, d.Env(), "xdotool", "getmouselocation")
	if err != nil {
		return 0, 0, err
	}
	_, err = fmt.Sscanf(out, "x:%d y:%d", &x, &y)
	return x, y, err
}

// Place gives the window with a title a place and a size, as a person drags it;
// false: there is none yet.
func (d *Display) Place(ctx context.Context, title string, x, y, w, h int) (bool, error) {
	windows, err := d.Windows(ctx)
	if err != nil {
		return false, err
	}
	for _, window := range windows {
		if window.Title == title && window.Shown {
			_, err := run(ctx, d.Env(), "xdotool", "windowmove", window.ID, strconv.Itoa(x), strconv.Itoa(y), "windowsize", window.ID, strconv.Itoa(w), strconv.Itoa(h))
			return err == nil, err
		}
	}
	return false, nil
}
