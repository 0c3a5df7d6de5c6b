package screen

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func cursors() *rapid.Generator[Cursor] {
	return rapid.Custom(func(t *rapid.T) Cursor {
		switch CursorKind(rapid.IntRange(0, 2).Draw(t, "kind")) {
		case CursorMoved:
			return Cursor{Kind: CursorMoved, X: rapid.IntRange(0, MaxSide-1).Draw(t, "x"), Y: rapid.IntRange(0, MaxSide-1).Draw(t, "y")}
		case CursorShape:
			c := Cursor{Kind: CursorShape, Width: rapid.IntRange(1, 40).Draw(t, "w"), Height: rapid.IntRange(1, 40).Draw(t, "h")}
			c.HotX, c.HotY = rapid.IntRange(0, c.Width-1).Draw(t, "hot x"), rapid.IntRange(0, c.Height-1).Draw(t, "hot y")
			c.RGBA = rapid.SliceOfN(rapid.Byte(), 4*c.Width*c.Height, 4*c.Width*c.Height).Draw(t, "rgba")
			return c
		}
		return Cursor{}
	})
}

func TestCursorRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cursors().Draw(t, "cursor")
		b, err := c.Append([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(b, []byte("before")) {
			t.Fatal("what was there is gone")
		}
		got, err := ParseCursor(b[6:])
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Fatalf("%+v became %+v: %v", c, got, err)
		}
		// Neither a byte less nor one more is a cursor.
		if _, err := ParseCursor(b[6 : len(b)-1]); !errors.Is(err, ErrCursor) {
			t.Fatalf("cut off: %v", err)
		}
		if _, err := ParseCursor(append(b[6:], 0)); !errors.Is(err, ErrCursor) {
			t.Fatalf("with more behind it: %v", err)
		}
	})
}

func TestCursorsThatAreNone(t *testing.T) {
	pixel := []byte{1, 2, 3, 4}
	for name, c := range map[string]Cursor{
		"kind":     {Kind: 3},
		"left of":  {Kind: CursorMoved, X: -1},
		"below":    {Kind: CursorMoved, Y: MaxSide},
		"nothing":  {Kind: CursorShape},
		"hot spot": {Kind: CursorShape, Width: 1, Height: 1, HotX: 1, RGBA: pixel},
		"too wide": {Kind: CursorShape, Width: MaxCursor + 1, Height: 1, RGBA: make([]byte, 4*(MaxCursor+1))},
		"pixels":   {Kind: CursorShape, Width: 2, Height: 1, RGBA: pixel},
	} {
		if b, err := c.Append(nil); !errors.Is(err, ErrCursor) || b != nil {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
	good, err := Cursor{Kind: CursorShape, Width: 1, Height: 1, RGBA: pixel}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"empty":           nil,
		"kind":            {3},
		"hidden, longer":  {0, 0},
		"moved, short":    {1, 0, 0, 0},
		"moved too far":   {1, 0xff, 0xff, 0, 0},
		"shape, no head":  {2, 0, 0, 0, 0, 1, 0, 1},
		"shape, no body":  good[:9],
		"shape, too few":  append([]byte{2, 0, 0, 0, 0, 2, 0, 1, 0}, good[9:]...),
		"shape, too many": append([]byte{2, 0, 0, 0, 0, 1, 0, 1, 0}, mustShape(t, 2)[9:]...),
	} {
		if c, err := ParseCursor(b); !errors.Is(err, ErrCursor) || c.RGBA != nil {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

func mustShape(t *testing.T, width int) []byte {
	t.Helper()
	b, err := Cursor{Kind: CursorShape, Width: width, Height: 1, RGBA: make([]byte, 4*width)}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Scenario 53: whatever comes is a cursor within its bounds, or an error.
func FuzzParseCursor(f *testing.F) {
	for _, c := range []Cursor{{}, {Kind: CursorMoved, X: 300, Y: 200}, {Kind: CursorShape, Width: 2, Height: 1, HotX: 1, RGBA: []byte("12345678")}} {
		b, err := c.Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCursor(b)
		if err != nil {
			if !errors.Is(err, ErrCursor) || !reflect.DeepEqual(c, Cursor{}) {
				t.Fatalf("%+v, %v", c, err)
			}
			return
		}
		again, err := c.Append(nil)
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", c, err)
		}
		if same, err := ParseCursor(again); err != nil || !reflect.DeepEqual(same, c) {
			t.Fatalf("%+v became %+v: %v", c, same, err)
		}
	})
}
