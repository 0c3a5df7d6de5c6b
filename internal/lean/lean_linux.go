package lean

/*
#include <malloc.h>

static void trim(void) {
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
*/
import "C"

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// giveBack returns the free memory of C's heap, and lets go of the pages of
// this program's file. Whatever goes wrong costs memory and nothing else.
func giveBack() {
	C.trim()
	for _, r := range ownPages() {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, r.from, r.to-r.from, unix.MADV_DONTNEED)
	}
}

// ownPages are where this program's file stands in memory, which stays as it is
// for as long as it runs.
var ownPages = sync.OnceValue(func() []span {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return nil
	}
	defer f.Close()
	pages, err := untouched(f, program)
	if err != nil {
		return nil
	}
	return pages
})
