// Package flow decides how many bytes a sender may have under way, so that
// nothing queues up on a slow link: what is typed must not wait behind what is
// painted.
//
// Below it is TCP, twice, with a relay in between, and each of their buffers
// takes whatever it is given. So the sender counts from end to end: the
// receiver answers how many payload bytes arrived (wire.Ack), and the sender
// keeps no more under way than the link carries in one round trip and a little
// time more. How much that is, is learned as BBR does: the round trip is the
// least of the last seconds, the rate the most that was delivered of late. A
// sender that had little to send says nothing about the rate, so such samples
// never lower it. Where a queue shows, the link is full, and the newest sample
// is the rate: that is how a link that became slower is noticed at once. Loss
// shows as a stall only, since TCP repairs it.
//
// Everything is pure: time is passed in, as a duration since any fixed moment.
package flow
