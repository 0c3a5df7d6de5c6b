// Package xinput reads what the devices of an X display do, with the device
// each act comes from: what a program injects by XTEST can be told from what a
// hand does (B3). The technician's own mouse is known by it, and so is a press
// on Allow that nobody made.
package xinput

// Kind is what a device did.
type Kind uint16

// The raw events of the input extension, by its own numbers.
const (
	KeyPress      Kind = 13
	KeyRelease    Kind = 14
	ButtonPress   Kind = 15
	ButtonRelease Kind = 16
	Motion        Kind = 17
	TouchBegin    Kind = 22
)

// Origin is what made an event.
type Origin int

const (
	Unknown  Origin = iota // a device that is not on the list of devices (yet)
	Device                 // something a hand moves
	Injected               // a program, by XTEST
)

// Event is one act of a device.
type Event struct {
	Kind   Kind
	Detail uint32 // key code, or number of the button
	Origin Origin
}
