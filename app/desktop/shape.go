package desktop

import "beckmanconnect/session/screen"

// arrowRows is a plain pointer: X is its black edge, o its white inside.
var arrowRows = []string{
	"X...........",
	"XX..........",
	"XoX.........",
	"XooX........",
	"XoooX.......",
	"XooooX......",
	"XoooooX.....",
	"XooooooX....",
	"XoooooooX...",
	"XooooooooX..",
	"XoooooooooX.",
	"XooooooXXXXX",
	"XoooXooX....",
	"XooXXooX....",
	"XoX..XooX...",
	"XX...XooX...",
	"X.....XooX..",
	"......XooX..",
	".......XX...",
}

// Arrow is the shape that is told where the real one is not for the engineer:
// over what is hidden, or larger than any pointer has to be.
func Arrow() *screen.Cursor {
	c := &screen.Cursor{Kind: screen.CursorShape, Width: len(arrowRows[0]), Height: len(arrowRows)}
	for _, row := range arrowRows {
		for _, p := range row {
			switch p {
			case 'X':
				c.RGBA = append(c.RGBA, 0, 0, 0, 255)
			case 'o':
				c.RGBA = append(c.RGBA, 255, 255, 255, 255)
			default:
				c.RGBA = append(c.RGBA, 0, 0, 0, 0)
			}
		}
	}
	return c
}

// ShapeOf makes a shape of what a system tells of its pointer: red, green, blue,
// alpha, not premultiplied, taking over rgba. One without a visible pixel is
// hidden; one that no pointer should be is the arrow.
func ShapeOf(width, height, hotX, hotY int, rgba []byte) *screen.Cursor {
	if width <= 0 || height <= 0 || width > screen.MaxCursor || height > screen.MaxCursor || len(rgba) != 4*width*height {
		return Arrow()
	}
	visible := false
	for i := 3; i < len(rgba); i += 4 {
		visible = visible || rgba[i] != 0
	}
	if !visible {
		return &screen.Cursor{Kind: screen.CursorHidden}
	}
	return &screen.Cursor{
		Kind: screen.CursorShape, Width: width, Height: height, RGBA: rgba,
		HotX: min(max(hotX, 0), width-1), HotY: min(max(hotY, 0), height-1),
	}
}
