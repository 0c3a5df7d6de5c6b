// Package store is the service's SQLite database: notifications, the audit
// log, events for the windows, the outbox for the cloud, settings.
//
// One writer, one transaction at a time, durable when Update returns (WAL with
// synchronous=FULL). Audit entries, the nodes of their Merkle tree and the
// signed checkpoint that covers them are committed together (package
// logproof). Personal data and everything people typed stands in sealed
// columns (AES-256-GCM); what can be searched is plain: codes, severities,
// instruments, states, times.
//
// When the disk is full or fails, Update says so with a typed error and
// Writable turns false, so that sessions close (scenario 50); the store finds
// out by itself when it can write again.
package store
