package profile

import "testing"

const usual = "2026-11-24 10:00:00 INFO  [worker-3] org.example.lab.Queue - order 42 is with the analyzer, rack 12 position 3, nothing is wrong"

func BenchmarkScrub(b *testing.B) {
	s := shipped(b, "generic").Scrub
	b.SetBytes(int64(len(usual)))
	for b.Loop() {
		s.Line(usual)
	}
}

func BenchmarkRead(b *testing.B) {
	for _, name := range []string{"sample", "generic", "dxh-900"} {
		b.Run(name, func(b *testing.B) {
			r := NewReader(shipped(b, name), "instrument.log", nil)
			b.SetBytes(int64(len(usual)))
			for b.Loop() {
				r.Read(usual)
			}
		})
	}
}
