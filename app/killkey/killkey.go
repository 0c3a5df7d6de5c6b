// Package killkey grabs the key that ends a session at once (B5): Pause. It is
// the technician's alone, since input from a session can never contain it.
//
//	release, err := killkey.Grab(ctx, func() { … })
//
// The function is called on a goroutine of its own for each press, until
// release is called or ctx ends. An error says that the key could not be had,
// for example because another program holds it; the session bar then has to say
// so.
package killkey

// Name is how the key is called on keyboards and in texts.
const Name = "Pause"
