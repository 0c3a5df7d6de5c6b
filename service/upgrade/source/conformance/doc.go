// Package conformance replays the public conformance cases of TUF against the
// source of upgrades (scenario 35). It is tests only: cases.json lists each
// case of the public suite under its own name, and where this client does
// something else by design it says what and why.
package conformance
