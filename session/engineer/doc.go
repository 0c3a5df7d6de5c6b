// Package engineer is the engineer's side of a support session, from the wish
// to join a request to its end: key, certificate, relay, channel, hello, and
// coming back after a lost link. The console's page sits on top of it and is
// told everything in frames; see Page. The same code runs natively in
// beckmanconnect-desk and as WASM in the hosted console.
package engineer
