package logexport

import (
	"errors"
	"fmt"
	"io"
	"time"

	"beckmanconnect/internal/logproof"
)

// The formats of New.
const (
	JSONL       = "jsonl"       // exact, one entry a line; proves itself
	CSV         = "csv"         // for spreadsheets
	PDF         = "pdf"         // for reading and printing
	Certificate = "certificate" // one page about the session Meta.Session
)

// Exporter writes one export. Its methods are called by one goroutine: Begin
// once, Record for each entry in ascending order, End once. After an error the
// file is cut short and must be thrown away. Neither Meta nor Record are kept
// or changed, except that Meta must stay as it is until End.
type Exporter interface {
	Begin(*Meta) error
	Record(*Record) error
	End() error
}

// Meta is what an export says of itself.
type Meta struct {
	Checkpoint []byte          // the signed checkpoint the entries are of, as stored
	Cosigned   []Cosigned      // what witnesses cosigned of this log; may be empty
	Stored     logproof.Source // stored hashes below Checkpoint's size; needed by jsonl

	From, To  int64          // entries asked for: From … To, not included
	Filter    string         // in words, what else was asked for; empty: every entry of the range
	Total     int64          // entries that will come, if that is known; 0: not
	Session   string         // of a certificate: the subject of its entries
	Language  string         // of pdf and certificate; empty: English
	Local     *time.Location // for local times beside UTC; nil: UTC alone
	Device    string         // name of the device, empty: not known here
	Program   string         // name and version of the program that exports
	WithNames bool           // personal values are shown, not only their HMACs
}

// Cosigned is a checkpoint of the log with the cosignature of one witness or
// more. Its size is at most that of Meta.Checkpoint.
type Cosigned struct {
	Name string    // as people know the witness: "cloud", or the policy's name for it
	Note []byte    // the log's signed note with cosignature lines
	Time time.Time // when, by the witness's clock; zero: not known
}

// Record is one entry: what the leaf commits to, and the personal values where
// they are known.
type Record struct {
	Entry    logproof.Entry // as read, with canonical Fields and Personal
	Personal []Personal     // known of the personal fields, in any order; a field not named here is Sealed
	Back     bool           // its wall clock lies before that of the entry above it in the log
}

// Personal is one personal field of an entry.
type Personal struct {
	Name  string
	State State
	Value string // of Shown
	Salt  []byte // of Shown: with it the value is proven; nil: the value is only said
	// Envelope, of Confidential, goes into a jsonl export: the owner of the
	// hospital's key reads the value out of it. Nil: it is only named.
	Envelope []byte
}

// State says what is known of a personal field.
type State int

// What can be known of a personal field.
const (
	Sealed       State = iota // only its HMAC: written without the keys
	Shown                     // its value
	Erased                    // destroyed, on record
	Damaged                   // does not fit the proof
	Confidential              // sealed to the hospital's own key
)

// states are their names in a file.
var states = map[State]string{Sealed: "sealed", Erased: "erased", Damaged: "damaged", Confidential: "confidential"}

// PDFEntries is how many entries one pdf holds. A document is laid out in
// memory; more entries than that are what csv and jsonl are for.
const PDFEntries = 20_000

// ErrTooMany is returned by a pdf's Record after PDFEntries entries.
var ErrTooMany = fmt.Errorf("a pdf holds at most %d entries: ask for less, or for csv or jsonl", PDFEntries)

// ErrNoSession is returned by a certificate's End when no entry was the session's.
var ErrNoSession = errors.New("the log holds no such session")

// New makes an exporter of a format that writes to w.
func New(format string, w io.Writer) (Exporter, error) {
	switch format {
	case JSONL:
		return newJSONL(w), nil
	case CSV:
		return newCSV(w), nil
	case PDF:
		return newDocument(w), nil
	case Certificate:
		return newCertificate(w), nil
	}
	return nil, fmt.Errorf("format %q is not known; there are jsonl, csv, pdf and certificate", format)
}

// FileName suggests a plain name for the file of an export: of which log and
// which entries it is, never when it was made.
func FileName(format string, m *Meta) string {
	origin := "log"
	if c, err := logproof.ReadCheckpoint(m.Checkpoint); err == nil {
		origin = plainName(c.Origin)
	}
	if format == Certificate {
		return fmt.Sprintf("%s-session-%s.pdf", origin, plainName(m.Session))
	}
	return fmt.Sprintf("%s-%d-%d.%s", origin, m.From, max(m.From, m.To-1), format)
}

// plainName leaves what every file system takes as it is.
func plainName(s string) string {
	out := []byte(s)
	if len(out) > 64 {
		out = out[:64]
	}
	for i, c := range out {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
			out[i] = '-'
		}
	}
	return string(out)
}
