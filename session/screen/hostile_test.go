package screen

import (
	"bytes"
	"errors"
	"image"
	"math/rand/v2"
	"testing"
	"time"
)

// sequence is updates of all kinds: fills, palettes, noise, smooth colours,
// dots, a scroll, repeats, video, a part.
func sequence(tb testing.TB) [][]byte {
	noise := rand.New(rand.NewPCG(5, 6))
	c := newCanvas(150, 130, 0)
	now := time.Unix(1e9, 0)
	e := NewEncoder(Config{Now: func() time.Time { return now }})
	var out [][]byte
	add := func() {
		now = now.Add(5 * time.Second)
		for first := true; first || e.Pending(); first = false {
			if u := e.Encode(nil, c.Frame, nil, 0); len(u) > 0 {
				out = append(out, u)
			}
		}
	}
	add()
	area := image.Rect(3, 3, 140, 125)
	for _, n := range []int{1, 2, 5, 100, 1 << 24} {
		c.fill(area, func(int, int) uint32 { return uint32(noise.IntN(n)) * 17 })
		add()
	}
	c.fill(area, func(x, y int) uint32 { return uint32(x/2)<<16 | uint32(y)<<8&0xff00 | uint32(x+y)/3 })
	add()
	for range 20 {
		c.set(5+noise.IntN(40), 5+noise.IntN(40), uint32(noise.IntN(3)))
	}
	add()
	c.fill(area, func(x, y int) uint32 { return uint32(noise.IntN(2)) * 0xffffff })
	add()
	c.shift(area, 13, noise)
	add()
	glyph := func(x int) {
		c.fill(image.Rect(x, 80, x+8, 92), func(x, y int) uint32 { return uint32(x&7*y) % 3 * 0x7f7f7f })
		add()
	}
	c.fill(area, func(x, y int) uint32 { return 0xffffff })
	add()
	glyph(8)
	glyph(16)
	video := &VideoFrame{Codec: CodecVP8, Key: true, Rect: image.Rect(64, 64, 128, 128), Data: []byte("a key frame")}
	last := append([]byte{Version<<versionShift | flagVideo}, byte(e.Seq()+1))
	out = append(out, video.append(last))
	part := []byte{Version << versionShift, byte(e.Seq() + 2), opPart}
	part = appendVarint(appendVarint(part, 9-e.pen.right), 9-e.pen.top)
	return append(out, append(part, 3, 2, 0, 1, 1)) // of the newest entry
}

func TestTheSequenceIsOfAllKinds(t *testing.T) {
	var d Decoder
	seen := map[byte]bool{}
	for _, u := range sequence(t) {
		if _, _, err := d.Apply(u); err != nil {
			t.Fatal(err)
		}
		h, _ := ParseHeader(u)
		if h.Video {
			continue
		}
		body := u[h.size:]
		if h.packed {
			body = d.body
		}
		if len(body) > 0 {
			seen[body[0]&opKind] = true
		}
	}
	for _, kind := range []byte{opSolid, opPalette, opRaw, opSmooth, opSparse, opCopy, opRepeat, opText, opPart} {
		if !seen[kind] {
			t.Errorf("no update begins with operation %d", kind)
		}
	}
	if got := d.Lossy(); got != image.Rect(64, 64, 128, 128) {
		t.Errorf("lossy: %v", got)
	}
}

// Scenario 53: an update that is cut short or changed is refused, or is another
// valid one; never does it go on after one that was refused.
func TestBrokenUpdates(t *testing.T) {
	all := sequence(t)
	noise := rand.New(rand.NewPCG(1, 1))
	for k, u := range all {
		for range 6 {
			bad := bytes.Clone(u)
			if noise.IntN(2) == 0 {
				bad = bad[:noise.IntN(len(bad))]
			} else {
				bad[noise.IntN(len(bad))] ^= 1 << noise.IntN(8)
			}
			var d Decoder
			for _, before := range all[:k] {
				if _, _, err := d.Apply(before); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := d.Apply(bad); err == nil || k+1 == len(all) {
				continue
			}
			if _, _, err := d.Apply(all[k+1]); !errors.Is(err, ErrGap) {
				t.Fatalf("update %d after a broken one: %v", k+1, err)
			}
		}
	}
}

// Scenario 53: what is small on the wire does not become large or slow.
func TestBombs(t *testing.T) {
	head := func(flags byte, w, h int) []byte {
		b := []byte{Version<<versionShift | flagComplete | flags, 1}
		return appendUvarints(b, w, h)
	}
	p := newPacker()
	p.reset()
	p.begin()
	p.write(make([]byte, MaxBody+1))
	copies := head(0, 2000, 2000)
	for n := range MaxWork + 1 {
		copies = appendVarint(append(copies, opCopy), -2000*min(n, 1))
		copies = append(appendUvarints(copies, 0, 2000, 2000), 0, 0)
	}
	for name, u := range map[string][]byte{
		"too large a body":    append(head(flagPacked, 64, 64), p.bytes()...),
		"too many pixels":     head(0, MaxSide, MaxSide),
		"copies without end":  copies,
		"repeat of nothing":   append(head(0, 64, 64), opRepeat, 0, 0, 0),
		"a long video":        append(head(flagVideo, 64, 64), 0xff, 0xff, 0xff, 0xff, 0x7f),
		"an unknown codec":    (&VideoFrame{Codec: 9, Key: true, Rect: image.Rect(0, 0, 9, 9), Data: []byte{1}}).append(head(flagVideo, 64, 64)),
		"video outside":       (&VideoFrame{Codec: 1, Key: true, Rect: image.Rect(9, 9, 99, 99), Data: []byte{1}}).append(head(flagVideo, 64, 64)),
		"a number too long":   append(head(0, 64, 64), opSolid, 0x80, 0x80, 0x80, 0x80, 0x80, 0),
		"a number outside":    append(head(0, 64, 64), append([]byte{opSolid}, appendUvarints(nil, 1<<30)...)...),
		"a tile too large":    append(head(0, 300, 300), opRaw, 0, 0, 65, 1),
		"nothing in a sparse": append(head(0, 64, 64), opSparse, 0, 0, 4, 4, 0, 0, 1, 2, 3, 0),
		"a run outside":       append(head(0, 64, 64), opSparse, 0, 0, 4, 4, 0, 0, 1, 2, 3, 1, 15, 2),
		"another version":     {1<<versionShift | flagComplete, 1, 64, 64},
	} {
		var d Decoder
		if _, _, err := d.Apply(u); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
		if cap(d.body) > 2*MaxBody+4096 {
			t.Errorf("%s: a body of %d bytes", name, cap(d.body))
		}
	}
}

func appendUvarints(b []byte, n ...int) []byte {
	for _, v := range n {
		for ; v >= 128; v >>= 7 {
			b = append(b, byte(v)|128)
		}
		b = append(b, byte(v))
	}
	return b
}

// Scenario 53: no update crashes the decoder, and none makes it large.
func FuzzDecoder(f *testing.F) {
	all := sequence(f)
	for i, u := range all {
		f.Add(all[0], u)
		if i > 0 {
			f.Add(all[i-1], u)
		}
	}
	f.Add([]byte{0x41, 1, 4, 4, 1, 0, 0, 4, 4, 1, 0, 0, 6, 3, 0, 2, 2, 0, 0}, []byte{0x40, 2, 7, 0, 0, 0})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, u := range [][]byte{a, b} {
			if h, err := ParseHeader(u); err == nil && h.Width*h.Height > 1<<20 {
				return // allowed, but slow to fuzz
			}
		}
		var d Decoder
		for _, u := range [][]byte{a, b} {
			h, r, err := d.Apply(u)
			if err == nil && !r.In(d.Image().Rect) {
				t.Errorf("%+v touched %v", h, r)
			}
			if d.img != nil {
				for i := 3; i < len(d.img.Pix); i += 4 {
					if d.img.Pix[i] != 255 {
						t.Fatal("a pixel that can be seen through")
					}
				}
			}
		}
		if len(d.body) > MaxBody+1 {
			t.Errorf("inflated to %d bytes", len(d.body))
		}
	})
}
