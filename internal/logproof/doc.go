// Package logproof is the part of the log that must be the same for the one
// who writes it (store) and the one who checks it (beckmanctl, a hospital's
// own witness): the schema of the audit tables, how an entry becomes a Merkle
// leaf, the tree, and offline verification.
//
// The log is an RFC 6962 tree, as in golang.org/x/mod/sumdb/tlog. Each entry's
// row holds its leaf hash, and the root of every complete subtree of 256, 256²
// … leaves is a row of nodes: x/mod's tiles of height 8, without keeping any
// hash twice. Every row is written once and never changed.
//
// The newest signed checkpoint (a note whose body is a c2sp tlog-checkpoint)
// is committed in the same transaction as the entries it covers: a log that
// was acknowledged is a log that was signed.
//
// Nothing here decrypts: personal fields are committed to by salted HMACs, so
// a proof holds for anyone, with the keys or without, before and after a
// person was erased.
package logproof
