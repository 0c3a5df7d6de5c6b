// Package data is what the cloud keeps: one SQLite database and the key for
// the personal data in it (P13, P14, P15).
//
// Personal data and free texts that people typed are sealed with AES-256-GCM
// before they reach a column; the data key is itself kept under an RSA key.
// Searches work on the plain columns: device IDs, codes, states, times.
//
// There is one writer. A transaction is on disk when its function returns
// (WAL, synchronous=FULL): the broker acknowledges a message only after that.
package data
