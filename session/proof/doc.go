// Package proof is how the two ends of a support session's channel prove to
// each other that they know the one-time code (P23), and, after a lost link,
// that they are the two who did. Code and keys never cross the channel, and a
// proof made over one channel is worth nothing on another: whoever ends both
// halves of a connection, be it with certificates of both authorities, has two
// channels and fails (B1, scenario 29).
//
// The code is proved by CPace (session/cpace), engineer first:
//
//	engineer                                host
//	pake          Begin          ────────▶  Answer
//	              Trial.Answer   ◀────────  pake
//	pake-confirm                 ────────▶  Verdict.Confirm
//	              Trial.Confirm  ◀────────  authenticated, or wrong-code
//
// # What a proof is bound to
//
// All lengths are LEB128 (cpace.LV); H is SHA-256 over a certificate's DER.
//
//	CI  = LV("beckmanconnect one-time code 2", "engineer", "host",
//	         device ID, request ID, H(host's leaf), H(engineer's leaf))
//	SID = exporter("EXPERIMENTAL beckmanconnect one-time code 2") ‖ number of the
//	      try on this channel, from 1, 4 bytes big endian
//
// The exporter is RFC 5705's, 32 bytes, with an empty context, of the nested
// channel, which has none without the extended master secret. The certificates
// stand in CI beside it so that the binding rests on two legs.
//
// # Coming back
//
//	K0 = HKDF-SHA-512(ISK, info "beckmanconnect resume 2"), 32 bytes
//	B  = LV("beckmanconnect resume 2", "engineer", "host", device ID, request ID,
//	        H(host's leaf), H(engineer's leaf),
//	        exporter("EXPERIMENTAL beckmanconnect resume 2"))
//
//	resume        HMAC-SHA-256(K, LV("engineer", B))
//	authenticated HMAC-SHA-256(K, LV("host", B))
//	next          K' = HMAC-SHA-256(K, LV("next", B))
//
// The host cannot know whether its answer arrived, so it goes on knowing the
// key before the newest one until that is used: a link that breaks at the wrong
// moment costs nobody a session. Both are worthless without the channel they
// are used on.
package proof
