package screen

import (
	"image"
	"testing"
)

func TestPlace(t *testing.T) {
	desk := image.Rect(0, 0, 1280, 984)
	for name, row := range map[string]struct {
		desk image.Rectangle
		size image.Point
		bar  bool
		want image.Point
	}{
		"a question":           {desk, image.Pt(600, 384), false, image.Pt(340, 200)},
		"the bar":              {desk, image.Pt(640, 50), true, image.Pt(320, 0)},
		"task bar at the top":  {image.Rect(0, 40, 1280, 1024), image.Pt(640, 50), true, image.Pt(320, 40)},
		"screen to the left":   {image.Rect(-1280, 0, 0, 984), image.Pt(600, 384), false, image.Pt(-940, 200)},
		"larger than the room": {desk, image.Pt(1400, 1100), false, image.Pt(0, 0)},
	} {
		if got := place(row.desk, row.size, row.bar); got != row.want {
			t.Errorf("%s: %v, want %v", name, got, row.want)
		}
	}
}
