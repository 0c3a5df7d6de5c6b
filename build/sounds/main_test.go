package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// What is committed is what the program makes.
func TestCommittedSounds(t *testing.T) {
	for name, notes := range sounds {
		got, err := os.ReadFile(filepath.Join("..", "..", "assets", "sounds", name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(got, wave(play(notes))) {
			t.Errorf("%s is not what build/sounds makes: run go generate ./assets/sounds", name)
		}
	}
}

// Nothing cracks: a sound begins and ends at nothing, and is never cut off.
func TestSoft(t *testing.T) {
	for name, notes := range sounds {
		samples := play(notes)
		loudest := 0.0
		for _, s := range samples {
			loudest = max(loudest, math.Abs(s))
		}
		if first, last := math.Abs(samples[0]), math.Abs(samples[len(samples)-1]); first > 0.001 || last > 0.001 || loudest > 0.6 || loudest < 0.1 {
			t.Errorf("%s: begins at %.4f, ends at %.4f, at most %.2f", name, first, last, loudest)
		}
	}
}
