package preferences

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// B12: what was chosen is there again at the next start.
func TestSavedAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "of", "ours", "preferences.json")
	want := Preferences{Language: "ja", Look: "contrast", TextSize: "largest", Silent: true, Guided: "0.1.0", Window: &Window{X: -5, Y: 20, Width: 1200, Height: 700, Maximised: true}}
	for range 2 { // the second time there is one to replace
		if err := Save(path, want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Load(path)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if rest, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(rest) > 0 {
		t.Errorf("left over: %v", rest)
	}
}

// What nobody chose, or somebody spoilt, is a first start; spoilt files are told.
func TestWhatIsNoChoice(t *testing.T) {
	first := Preferences{Look: "system", TextSize: "normal"}
	for name, c := range map[string]struct {
		file []byte
		want Preferences
		told bool
	}{
		"nothing chosen":   {[]byte("{}"), first, false},
		"unknown look":     {[]byte(`{"look":"pink","text_size":"7","silent":true}`), Preferences{Look: "system", TextSize: "normal", Silent: true}, false},
		"no window's size": {[]byte(`{"window":{"x":1,"y":1,"width":0,"height":5}}`), first, false},
		"half a file":      {[]byte(`{"look":"dark",`), Preferences{}, true},
		"endless":          {bytes.Repeat([]byte(" "), maxFile+1), Preferences{}, true},
	} {
		path := filepath.Join(t.TempDir(), "preferences.json")
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Load(path)
		if !reflect.DeepEqual(got, c.want) || (err != nil) != c.told {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := Load(filepath.Join(t.TempDir(), "none.json")); err != nil || !reflect.DeepEqual(got, Preferences{}) {
		t.Errorf("no file: %+v, %v", got, err)
	}
}
