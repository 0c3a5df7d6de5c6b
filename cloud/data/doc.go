// Package data is what the cloud keeps, on SQLite or PostgreSQL, and the keys
// for the personal data in it (P13, P14, P15).
//
// Personal data and free texts that people typed are sealed with AES-256-GCM
// before they reach a column; the data key is itself kept under an RSA key.
// Searches work on the plain columns: device IDs, codes, states, times.
//
// A transaction is on disk when its function returns: the broker acknowledges a
// message only after that. SQLite (WAL, synchronous=FULL) has one writer; what is
// asked for at once shares a transaction there (group).
package data
