// Command sounds makes the product's sounds, as WAV files, into a folder. They
// are tones that begin and end softly: somebody is to look up, and nobody in a
// laboratory is to take them for an instrument's alarm.
package main

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"
)

// rate is in samples a second: enough for tones below 3 kHz.
const rate = 22050

// note is one tone of a sound.
type note struct {
	at, length time.Duration
	hertz      float64
}

// sounds by file.
var sounds = map[string][]note{
	// Two notes down, a third apart.
	"alarm.wav": {{0, 340 * time.Millisecond, 659.3}, {240 * time.Millisecond, 460 * time.Millisecond, 523.3}},
	// Two short notes up, as a question goes.
	"question.wav": {{0, 200 * time.Millisecond, 523.3}, {140 * time.Millisecond, 320 * time.Millisecond, 784.0}},
}

// loudness of a note, of 1.
const loudness = 0.32

func main() {
	out := flag.String("out", "assets/sounds", "`folder` to write to")
	flag.Parse()
	for name, notes := range sounds {
		if err := os.WriteFile(filepath.Join(*out, name), wave(play(notes)), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "sounds:", err)
			os.Exit(1)
		}
	}
}

// play gives the samples of notes, from -1 to 1.
func play(notes []note) []float64 {
	var end time.Duration
	for _, n := range notes {
		end = max(end, n.at+n.length)
	}
	samples := make([]float64, int(end.Seconds()*rate))
	for _, n := range notes {
		first, count := int(n.at.Seconds()*rate), int(n.length.Seconds()*rate)
		for i := range count {
			if first+i >= len(samples) {
				break
			}
			t := float64(i) / rate
			// Up in 12 ms, then fading like something that was struck, to nothing.
			up := math.Min(1, t/0.012)
			down := math.Exp(-4*t/n.length.Seconds()) * (1 - float64(i)/float64(count))
			tone := math.Sin(2*math.Pi*n.hertz*t) + 0.18*math.Sin(4*math.Pi*n.hertz*t)
			samples[first+i] += loudness * (1 - math.Cos(math.Pi*up)) / 2 * down * tone
		}
	}
	return samples
}

// wave makes a WAV file: 16 bits, one channel.
func wave(samples []float64) []byte {
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) } // a Buffer's Write never fails
	data := uint32(2 * len(samples))
	b.WriteString("RIFF")
	put(36 + data)
	b.WriteString("WAVEfmt ")
	put([]uint32{16})
	put([]uint16{1, 1})
	put([]uint32{rate, 2 * rate})
	put([]uint16{2, 16})
	b.WriteString("data")
	put(data)
	for _, s := range samples {
		put(int16(math.Round(32767 * math.Max(-1, math.Min(1, s)))))
	}
	return b.Bytes()
}
