package main

import "golang.org/x/sys/windows"

// haveDisplay takes the screen as it is: the dialogs draw their letters in the
// size they are to have. Of a program whose manifest says so already Windows
// refuses the call, and an older Windows has none.
func haveDisplay() error {
	const perMonitor = ^uintptr(0) - 3 // DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE_V2, which is -4
	aware := windows.NewLazySystemDLL("user32.dll").NewProc("SetProcessDpiAwarenessContext")
	if aware.Find() == nil {
		_, _, _ = aware.Call(perMonitor)
	}
	return nil
}
