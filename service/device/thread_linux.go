package device

import "golang.org/x/sys/unix"

// lowerThread gives the calling thread the lowest priority; the caller has
// locked itself to it. A refusal only costs the low priority.
func lowerThread() { _ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), 19) }
