package gdi

import "testing"

func TestComposes(t *testing.T) {
	for layout, want := range map[uint64]bool{
		0x04090409: false, 0x04070407: false, 0x080c080c: false, 0xf0010409: false, // US, German, Belgian, US international
		0x04110411: true, 0xe0010411: true, 0x08040804: true, 0x04120412: true, 0x042a042a: true,
		0xe0200409: true, 0xffffffffe0200409: true, 0: false,
	} {
		if got := composes(layout); got != want {
			t.Errorf("%#x: %v", layout, got)
		}
	}
}
