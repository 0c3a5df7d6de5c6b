// Package support decides who may do what in a support session, for how long.
// It is the host's word on every message: signed site policy, verified engineer
// and the technician's click together make a right, and nothing else does (B2).
//
//	           RequestHelp            right code              ask
//	ready ───────────────▶ waiting ───────────────▶ connected ────▶ prompt
//	  ▲                       │                     │   ▲   ▲         │ Allow
//	  │   cancel, expired,    │           link lost │   │   └─ lease ◀┘
//	  │   burnt, no log       │                     ▼   │ key, same account,
//	  └───────────────────────┴───── end ◀──────── lost ┘ while a lease lives
//
// The machine is pure: it does no I/O, starts no goroutine and reads no clock.
// An event and a Moment go in, effects come out. Anything that widens what
// somebody may do is handed to the Recorder first, in one batch; when that
// fails the machine forgets the step and closes whatever is open instead
// (scenario 50). Do is the only way in, so a driver cannot forget this.
//
// Input, pictures and file bytes are too many to be events. The driver asks
// MayInput, MayPicture and MayChunk for each of them, under the same lock as it
// forwards them (scenarios 13, 14).
package support
