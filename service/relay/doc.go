// Package relay drives support sessions: it waits at the relay while a request
// is open, ends the end-to-end channel, feeds the machine of service/support
// and does what the machine says.
//
// One lock stands around the machine and around every decision to forward, so
// that a picture, an input or a file byte is judged by the same state that a
// click on "End" changes. Nothing that can block on the network, the helper or
// the disk's data happens under it: queues are filled there, and emptied by
// goroutines that ask again for each thing they take out (scenario 14).
package relay
