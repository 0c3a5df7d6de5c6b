package screen

import (
	"encoding/binary"
	"errors"
	"image"
	"math/rand/v2"
	"testing"
	"time"
)

// fakeVideo sends a number instead of a picture, and keeps to a size.
type fakeVideo struct {
	w, h   int
	closed bool
	skip   bool
	fail   bool
	keys   int
	rate   int
}

func (v *fakeVideo) Codec() byte { return CodecVP8 }

func (v *fakeVideo) Encode(dst []byte, f Frame, key bool, rate int, at time.Duration) ([]byte, bool, error) {
	if v.closed || f.Width != v.w || f.Height != v.h {
		return dst, false, errors.New("not so")
	}
	if v.fail {
		return dst, false, errors.New("broken")
	}
	if v.skip && !key {
		return dst, false, nil
	}
	if key {
		v.keys++
	}
	v.rate = rate
	return append(dst, make([]byte, 2000)...), key, nil
}

func (v *fakeVideo) Close() error { v.closed = true; return nil }

// stage is a screen with a clip that plays on it, and a clock.
type stage struct {
	*canvas
	t     *testing.T
	now   time.Time
	noise *rand.Rand
	enc   *Encoder
	dec   Decoder
	fake  []*fakeVideo
	video int // frames of it
	bytes int
}

func newStage(t *testing.T) *stage {
	s := &stage{canvas: newCanvas(600, 420, 8), t: t, now: time.Unix(1e9, 0), noise: rand.New(rand.NewPCG(8, 9))}
	s.fill(image.Rect(0, 0, 600, 420), func(x, y int) uint32 { return uint32(x / 90 * 0x101010) })
	s.enc = NewEncoder(Config{Now: func() time.Time { return s.now }, Video: func(w, h int) (VideoEncoder, error) {
		s.fake = append(s.fake, &fakeVideo{w: w, h: h})
		return s.fake[len(s.fake)-1], nil
	}})
	t.Cleanup(s.enc.Close)
	return s
}

func (s *stage) send(damage []image.Rectangle, budget int) {
	s.t.Helper()
	for first := true; first || s.enc.Pending() && !s.enc.video.retry; first = false {
		u := s.enc.Encode(nil, s.Frame, damage, budget)
		s.bytes += len(u)
		if len(u) == 0 {
			return
		}
		h, _, err := s.dec.Apply(u)
		if err != nil {
			s.t.Fatal(err)
		}
		if h.Video {
			s.video++
		}
	}
}

// play changes r for n frames of 40 ms.
func (s *stage) play(r image.Rectangle, n int) {
	s.t.Helper()
	for range n {
		s.now = s.now.Add(40 * time.Millisecond)
		s.fill(r, func(int, int) uint32 { return s.noise.Uint32() })
		s.send([]image.Rectangle{r}, 0)
	}
}

// rest lets time pass, the way the helper does.
func (s *stage) rest() {
	s.t.Helper()
	for {
		d, ok := s.enc.Wake()
		if !ok {
			return
		}
		s.now = s.now.Add(max(d, time.Millisecond))
		s.send([]image.Rectangle{}, 0)
	}
}

// What moves more than the budget goes as video, all else stays exact, and what
// stands still is exact in the end.
func TestMotionGoesAsVideoAndSettles(t *testing.T) {
	s := newStage(t)
	s.send(nil, 0)
	clip := image.Rect(200, 150, 530, 410)
	s.play(clip, 40)
	if !s.enc.Video() || s.video < 20 {
		t.Fatalf("%d video frames of 40", s.video)
	}
	if lossy := s.dec.Lossy(); !clip.In(lossy) || lossy.Dx() > 640 || lossy.Dy() > 512 {
		t.Errorf("lossy is %v", lossy)
	}
	// Beside it text is typed: exact at once.
	s.fill(image.Rect(20, 20, 28, 32), func(x, y int) uint32 { return uint32(x*y) % 3 * 0x555555 })
	s.send([]image.Rectangle{image.Rect(18, 18, 30, 34)}, 0)
	sameIn(t, s.canvas, s.dec.Image(), image.Rect(0, 0, 190, 420))
	s.rest()
	if s.enc.Video() || !s.dec.Lossy().Empty() {
		t.Error("it has not settled")
	}
	same(t, s.canvas, s.dec.Image())
	if s.fake[0].keys != 1 || s.fake[0].rate != videoRate {
		t.Errorf("%d key frames at %d bits a second", s.fake[0].keys, s.fake[0].rate)
	}
}

// Nothing of a region whose pixels the other end does not know exactly is a
// source for what is to be exact.
func TestUnknownPixelsAreNoSource(t *testing.T) {
	s := newStage(t)
	s.send(nil, 0)
	clip := image.Rect(200, 150, 530, 410)
	s.play(clip, 40)
	// The window with the clip is dragged: what it showed comes along.
	for _, by := range []image.Point{{-150, -100}, {120, 60}, {-24, 14}} {
		s.now = s.now.Add(40 * time.Millisecond)
		from := clip
		clip = clip.Add(by)
		s.drag(from, clip.Min)
		s.send(nil, 0)
	}
	s.rest()
	same(t, s.canvas, s.dec.Image())
}

func TestVideoAfterACompletePicture(t *testing.T) {
	s := newStage(t)
	s.send(nil, 0)
	clip := image.Rect(200, 150, 530, 410)
	s.play(clip, 40)
	s.enc.Reset()
	s.play(clip, 3)
	if s.fake[len(s.fake)-1].keys < 2 {
		t.Error("no key frame for a new reader")
	}
	s.rest()
	same(t, s.canvas, s.dec.Image())
	// Another size of the screen in the middle of it.
	s.play(clip, 20)
	s.canvas = newCanvas(320, 240, 0)
	s.play(image.Rect(0, 0, 320, 200), 30)
	s.rest()
	same(t, s.canvas, s.dec.Image())
}

// A codec that leaves frames out or fails costs no pixel.
func TestVideoThatFails(t *testing.T) {
	for _, fail := range []bool{false, true} {
		s := newStage(t)
		s.send(nil, 0)
		clip := image.Rect(200, 150, 530, 410)
		s.play(clip, 30)
		last := s.fake[len(s.fake)-1]
		last.skip, last.fail = true, fail
		s.play(clip, 3)
		if s.enc.Pending() == fail {
			t.Errorf("fail %v: pending %v", fail, s.enc.Pending())
		}
		s.rest()
		same(t, s.canvas, s.dec.Image())
	}
}

// On a slow link video begins earlier and keeps to it.
func TestVideoKeepsToTheLink(t *testing.T) {
	s := newStage(t)
	s.enc.SetRate(1_000_000)
	s.send(nil, 0)
	s.play(image.Rect(200, 150, 500, 300), 30)
	if len(s.fake) == 0 || s.fake[0].rate != 700_000 {
		t.Fatal("no video of 70 % of the link")
	}
}

// On a slow link only a part of each picture fits; video begins just as soon.
// What merely waits for its turn is no motion.
func TestVideoBeginsSoonOnASlowLink(t *testing.T) {
	s := newStage(t)
	s.enc.SetRate(2_000_000)
	s.send(nil, 0)
	r := image.Rect(200, 150, 530, 410)
	one := func(damage []image.Rectangle) int {
		s.now = s.now.Add(50 * time.Millisecond)
		u := s.enc.Encode(nil, s.Frame, damage, 12<<10)
		if len(u) > 0 {
			if _, _, err := s.dec.Apply(u); err != nil {
				t.Fatal(err)
			}
		}
		return len(u)
	}
	s.fill(r, func(int, int) uint32 { return s.noise.Uint32() })
	n := 0
	for one(nil); s.enc.Pending(); one(nil) {
		n++
	}
	if s.enc.Video() || len(s.fake) > 0 || n < 15 {
		t.Fatalf("a picture that stands still is video, or was sent in %d parts", n)
	}
	s.fill(r, func(int, int) uint32 { return 0xffffff }) // what was there says nothing of what comes
	for one(nil); s.enc.Pending(); one(nil) {
	}
	for n = 0; n < 40 && !s.enc.Video(); n++ {
		s.fill(r, func(int, int) uint32 { return s.noise.Uint32() })
		one([]image.Rectangle{r})
	}
	if n > 8 {
		t.Errorf("video began after %d frames", n)
	}
	s.rest()
	same(t, s.canvas, s.dec.Image())
}

// A blinking caret in what was video does not keep it lossy.
func TestLittleMotionEndsVideo(t *testing.T) {
	s := newStage(t)
	s.send(nil, 0)
	s.play(image.Rect(200, 150, 530, 410), 40)
	for range 100 {
		s.play(image.Rect(300, 200, 308, 216), 1)
	}
	if s.enc.Video() {
		t.Error("a caret is video")
	}
	s.rest()
	same(t, s.canvas, s.dec.Image())
}

// drag copies what is in from to a place.
func (c *canvas) drag(from image.Rectangle, to image.Point) {
	w := 4 * from.Dx()
	was := make([]byte, 0, w*from.Dy())
	for y := from.Min.Y; y < from.Max.Y; y++ {
		was = append(was, c.Pix[y*c.Stride+4*from.Min.X:][:w]...)
	}
	for y := range from.Dy() {
		copy(c.Pix[(to.Y+y)*c.Stride+4*to.X:][:w], was[y*w:])
	}
}

func sameIn(tb fataler, c *canvas, img *image.RGBA, r image.Rectangle) {
	tb.Helper()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			q := img.Pix[y*img.Stride+4*x:]
			if binary.LittleEndian.Uint32(c.Pix[y*c.Stride+4*x:])&colour != rgb(q) {
				tb.Fatalf("pixel %d,%d is another", x, y)
			}
		}
	}
}

// A region that changes while the link takes nothing goes on as video: it does
// not stand still.
func TestVideoGoesOnOverAFullLink(t *testing.T) {
	s := newStage(t)
	s.send(nil, 0)
	clip := image.Rect(200, 150, 530, 410)
	s.play(clip, 40)
	before := s.video
	for range 6 {
		s.now = s.now.Add(settleAfter + 100*time.Millisecond)
		s.fill(clip, func(int, int) uint32 { return s.noise.Uint32() })
		s.send([]image.Rectangle{clip}, 0)
	}
	if !s.enc.Video() || s.video != before+6 {
		t.Errorf("video: %v, %d frames of 6", s.enc.Video(), s.video-before)
	}
	s.rest()
	same(t, s.canvas, s.dec.Image())
}

// What moves again before it was made exact becomes video again, although what
// the other end shows of it is not known.
func TestVideoBeginsAgainWhereItWasNotMadeExact(t *testing.T) {
	s := newStage(t)
	s.send(nil, 0)
	clip := image.Rect(200, 150, 530, 410)
	s.play(clip, 40)
	s.now = s.now.Add(settleAfter)
	s.enc.SetRate(1_000_000)
	s.apply(s.enc.Encode(nil, s.Frame, []image.Rectangle{}, 2000))
	if s.enc.Video() || !s.enc.Pending() {
		t.Fatal("it settled at once, or never")
	}
	before := s.video
	for range 12 {
		s.now = s.now.Add(40 * time.Millisecond)
		s.fill(clip, func(int, int) uint32 { return s.noise.Uint32() })
		s.apply(s.enc.Encode(nil, s.Frame, []image.Rectangle{clip}, 2000))
	}
	if !s.enc.Video() || s.video == before {
		t.Error("no video")
	}
	if r := s.enc.video.region; !clip.In(r) {
		t.Errorf("only %v of %v", r, clip)
	}
}

func (s *stage) apply(u []byte) {
	s.t.Helper()
	h, _, err := s.dec.Apply(u)
	if err != nil {
		s.t.Fatal(err)
	}
	if h.Video {
		s.video++
	}
}
