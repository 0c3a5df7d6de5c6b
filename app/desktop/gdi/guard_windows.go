package gdi

import (
	"image"
	"slices"

	"beckmanconnect/app/desktop"

	"golang.org/x/sys/windows"
)

// SetMasks implements desktop.Injector.
func (in *Input) SetMasks(m *desktop.MaskSet) { in.masks = m }

// Pass makes an exception of the marker of the engineer's pointer: it belongs
// to this product, and no input ever reaches it. Before any event is applied.
func (in *Input) Pass(m *Marker) { in.marker = m.window }

// hiddenBelow decides by the topmost window at a place, without the marker.
func (in *Input) hiddenBelow(size image.Rectangle, p image.Point) (bool, error) {
	all, err := windowsOn(size, in.masks, in.marker)
	if err != nil {
		return true, err
	}
	for _, w := range slices.Backward(all) {
		if p.In(w.Bounds) {
			return w.Hidden, nil
		}
	}
	return false, nil
}

// rootOf is the top-level window that a window is in.
func rootOf(w uintptr) uintptr {
	const ancestorRoot = 2
	if root, _, _ := procGetAncestor.Call(w, ancestorRoot); root != 0 {
		return root
	}
	return w
}

// hiddenAt says whether a place, in the picture's pixels, is hidden, or the
// window there is.
func (in *Input) hiddenAt(p image.Point) (bool, error) {
	size := virtualScreen()
	at := p.Add(size.Min)
	packed := uintptr(uint32(int32(at.X))) | uintptr(uint32(int32(at.Y)))<<32
	w, _, _ := procWindowFromPoint.Call(packed)
	if w != 0 && w == in.marker { // it lets all through, and what is below counts
		return in.hiddenBelow(size, p)
	}
	if w != 0 && ownWindow(w) {
		return true, nil
	}
	if in.masks.Empty() {
		return false, nil
	}
	all, err := windowsOn(size, in.masks, in.marker)
	if err != nil {
		return true, err
	}
	whole := image.Rect(0, 0, size.Dx(), size.Dy())
	return in.masks.Masked(whole, size.Min, all).Has(p) || w != 0 && masked(all, rootOf(w)), nil
}

// HiddenFocus implements desktop.Injector.
func (in *Input) HiddenFocus() (bool, error) {
	if faced() != facingShared { // what has the keyboard is on another desktop
		return true, nil
	}
	w, _, _ := procGetForegroundWindow.Call()
	if w == 0 {
		return false, nil // keys go nowhere
	}
	if ownWindow(w) {
		return true, nil
	}
	if in.masks.Empty() {
		return false, nil
	}
	size := virtualScreen()
	all, err := windowsOn(size, in.masks, in.marker)
	if err != nil {
		return true, err
	}
	root := rootOf(w)
	if masked(all, root) {
		return true, nil
	}
	whole := image.Rect(0, 0, size.Dx(), size.Dy())
	regions := desktop.Area(in.masks.Regions(whole, size.Min))
	if len(regions) == 0 {
		return false, nil
	}
	// A window that shows nothing but what is masked would be typed into blindly.
	i := find(all, root)
	return i < 0 || regions.Covers(all[i].Bounds.Intersect(whole)), nil
}

func ownWindow(w uintptr) bool {
	var f desktop.Facts
	describe(&f, windows.HWND(w), false)
	return f.Own
}

func find(all []desktop.Facts, w uintptr) int {
	return slices.IndexFunc(all, func(f desktop.Facts) bool { return f.Members[0] == uint64(w) })
}

func masked(all []desktop.Facts, w uintptr) bool {
	i := find(all, w)
	return i >= 0 && all[i].Mask != ""
}

var _ desktop.Injector = (*Input)(nil)
