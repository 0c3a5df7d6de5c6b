package desktop

import (
	"errors"
	"image"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/ipc/hostpb"

	"pgregory.net/rapid"
)

var errGone = errors.New("the process is gone")

// someWindow draws a window; its ID is its place in the list and one.
func someWindow(id int) *rapid.Generator[Facts] {
	return rapid.Custom(func(t *rapid.T) Facts {
		f := Facts{
			Window:  Window{Bounds: rects().Draw(t, "bounds"), Opaque: rapid.Bool().Draw(t, "opaque")},
			Own:     rapid.IntRange(0, 9).Draw(t, "own") == 0,
			Members: []uint64{uint64(id)}, Programs: []uint64{uint64(rapid.IntRange(1, 3).Draw(t, "program"))},
			Popup:     rapid.Bool().Draw(t, "popup"),
			Titles:    rapid.SliceOfN(rapid.SampledFrom([]string{"Patient Miller", "Instrument", "patients"}), 0, 2).Draw(t, "titles"),
			Classes:   rapid.SliceOfN(rapid.SampledFrom([]string{"Lis", "term"}), 0, 1).Draw(t, "classes"),
			Processes: rapid.SliceOfN(rapid.SampledFrom([]string{`C:\lis\LIS.EXE`, "xterm", "lis (deleted)"}), 0, 1).Draw(t, "processes"),
		}
		if parent := rapid.IntRange(0, 6).Draw(t, "parent"); parent > 0 && parent != id {
			f.Parents = []uint64{uint64(parent)}
		}
		return f
	})
}

var someMasks = []*hostpb.Mask{
	{Id: "patients", Title: "(?i)patient"}, {Id: "lis", Process: "lis"}, {Id: "both", Title: "Instrument", Class: "LIS"},
	{Id: "corner", X: 2, Y: 3, Width: 5, Height: 4},
}

// wants is masking said once more, in the plainest words: what a window has to
// have, or to whom it belongs.
func wants(masks []*hostpb.Mask, windows []Facts, i int, seen map[int]bool) bool {
	w := windows[i]
	if w.Own || seen[i] {
		return false
	}
	seen[i] = true
	has := func(all []string, ok func(string) bool) bool { return slices.ContainsFunc(all, ok) }
	for _, m := range masks {
		switch m.Id {
		case "patients":
			if has(w.Titles, func(s string) bool { return strings.Contains(strings.ToLower(s), "patient") }) {
				return true
			}
		case "lis":
			if has(w.Processes, func(s string) bool { return s != "xterm" }) {
				return true
			}
		case "both":
			if has(w.Titles, func(s string) bool { return s == "Instrument" }) && has(w.Classes, func(s string) bool { return s == "Lis" }) {
				return true
			}
		}
	}
	for j, of := range windows {
		belongs := slices.Contains(w.Parents, of.Members[0]) || w.Popup && !of.Bounds.Empty() && slices.Equal(w.Programs, of.Programs)
		if j != i && belongs && wants(masks, windows, j, seen) {
			return true
		}
	}
	return false
}

// B6: of a window that is masked, or belongs to one that is, no pixel comes
// through, however windows lie and shine through one another; nor one of a
// masked region. And a mask is said to hide something exactly when it does.
func TestNoMaskedPixelComesThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var masks []*hostpb.Mask
		for _, m := range someMasks {
			if rapid.Bool().Draw(t, m.Id) {
				masks = append(masks, m)
			}
		}
		set, err := ReadMasks(&hostpb.HelperMasks{Masks: masks})
		if err != nil {
			t.Fatal(err)
		}
		var windows []Facts
		for i := range rapid.IntRange(0, 7).Draw(t, "windows") {
			windows = append(windows, someWindow(i+1).Draw(t, "window"))
		}
		if err := set.Hide(windows); err != nil {
			t.Fatal(err)
		}
		cover := set.Cover(wholeScreen, image.Point{}, windows)
		dx, dy := wholeScreen.Dx(), wholeScreen.Dy()
		pix := make([]byte, 4*dx*dy)
		for i := range pix {
			pix[i] = 0xff
		}
		Blacken(pix, 4*dx, cover.Area)
		secret := make([]bool, len(windows))
		for i := range windows {
			secret[i] = wants(masks, windows, i, map[int]bool{})
			if got := windows[i].Hidden; got != (secret[i] || windows[i].Own) {
				t.Fatalf("window %d is hidden: %v; secret: %v, own: %v", i+1, got, secret[i], windows[i].Own)
			}
		}
		shows := map[string]bool{}
		for y := range dy {
			for x := range dx {
				p, shines := image.Pt(x, y), false // through to this pixel
				for i, w := range windows {
					switch {
					case !p.In(w.Bounds):
					case secret[i] || w.Own:
						shines = true
						if w.Mask != "" {
							// unless something opaque above covers it
							if !slices.ContainsFunc(windows[i+1:], func(a Facts) bool { return a.Opaque && !a.Hidden && p.In(a.Bounds) }) {
								shows[w.Mask] = true
							}
						}
					case w.Opaque:
						shines = false
					}
				}
				if slices.ContainsFunc(masks, func(m *hostpb.Mask) bool { return m.Id == "corner" }) && p.In(image.Rect(2, 3, 7, 7)) {
					shines, shows["corner"] = true, true
				}
				if black := pix[4*(y*dx+x)] == 0; black != shines {
					t.Fatalf("pixel %v is black: %v, want %v", p, black, shines)
				}
			}
		}
		for _, m := range masks {
			if slices.Contains(cover.Masks, m.Id) != shows[m.Id] {
				t.Fatalf("mask %s hides something: %v, said %q", m.Id, shows[m.Id], cover.Masks)
			}
		}
	})
}

// B6: one window that cannot be held against the masks, and nothing is shown;
// what no mask asks for need not be known.
func TestAWindowThatCannotBeClassified(t *testing.T) {
	for name, row := range map[string]struct {
		mask    *hostpb.Mask
		unknown Unknown
		own     bool
		black   bool
	}{
		"title":            {&hostpb.Mask{Id: "a", Title: "x"}, Unknown{Title: errGone}, false, true},
		"class":            {&hostpb.Mask{Id: "a", Class: "x"}, Unknown{Class: errGone}, false, true},
		"process":          {&hostpb.Mask{Id: "a", Process: "x"}, Unknown{Process: errGone}, false, true},
		"of several":       {&hostpb.Mask{Id: "a", Title: "x", Process: "x"}, Unknown{Process: errGone}, false, true},
		"not asked for":    {&hostpb.Mask{Id: "a", Title: "x"}, Unknown{Class: errGone, Process: errGone}, false, false},
		"region only":      {&hostpb.Mask{Id: "a", Width: 1, Height: 1}, Unknown{errGone, errGone, errGone}, false, false},
		"ours, hidden yet": {&hostpb.Mask{Id: "a", Title: "x"}, Unknown{Title: errGone}, true, false},
	} {
		set, err := ReadMasks(&hostpb.HelperMasks{Masks: []*hostpb.Mask{row.mask}})
		if err != nil {
			t.Fatal(err)
		}
		err = set.Hide([]Facts{{Members: []uint64{1}}, {Members: []uint64{2}, Own: row.own, Unknown: row.unknown}})
		if black := errors.Is(err, ErrUnclassified); black != row.black || black != errors.Is(err, errGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var none *MaskSet
	if err := none.Hide(nil); !errors.Is(err, ErrNoMasks) || none.Empty() || !none.OfWindows() {
		t.Errorf("masks that nobody told: %v", err)
	}
}

func TestReadMasks(t *testing.T) {
	for name, m := range map[string]*hostpb.Mask{
		"nothing":     {Id: "a"},
		"bad pattern": {Id: "a", Title: "("},
		"too long":    {Id: "a", Title: strings.Repeat("x", maxPattern+1)},
		"no height":   {Id: "a", Width: 3},
		"no width":    {Id: "a", Height: 3, Title: "x"},
		"too large":   {Id: "a", Width: 1 << 31, Height: 1},
	} {
		if set, err := ReadMasks(&hostpb.HelperMasks{Masks: []*hostpb.Mask{{Id: "good", Title: "x"}, m}}); err == nil || set != nil {
			t.Errorf("%s: %v %v", name, set, err)
		}
	}
	if set, err := ReadMasks(nil); err != nil || !set.Empty() || set.OfWindows() {
		t.Errorf("no masks: %v %v", set, err)
	}
	many := make([]*hostpb.Mask, maxMasks+1)
	for i := range many {
		many[i] = &hostpb.Mask{Id: "a", Title: "x"}
	}
	if _, err := ReadMasks(&hostpb.HelperMasks{Masks: many}); err == nil {
		t.Error("too many masks were read")
	}
	// A region on a desktop whose main screen is not at its upper left.
	set, err := ReadMasks(&hostpb.HelperMasks{Masks: []*hostpb.Mask{{Id: "a", X: -5, Y: 1, Width: 3, Height: 2}}})
	if err != nil {
		t.Fatal(err)
	}
	cover := set.Cover(wholeScreen, image.Pt(-8, 0), nil)
	if len(cover.Area) != 1 || cover.Area[0] != image.Rect(3, 1, 6, 3) || cover.Whole || cover.Windows != 1 {
		t.Errorf("%+v", cover)
	}
}
