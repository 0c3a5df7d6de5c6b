// Package witness shows this PC's log to its witnesses (B4): to the cloud over
// the link that is there anyway, and to the hospital's own, which the signed
// site policy names, over HTTPS. What they cosign is kept by the store; that
// the log is not what one of them saw becomes its trouble.
//
// Checkpoints are shown as the log is now, never queued: only the newest says
// anything, and the proof has to start where the witness is.
package witness
