package device

import "golang.org/x/sys/windows"

var setThreadPriority = windows.NewLazySystemDLL("kernel32.dll").NewProc("SetThreadPriority")

// lowerThread gives the calling thread the lowest priority; the caller has
// locked itself to it. A refusal only costs the low priority.
func lowerThread() {
	const lowest = -2
	priority := lowest
	_, _, _ = setThreadPriority.Call(uintptr(windows.CurrentThread()), uintptr(priority))
}
