package gdi

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"syscall"
	"unsafe"

	"beckmanconnect/app/desktop"

	"golang.org/x/sys/windows"
)

const (
	nextWindow  = 2 // GW_HWNDNEXT
	ownerWindow = 4 // GW_OWNER

	styleIndex = -16 // GWL_STYLE
	stylePopup = 0x80000000
	styleTitle = 0x00C00000 // WS_CAPTION

	maxWindows  = 10_000
	generations = 16       // of windows that own one another
	maxTitle    = 16 << 10 // characters; a longer one cannot be held against a mask
)

// windowsOn are the visible top-level windows from the lowest up, in the
// picture's pixels, each with whether it is to be hidden. None counts as
// opaque: regions, glass and animations are too many to know, so what is hidden
// is hidden with what lies over it. Beside is the marker of the engineer's
// pointer, which is there to be seen; 0: none.
func windowsOn(size image.Rectangle, masks *desktop.MaskSet, beside uintptr) ([]desktop.Facts, error) {
	if masks == nil {
		return nil, desktop.ErrNoMasks
	}
	var out []desktop.Facts
	w, _, _ := procGetTopWindow.Call(0)
	for n := 0; w != 0; n++ {
		if n > maxWindows { // the list changed under us and goes in circles
			return nil, errors.New("gdi: the list of windows has no end")
		}
		visible, _, _ := procIsWindowVisible.Call(w)
		iconic, _, _ := procIsIconic.Call(w)
		if bounds, ok := windowRect(windows.HWND(w)); ok && visible != 0 && iconic == 0 && !bounds.Empty() && w != beside {
			f := desktop.Facts{Window: desktop.Window{Bounds: bounds.Sub(size.Min)}, Members: []uint64{uint64(w)}}
			describe(&f, windows.HWND(w), masks.OfWindows())
			out = append(out, f)
		}
		w, _, _ = procGetWindow.Call(w, nextWindow)
	}
	slices.Reverse(out)
	if masks.OfWindows() {
		for n := 0; ; n++ {
			absent := desktop.Absent(out)
			if len(absent) == 0 {
				break
			}
			if n > generations {
				return nil, fmt.Errorf("%w: gdi: its owners have no end", desktop.ErrUnclassified)
			}
			for _, id := range absent {
				f := desktop.Facts{Members: []uint64{id}}
				describe(&f, windows.HWND(id), true)
				out = slices.Insert(out, 0, f)
			}
		}
	}
	return out, masks.Hide(out)
}

// describe fills in whose a window is, and what masks are about when all is
// asked for. A process that may not even be asked for its name belongs to
// another account; ours are all this account's.
func describe(f *desktop.Facts, w windows.HWND, all bool) {
	var pid uint32
	_, err := windows.GetWindowThreadProcessId(w, &pid)
	path := ""
	if err == nil {
		path, err = program(pid)
	}
	f.Own = err == nil && ourImage(path)
	if !all {
		return
	}
	f.Programs = []uint64{uint64(pid)}
	if f.Unknown.Process = err; err == nil {
		f.Processes = []string{path}
	}
	title, err := titleOf(w)
	if f.Unknown.Title = err; title != "" {
		f.Titles = []string{title}
	}
	class := make([]uint16, 257) // a class has at most 256 characters
	if n, err := windows.GetClassName(w, &class[0], int32(len(class))); err != nil {
		f.Unknown.Class = fmt.Errorf("gdi: class of a window: %w", err)
	} else {
		f.Classes = []string{windows.UTF16ToString(class[:n])}
	}
	if owner, _, _ := procGetWindow.Call(uintptr(w), ownerWindow); owner != 0 {
		f.Parents = []uint64{uint64(owner)}
	}
	index := styleIndex
	style, _, _ := procGetWindowLong.Call(uintptr(w), uintptr(index))
	f.Popup = style&stylePopup != 0 && style&styleTitle != styleTitle // a menu, a list, a tip
}

// titleOf reads the title as the system keeps it: a program that hangs is not
// asked.
func titleOf(w windows.HWND) (string, error) {
	title := make([]uint16, maxTitle)
	n, _, err := procGetWindowText.Call(uintptr(w), uintptr(unsafe.Pointer(&title[0])), uintptr(len(title)))
	switch {
	case n == 0 && !errors.Is(err, syscall.Errno(0)):
		return "", fmt.Errorf("gdi: title of a window: %w", err)
	case int(n) >= len(title)-1:
		return "", errors.New("gdi: the title of a window is too long")
	}
	return windows.UTF16ToString(title[:n]), nil
}
