package screen

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/v2.golden anew, when the encoder chooses otherwise; what was there must still be read")

const golden = "testdata/v2.golden"

// goldenSteps paints a small sequence, step by step.
func goldenSteps() (c *canvas, steps []func()) {
	noise := rand.New(rand.NewPCG(10, 20))
	c = newCanvas(150, 140, 4)
	text := image.Rect(4, 6, 140, 130)
	return c, []func(){
		func() { c.fill(image.Rect(0, 0, 150, 140), func(x, y int) uint32 { return uint32(0x203040 + y/40) }) },
		func() {
			c.fill(text, func(x, y int) uint32 {
				if y%13 > 9 {
					return 0xffffff
				}
				return uint32(noise.IntN(2)) * 0xffffff
			})
		},
		func() { c.shift(text, 13, noise) },
		func() { c.drag(image.Rect(10, 10, 100, 100), image.Pt(31, 25)) },
		func() { c.fill(image.Rect(20, 20, 27, 32), func(x, y int) uint32 { return uint32(x*y%3) * 0x404040 }) },
		func() { c.fill(image.Rect(80, 50, 87, 62), func(x, y int) uint32 { return uint32((x-60)*(y-30)%3) * 0x404040 }) },
		func() {
			for range 12 {
				c.set(noise.IntN(150), noise.IntN(140), 0xff0000)
			}
		},
		func() { c.fill(image.Rect(5, 5, 45, 45), func(x, y int) uint32 { return uint32(x*5<<16 | y*4<<8 | x + y) }) },
		func() { c.fill(image.Rect(100, 100, 112, 112), func(int, int) uint32 { return noise.Uint32() }) },
	}
}

// The format does not drift: a sequence that was encoded once is still read,
// and still comes out the same.
func TestGolden(t *testing.T) {
	now := time.Unix(1e9, 0)
	c, steps := goldenSteps()
	e := NewEncoder(Config{Now: func() time.Time { return now }})
	var made [][]byte
	for _, step := range steps {
		now = now.Add(time.Second)
		step()
		u := e.Encode(nil, c.Frame, nil, 0)
		if len(u) == 0 || e.Pending() {
			t.Fatal("not one update a step")
		}
		made = append(made, u)
	}
	if *update {
		var b bytes.Buffer
		for _, u := range made {
			fmt.Fprintf(&b, "%x\n", u)
		}
		if err := os.WriteFile(golden, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Open(golden)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var d Decoder
	c, steps = goldenSteps()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for i, step := range steps {
		step()
		if !lines.Scan() {
			t.Fatalf("%s ends at step %d", golden, i)
		}
		want, err := hex.DecodeString(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Apply(want); err != nil {
			t.Fatalf("step %d of %s: %v", i, golden, err)
		}
		same(t, c, d.Image())
		if !bytes.Equal(made[i], want) {
			t.Errorf("step %d is encoded otherwise:\n%x\nwas\n%x", i, made[i], want)
		}
	}
}
