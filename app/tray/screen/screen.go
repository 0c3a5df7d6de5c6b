// Package screen puts the tray's own dialogs on the screen by the system's
// plainest means, without OpenGL and without a toolkit.
package screen

import "image"

// Class is the class of every window made here. It begins with the product's
// name, by which the desktop helper knows it as ours: it is never shown to an
// engineer, and no input of theirs reaches it (B3).
const Class = "beckmanconnect-dialog"

// place is where a window of a size goes on a desktop: the bar at the upper
// edge, anything else in the middle; never with its title out of reach.
func place(desk image.Rectangle, size image.Point, bar bool) image.Point {
	at := image.Pt(desk.Min.X+(desk.Dx()-size.X)/2, desk.Min.Y)
	if !bar {
		at.Y = desk.Min.Y + (desk.Dy()-size.Y)/3
	}
	return image.Pt(max(at.X, desk.Min.X), max(at.Y, desk.Min.Y))
}
