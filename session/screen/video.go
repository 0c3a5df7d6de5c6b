package screen

import (
	"encoding/binary"
	"image"
	"math"
	"time"
)

// VideoEncoder turns the frames of one region into video. It is used by one
// goroutine.
type VideoEncoder interface {
	// Codec is CodecVP8 or CodecJPEG.
	Codec() byte
	// Encode appends one frame to dst. Key asks for one that needs no frame
	// before. The rate to keep to is in bits a second; at is the time since
	// the first frame. Nothing appended means that this frame is left out, to
	// keep to the rate.
	Encode(dst []byte, f Frame, key bool, rate int, at time.Duration) (out []byte, isKey bool, err error)
	Close() error
}

// When a region goes as video, and how.
const (
	videoFrom   = 3_000_000 / 8 // bytes of lossless updates in about a second
	videoRate   = 4_000_000     // bits a second when the link's rate is unknown
	maxRate     = 8_000_000
	minRate     = 150_000
	settleAfter = 300 * time.Millisecond
	hotChanges  = 3 // of a tile in about a second: it changes again and again
	warmChanges = 1.8
	warmBytes   = Tile * Tile / 4
	minRegion   = 4               // tiles
	wildBytes   = 6 * Tile * Tile // of a tile, in about a second
	calmPixels  = 200000          // changed a second, below which video has no point
)

// heat is how much a tile changed lately: both numbers fade within a second.
type heat struct {
	at      time.Time
	bytes   float32
	changes float32
}

func (h *heat) fade(now time.Time) {
	if h.bytes == 0 && h.changes == 0 {
		h.at = now
		return
	}
	d := now.Sub(h.at)
	if d <= 0 {
		return
	}
	k := float32(math.Exp(-d.Seconds()))
	h.bytes, h.changes, h.at = h.bytes*k, h.changes*k, now
}

// add notes a change that costs n bytes.
func (h *heat) add(now time.Time, n float32) {
	h.fade(now)
	h.bytes += n
	h.changes++
}

// firstDensity is what a pixel is thought to cost, in bytes, before one of its
// tile was sent.
const firstDensity = 0.3

// warm notes what changed and no copy explains. It counts what there is to
// send, not what fits: on a slow link video has to begin just as soon.
func (e *Encoder) warm(f Frame, now time.Time) {
	for i := range e.tiles {
		t := &e.tiles[i]
		if t.state != found {
			continue
		}
		sample := e.sampleTile(f, i)
		if (t.left || t.unknown && !t.video) && sample == t.sample {
			continue // it stands still and waits
		}
		t.sample = sample
		density := t.density
		if density == 0 {
			density = firstDensity
		}
		if t.left { // like those that were sent, more likely than like what it was
			density = max(density, e.density)
		}
		t.heat.add(now, float32(area(t.crop))*density)
	}
}

// sampleTile hashes some rows of what tile i is to show.
func (e *Encoder) sampleTile(f Frame, i int) uint64 {
	r := e.bounds(i)
	h := uint64(14695981039346656037)
	for y := r.Min.Y; y < r.Max.Y; y += 5 {
		row := f.Pix[y*f.Stride+4*r.Min.X:][:4*r.Dx()]
		for ; len(row) >= 8; row = row[8:] {
			h = (h ^ binary.LittleEndian.Uint64(row)&twoColours) * 0xff51afd7ed558ccd
			h ^= h >> 32
		}
	}
	return h
}

// hot says that the tile changes again and again.
func (h *heat) hot(now time.Time) bool {
	h.fade(now)
	return h.changes >= hotChanges
}

// warm says that a tile goes along when those around it begin as video: sent
// losslessly it would take the link from them.
func (h *heat) warm() bool { return h.changes >= warmChanges && h.bytes > warmBytes }

// wild says that so much changes in the tile that it is not worth keeping.
func (h *heat) wild(now time.Time) bool {
	h.fade(now)
	return h.bytes > wildBytes
}

// video is the region that goes as video, if any.
type video struct {
	off     bool // there is no encoder
	rate    int  // of the link, bits a second
	encoder VideoEncoder
	region  image.Rectangle // whole tiles
	active  bool
	key     bool // the next frame needs none before
	retry   bool // a frame was left out and is still to be shown
	begun   time.Time
	made    time.Time // when the encoder was: its own time goes on over a pause
	changed time.Time // when the region last changed
	pixels  float32   // changed a second, fading
	faded   time.Time
	data    []byte
}

// Video says whether a region goes as video now.
func (e *Encoder) Video() bool { return e.video.active }

// SetRate says what the link carries, in bits a second; 0 is unknown. Video
// keeps to it.
func (e *Encoder) SetRate(bitsPerSecond int) { e.video.rate = bitsPerSecond }

// Wake says how long from now until Encode should be called again although
// nothing new was captured, with the newest frame and empty damage: a region
// that was sent as video has settled then and is made exact. False: never.
func (e *Encoder) Wake() (time.Duration, bool) {
	if !e.video.active {
		return 0, false
	}
	return max(e.video.changed.Add(settleAfter).Sub(e.conf.Now()), 0), true
}

func (v *video) close() {
	if v.encoder != nil {
		_ = v.encoder.Close() // it only frees memory
		v.encoder = nil
	}
	v.active, v.retry, v.region = false, false, image.Rectangle{}
}

// restart makes the next frame one that needs none before.
func (v *video) restart() { v.key = true }

// settle ends video of a region that stands still, and says so; all of it is to
// be made exact then. A region that changes while the link takes nothing does
// not stand still: what counts is what the scan just found.
func (e *Encoder) settle(now time.Time) bool {
	v := &e.video
	if !v.active {
		return false
	}
	v.fade(now)
	still := now.Sub(v.changed) >= settleAfter && !e.videoChanged()
	if still || now.Sub(v.begun) >= time.Second && v.pixels < calmPixels {
		e.endVideo()
		return true
	}
	return false
}

// videoChanged says that something in the region was found to differ.
func (e *Encoder) videoChanged() bool {
	for i := range e.tiles {
		if t := &e.tiles[i]; t.video && t.state == found {
			return true
		}
	}
	return false
}

func (v *video) fade(now time.Time) {
	v.pixels *= float32(math.Exp(-max(now.Sub(v.faded).Seconds(), 0)))
	v.faded = now
}

func (e *Encoder) endVideo() {
	v := &e.video
	v.active, v.retry = false, false
	for i := range e.tiles {
		if t := &e.tiles[i]; t.video {
			// It has to get hot anew, or a pause would make it flicker.
			t.video, t.state, t.heat = false, dirty, heat{}
		}
	}
}

// encodeVideo makes a frame of the region when something changed in it.
func (e *Encoder) encodeVideo(f Frame, now time.Time) (frame VideoFrame, ok bool) {
	v := &e.video
	if e.conf.Video == nil || v.off {
		return frame, false
	}
	e.chooseRegion(now)
	if !v.active {
		return frame, false
	}
	changed := 0
	for i := range e.tiles {
		t := &e.tiles[i]
		if !t.video || t.state != found {
			continue
		}
		changed += area(t.crop)
		t.state = clean
	}
	if changed > 0 {
		v.changed = now
		v.fade(now)
		v.pixels += float32(changed)
	} else if !v.key && !v.retry {
		return frame, false
	}
	part := f.sub(v.region)
	data, key, err := v.encoder.Encode(v.data[:0], part, v.key, e.videoRate(), now.Sub(v.made))
	if err != nil || len(data) > MaxVideo {
		v.off = true
		e.endVideo()
		v.close()
		e.scan(f)
		return frame, false
	}
	v.data = data
	// What is shown is what changes are looked for against; it is not known exactly.
	for y := v.region.Min.Y; y < v.region.Max.Y; y++ {
		copy(e.shown[4*(y*e.width+v.region.Min.X):][:4*v.region.Dx()], f.Pix[y*f.Stride+4*v.region.Min.X:])
	}
	if v.retry = len(data) == 0; v.retry {
		return frame, false
	}
	v.key = false
	return VideoFrame{Codec: v.encoder.Codec(), Key: key, Rect: v.region, Data: data}, true
}

// videoRate leaves some of the link for the rest.
func (e *Encoder) videoRate() int {
	if e.video.rate <= 0 {
		return videoRate
	}
	return min(max(e.video.rate*7/10, minRate), maxRate)
}

// threshold is how many bytes a second make a region video.
func (e *Encoder) threshold() float32 {
	if e.video.rate <= 0 {
		return videoFrom
	}
	return min(videoFrom, float32(e.video.rate)/8*0.4)
}

// chooseRegion begins video where tiles that change again and again cost too
// much, and widens it when others join.
func (e *Encoder) chooseRegion(now time.Time) {
	v := &e.video
	var sum float32
	region := image.Rectangle{}
	n := 0
	for i := range e.tiles {
		t := &e.tiles[i]
		if t.state != found || t.video {
			continue
		}
		if t.heat.hot(now) {
			sum += t.heat.bytes
			n++
		} else if !t.heat.warm() {
			continue
		}
		region = region.Union(e.bounds(i))
	}
	enough, from := minRegion, e.threshold()
	if v.active { // what stays beside it takes the link from it
		enough, from = 1, from/4
	}
	if n < enough || sum < from {
		return
	}
	if v.active {
		region = region.Union(v.region)
	}
	if v.encoder == nil || region.Size() != v.region.Size() {
		v.close()
		enc, err := e.conf.Video(region.Dx(), region.Dy())
		if err != nil {
			v.off = true
			e.endVideo()
			return
		}
		v.encoder, v.made = enc, now
	}
	v.region, v.active, v.key = region, true, true
	v.begun, v.changed, v.faded = now, now, now
	v.pixels = calmPixels
	e.eachTile(region, func(t *tile) { t.video, t.unknown = true, true })
}
