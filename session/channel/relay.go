package channel

import "time"

// Keepalive of the relay's WebSocket: below the idle limits of common proxies,
// and quick enough to notice a black hole inside a lease.
const (
	pingEvery   = 20 * time.Second
	pingTimeout = 15 * time.Second
)

// maxMessage bounds one WebSocket message from the relay. A TLS record is at
// most 16 KiB and a little; a handshake flight holds a few certificates; a frame
// of the file lane holds wire.MaxPiece.
const maxMessage = 1 << 20
