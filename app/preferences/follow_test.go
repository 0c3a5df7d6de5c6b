package preferences

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// What one program saves the other hears of, also when there was no file; what
// cannot be read changes nothing (B12).
func TestFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "not there yet", "preferences.json")
	heard, err := Follow(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if first := <-heard; first != (Preferences{}) {
		t.Errorf("a first start has %+v", first)
	}
	// await skips what was only half of a step.
	await := func(want Preferences) {
		t.Helper()
		for {
			select {
			case got := <-heard:
				if got.Language == want.Language && got.Silent == want.Silent {
					return
				}
			case <-t.Context().Done():
				t.Fatalf("%+v was never heard", want)
			}
		}
	}
	for _, p := range []Preferences{{Language: "de"}, {Language: "de", Silent: true}, {Language: "ja"}} {
		if err := Save(path, p); err != nil {
			t.Fatal(err)
		}
		await(p)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Save(path, Preferences{Language: "fr"}); err != nil {
		t.Fatal(err)
	}
	await(Preferences{Language: "fr"})
}

func TestFollowWhereNothingCanBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Follow(t.Context(), filepath.Join(file, "preferences.json"), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a file is no folder")
	}
}
