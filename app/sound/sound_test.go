package sound

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beckmanconnect/assets/sounds"
)

// One at a time, none that hangs for ever, and a PC that plays none says so
// once.
func TestPlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		played := 0
		p := New(slog.New(slog.NewTextHandler(&log, nil)))
		p.can = func() bool { return true }
		p.play = func(ctx context.Context, wav []byte) error {
			if !bytes.Equal(wav, sounds.Alarm) && !bytes.Equal(wav, sounds.Question) {
				t.Error("another sound")
			}
			played++
			select {
			case <-ctx.Done():
			case <-time.After(700 * time.Millisecond):
			}
			return errors.New("no loudspeaker")
		}
		for range 5 {
			if !p.Play(t.Context(), Alarm) {
				t.Error("it says that it cannot")
			}
		}
		if p.Play(t.Context(), "nonsense") {
			t.Error("nonsense is a sound")
		}
		synctest.Wait()
		if played != 1 {
			t.Errorf("%d at once", played)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		p.Play(t.Context(), Question)
		time.Sleep(time.Second)
		synctest.Wait()
		if played != 2 || strings.Count(log.String(), "no loudspeaker") != 1 {
			t.Errorf("%d played; %s", played, &log)
		}
		p.play = func(ctx context.Context, _ []byte) error { <-ctx.Done(); return ctx.Err() }
		p.Play(t.Context(), Alarm)
		time.Sleep(longest + time.Second)
		synctest.Wait()
		p.can = func() bool { return false }
		if p.Play(t.Context(), Alarm) {
			t.Error("it plays with nothing")
		}
		if p.busy.Load() {
			t.Error("a sound system that hangs keeps the player busy")
		}
	})
}

// Both are there, different, and small.
func TestSounds(t *testing.T) {
	for name, wav := range map[string][]byte{"alarm": sounds.Alarm, "question": sounds.Question} {
		if !bytes.HasPrefix(wav, []byte("RIFF")) || !bytes.HasPrefix(wav[8:], []byte("WAVEfmt ")) || len(wav) > 40<<10 {
			t.Errorf("%s: %d bytes", name, len(wav))
		}
	}
	if bytes.Equal(sounds.Alarm, sounds.Question) {
		t.Error("they sound alike")
	}
}
