package desktop

import (
	"context"
	"image"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"beckmanconnect/ipc/hostpb"
)

type markerLog struct {
	Marker
	shown atomic.Value
	on    atomic.Bool
}

func (m *markerLog) Show(at image.Point, name string, _ int) error {
	m.shown.Store(name + at.String())
	m.on.Store(true)
	return nil
}

func (m *markerLog) Hide() error { m.on.Store(false); return nil }

// The marker goes after five seconds without news, when the engineer points
// nowhere or beside the picture, and when the helper ends.
func TestMarkerGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &markerLog{}
		var prompt atomic.Bool // one shows where the engineer points
		p := newPointer(slog.New(slog.DiscardHandler), m, func(p image.Point) (image.Point, int, bool) {
			return p.Add(image.Pt(1000, 0)), 100, p.In(image.Rect(0, 0, 100, 100)) && !prompt.Load()
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.run(ctx) }()
		point := func(on bool, x int32, want bool) {
			t.Helper()
			p.point(&hostpb.HelperPoint{On: on, X: x, Y: 5, Name: "Jana\n\u202e Müller"})
			synctest.Wait()
			if m.on.Load() != want {
				t.Errorf("on %v at %d: shows %v", on, x, !want)
			}
		}
		point(true, 10, true)
		if m.shown.Load() != "Jana Müller(1010,5)" {
			t.Errorf("shown %q", m.shown.Load())
		}
		time.Sleep(pointHold - time.Millisecond)
		point(true, 11, true)
		time.Sleep(pointHold - time.Millisecond)
		synctest.Wait()
		if !m.on.Load() {
			t.Error("gone before its time")
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if m.on.Load() {
			t.Error("still there after five seconds without news")
		}
		point(true, 10, true)
		point(false, 0, false)
		point(true, 10, true)
		point(true, 100, false)
		point(true, 10, true)
		p.again()
		synctest.Wait()
		if !m.on.Load() {
			t.Error("gone although nothing came in its way")
		}
		prompt.Store(true)
		p.again()
		synctest.Wait()
		if m.on.Load() {
			t.Error("still there over a prompt")
		}
		point(true, 10, false)
		prompt.Store(false)
		point(true, 10, true)
		cancel()
		if err := <-done; err != nil || m.on.Load() {
			t.Errorf("ended with %v, shows %v", err, m.on.Load())
		}
	})
}
