// Package lane is the file lane of a support session's channel: pieces of files
// beside the nested TLS, sealed with keys that come of it, each in a message of
// the relay's WebSocket of its own. What it is for is the console in a browser:
// there TLS is computed without the processor's AES, at a few megabytes a
// second, while the browser's own WebCrypto has it. Everything else of a session
// (offers, approvals, hashes, acknowledgements) stays in the TLS.
//
// # Keys
//
// One for each direction, 32 bytes, made by proof.Binding.Lane from an exporter
// of the nested TLS (RFC 5705) and bound to what the proof of the code is bound
// to. Both ends begin to use them once the code was proved over this channel,
// or the key that came of it; until then every frame of the lane is the end of
// the channel. A channel has keys of its own, so nothing of one fits another.
//
// # A frame
//
//	offset  bytes
//	0       1      marker, 0xB5; a TLS record begins with 0x14 to 0x18
//	1       1      version, 1
//	2       8      number of the frame in its direction, from 0, big endian
//	10      n      the piece, AES-256-GCM
//	10+n    16     tag
//
// The nonce is 4 zero bytes and the number; version, direction (1 byte: 1 to the
// host, 2 to the engineer) and number are authenticated with it. A frame has to
// be the next one: one that is missing, repeated, in another place, changed, cut
// short, of another version or of the other direction is not opened, and nothing
// after it is either.
//
// The piece is wire.Piece: transfer, place in the file, bytes.
package lane
