// Package witness is what a witness of logs does (B4, scenario 48), for the
// vendor's cloud and the hospital's own alike: it is shown each checkpoint of a
// log with a proof that the log only grew since the one before (RFC 6962,
// 2.1.2), remembers the newest, and signs it in turn (cosignature/v1 of
// c2sp.org/tlog-cosignature). A log that was shortened, put back or rewritten,
// by whoever holds its key, cannot show such a proof any more.
//
// Add is the whole protocol and does no I/O of its own; where the newest
// checkpoints are kept is a State's to say. Folder is one of files. Request and
// answer of c2sp.org/tlog-witness are read and written here, too.
package witness
