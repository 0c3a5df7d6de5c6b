package scan

// DefaultSocket is where Debian's clamav-daemon listens.
const DefaultSocket = "/run/clamav/clamd.ctl"

// System is this system's scanner; socket "" is DefaultSocket.
func System(socket string) Scanner {
	if socket == "" {
		socket = DefaultSocket
	}
	return Clamd{Socket: socket}
}
