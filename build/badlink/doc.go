// Package badlink is a link as bad as one likes, for tests and benchmarks:
// bandwidth, delay and loss between two networks of their own, with the real TCP
// of the kernel at both ends. What is sent on it is read from one TUN device and
// written to another, when its turn has come.
//
// The far end dials through Link.Dial; the near end is whatever the address
// names on this machine. Nothing of the machine's own network is touched, and
// all of it goes with the process. It needs Linux and root.
package badlink
