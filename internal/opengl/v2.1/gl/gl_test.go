package gl

import (
	"testing"
	"unsafe"
)

// Drawing itself is tested where windows are: app/window, build/benchmark/paint.

func TestAddresses(t *testing.T) {
	points := []float32{1, 2, 3}
	if Ptr(points) != unsafe.Pointer(&points[0]) || Ptr(nil) != nil || Ptr([]uint8(nil)) != nil {
		t.Error("Ptr")
	}
	if at := Str("ab\x00"); string(unsafe.Slice(at, 3)) != "ab\x00" {
		t.Error("Str")
	}
	list, free := Strs("one\x00", "two\x00")
	defer free()
	for i, want := range []string{"one\x00", "two\x00"} {
		if at := unsafe.Slice(list, 2)[i]; string(unsafe.Slice(at, 4)) != want {
			t.Errorf("text %d", i)
		}
	}
}

func TestFaultsOfTheCaller(t *testing.T) {
	for name, call := range map[string]func(){
		"a number":              func() { Ptr(7) },
		"a text without an end": func() { Str("ab") },
		"one of two texts":      func() { Strs("ab\x00", "cd") },
		"no text":               func() { Strs() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it was taken")
				}
			}()
			call()
		})
	}
}
