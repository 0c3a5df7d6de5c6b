package gdi

// pointerPixels turns what Windows keeps of a pointer into RGBA. Colour is BGRX
// with or without alpha, and mask one byte a pixel, not 0 where what is below
// shows; without colour the mask is twice as high: below it which pixels are
// white, or turned around where what is below shows. A pixel that is turned
// around is drawn black.
func pointerPixels(width, height int, colour, mask []byte) []byte {
	n := width * height
	if n <= 0 || len(mask) < n || colour != nil && len(colour) < 4*n || colour == nil && len(mask) < 2*n {
		return nil
	}
	out := make([]byte, 0, 4*n)
	if colour == nil {
		for i := range n {
			through, white := mask[i] != 0, mask[n+i] != 0
			switch {
			case !through && white:
				out = append(out, 255, 255, 255, 255)
			case through && !white:
				out = append(out, 0, 0, 0, 0)
			default:
				out = append(out, 0, 0, 0, 255)
			}
		}
		return out
	}
	alpha := false
	for i := range n {
		alpha = alpha || colour[4*i+3] != 0
	}
	for i := range n {
		b, g, r, a := colour[4*i], colour[4*i+1], colour[4*i+2], colour[4*i+3]
		switch {
		case alpha && a == 0:
			out = append(out, 0, 0, 0, 0)
		case alpha:
			out = append(out, r, g, b, a)
		case mask[i] == 0:
			out = append(out, r, g, b, 255)
		case r|g|b != 0: // turned around
			out = append(out, 0, 0, 0, 255)
		default:
			out = append(out, 0, 0, 0, 0)
		}
	}
	return out
}
