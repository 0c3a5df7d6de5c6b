package lean

import (
	"syscall"
	"testing"
	"unsafe"
)

// The pages of the program's file are really given back, and come back with
// what stood in them.
func TestGivesPagesBack(t *testing.T) {
	if len(ownPages()) == 0 {
		t.Fatal("no pages of this program were found")
	}
	touch := func() (sum byte) {
		for _, r := range ownPages() {
			for at := r.from; at < r.to; at += 4096 {
				sum += *(*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&at)))
			}
		}
		return sum
	}
	before := touch()
	resident := faults(t, func() { touch() })
	given := faults(t, func() { giveBack(); touch() })
	// Linux brings back the pages around the one that is missing as well.
	var pages int64
	for _, r := range ownPages() {
		pages += int64(r.to-r.from) / 4096
	}
	if given-resident < pages/128 {
		t.Errorf("%d faults where %d pages were given back, %d without", given, pages, resident)
	}
	if touch() != before {
		t.Error("other bytes came back")
	}
}

// faults are how often f needed a page that was not there, and not on the disk
// either.
func faults(t *testing.T, f func()) int64 {
	t.Helper()
	var from, to syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &from); err != nil {
		t.Fatal(err)
	}
	f()
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &to); err != nil {
		t.Fatal(err)
	}
	return to.Minflt - from.Minflt
}
