// Package channel is the end-to-end channel of a support session: TLS inside
// the relay's WebSocket, so that relay and broker see ciphertext only (B1).
//
// It is TLS 1.2 with ECDHE-RSA-AES256-GCM-SHA384 and nothing else, asserted
// after the handshake: in TLS 1.3 Go cannot be told to use AES-256 (P9). Both
// ends show RSA-4096 certificates (P10). The host's is a session certificate
// signed by the device's own certificate, which chains to the device CA and
// carries the device ID; the engineer's is issued for minutes by the staff CA
// and names person, organisation and trained regions (P16, P20, P21). There is
// no way to go on after a check failed (scenario 29).
//
// Inside, frames of a type byte and a payload travel: the type, the payload's
// length as an unsigned varint of at most four bytes, the payload. See Conn. Over
// a WebSocket, pieces of files may travel beside the TLS: see session/lane.
// The package compiles natively and for js/wasm.
package channel
