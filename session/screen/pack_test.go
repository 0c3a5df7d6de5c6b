package screen

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// What comes out of the stream is what went in, however it was cut into pieces
// and updates.
func TestPackedStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPacker()
		p.reset()
		var d Decoder
		for range rapid.IntRange(1, 3).Draw(t, "updates") {
			p.begin()
			var want []byte
			for range rapid.IntRange(1, 3).Draw(t, "pieces") {
				size := rapid.SampledFrom([]int{1, 40, 300, fineHistory, fastFrom - 1, fastFrom}).Draw(t, "size")
				kinds := rapid.SampledFrom([]int{1, 2, 7, 256}).Draw(t, "kinds")
				seed := rapid.Uint32().Draw(t, "seed")
				body := make([]byte, size)
				for i := range body {
					seed = seed*1664525 + 1013904223
					body[i] = byte(int(seed>>16) % kinds)
				}
				p.write(body)
				want = append(want, body...)
			}
			got, err := d.open(bytes.Clone(p.bytes()), true)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Fatal("another body")
			}
		}
	})
}
