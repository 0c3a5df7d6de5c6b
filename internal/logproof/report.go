package logproof

import (
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Config of one verification.
type Config struct {
	Path      string
	Verifiers note.Verifiers                                         // keys that checkpoints may be signed by
	Expected  []Expected                                             // of this log, that it must contain
	Progress  func(done, total int64)                                // called now and then, may be nil
	Personal  func(e *Entry, c NamedCommitment, sealed []byte) error // with the keys: checks one personal field; may be nil
}

// Report is the outcome. The log is proven when Fault is nil.
type Report struct {
	Entries     int64
	Head        Checkpoint // the newest, once its signature held
	Checkpoints int64      // earlier ones whose signature and root held
	First, Last time.Time  // wall clock of the first and the newest entry
	TimeJumps   int64      // entries whose wall clock lies before the entry above
	Boots       int64
	Personal    int64     // personal fields that are there
	Erased      int64     // entries whose personal fields were erased, on record
	Archived    int64     // entries that were read from archive files
	Away        []Archive // files that are not here: their entries are known by their hashes alone
	Fault       *Fault
}

// What kinds of fault there are.
const (
	FaultUnreadable = "unreadable"           // SQLite cannot read it
	FaultSchema     = "schema"               // tables or triggers are not those of the log
	FaultGap        = "gap"                  // an entry is missing, doubled or out of order
	FaultChanged    = "leaf-differs"         // a row is not what its hash was made over
	FaultNode       = "node-differs"         // a stored hash of the tree does not follow from the entries
	FaultSignature  = "checkpoint-signature" // no known key signed this
	FaultRoot       = "root-differs"         // signed, but over another log
	FaultCut        = "cut"                  // the checkpoint covers more than there is
	FaultUncovered  = "uncovered"            // there is more than the checkpoint covers
	FaultArchive    = "archive-differs"      // an archive file is not the one on record, or was never put there
	FaultSealed     = "personal-field"       // a personal field is damaged, foreign or gone without a record
)

// Fault is the first thing that does not hold.
type Fault struct {
	Table string // where
	Index int64  // which row: entry number, node number, checkpoint size; -1: the table as a whole
	Level int    // of a node
	What  string // one of the constants
	Text  string // in plain words
}

func (f *Fault) Error() string {
	where := f.Table
	if f.Index >= 0 {
		where += fmt.Sprintf(" %d", f.Index)
	}
	if f.Table == "nodes" {
		where += fmt.Sprintf(" of level %d", f.Level)
	}
	return fmt.Sprintf("%s: %s: %s", where, f.What, f.Text)
}

func faultf(table string, index int64, what, format string, args ...any) *Fault {
	return &Fault{Table: table, Index: index, What: what, Text: fmt.Sprintf(format, args...)}
}
