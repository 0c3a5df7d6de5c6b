// Package pins keeps the technicians' PINs: a secret that a person has and a
// program in the same log-on has not. Where a site asks for it, or once an
// engineer had control, an Allow counts only with one (defaults "Who acted",
// B3).
//
// On disk is an Argon2id hash for each person's initials, in a sealed setting,
// with the number of tries since the last right one. A try is counted on disk
// before it is looked at, so that whoever cuts the power after it has used it
// up. Five wrong ones in a row lock a PIN until IT removes it; before that each
// costs twice the wait of the one before, by a clock that cannot be set, and
// the wait begins anew with the service.
package pins
