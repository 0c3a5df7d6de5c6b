package store

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	sqlite3 "github.com/mattn/go-sqlite3"

	"beckmanconnect/store/keys"
)

// Kind says what is wrong, for code that decides.
type Kind int

const (
	KindOther    Kind = iota
	KindLocked        // another process uses the database
	KindDamaged       // it cannot be read as what it was written as
	KindNewer         // made by a newer version of the product
	KindDiskFull      //
	KindReadOnly      // the file or its folder cannot be written
	KindIO            // the disk reports errors
	KindKeys          // the key that protects personal data is missing or wrong
	KindRights        // the data folder or a key is open to others
	KindInvalid       // the caller asked for something that cannot be stored
	KindClosed        //
	KindAway          // the key that protects personal data cannot be used at the moment
)

// String is the kind's stable name, for status and translation.
func (k Kind) String() string {
	return [...]string{"other", "locked", "damaged", "newer", "disk-full", "read-only", "io", "keys", "rights", "invalid", "closed", "keys-away"}[k]
}

// advice is the half of the message that says what to do.
var advice = map[Kind]string{
	KindLocked:   "stop the other BeckmanConnect service or the program that holds the file, then start again",
	KindDamaged:  "stop the service, keep a copy of the data folder, run \"beckmanctl log verify\" on it, and restore a backup or start the service, which sets the log aside and begins a new one",
	KindNewer:    "install the newer BeckmanConnect again; this version cannot read it and has not changed it",
	KindDiskFull: "free space on the disk that holds the data folder; the service goes on by itself",
	KindReadOnly: "give the service's account the right to write the data folder",
	KindIO:       "check the disk that holds the data folder; sessions stay closed until it can be written",
	KindAway:     "have the key delivered again and start the service anew; the log was not opened and nothing was overwritten",
	KindKeys:     "restore the keys folder that belongs to this database; nothing was overwritten",
}

// Error is every error of this package.
type Error struct {
	Kind Kind
	Op   string // "open", "update", …
	Path string // of the database, where it helps
	Err  error
}

func (e *Error) Error() string {
	msg := "store: " + e.Op
	if e.Path != "" {
		msg += " " + e.Path
	}
	if what := e.what(); what != "" {
		msg += ": " + what
	}
	if e.Err != nil {
		msg += fmt.Sprintf(" (%v)", e.Err)
	}
	if a := advice[e.Kind]; a != "" {
		msg += "; " + a
	}
	return msg
}

func (e *Error) what() string {
	switch e.Kind {
	case KindLocked:
		return "the database is in use by another process"
	case KindDamaged:
		return "the database is damaged"
	case KindNewer:
		return "the database was made by a newer version"
	case KindDiskFull:
		return "the disk is full"
	case KindReadOnly:
		return "the database cannot be written"
	case KindIO:
		return "the disk reports an error"
	case KindKeys:
		return "the key that protects personal data is missing or wrong"
	case KindAway:
		return "the key that protects personal data cannot be used at the moment"
	case KindRights:
		return "the data folder or a key is open to others"
	case KindInvalid:
		return "not storable"
	case KindClosed:
		return "the store is closed"
	}
	return ""
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf gives the kind of an error of this package, KindOther for any other.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindOther
}

// wrap gives err a kind, unless it has one.
func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{Kind: classify(err), Op: op, Err: err}
}

// classify reads the kind from SQLite's and the system's error codes.
func classify(err error) Kind {
	var se sqlite3.Error
	if errors.As(err, &se) {
		switch se.Code & 0xff { // a backup gives the extended code there
		case sqlite3.ErrBusy, sqlite3.ErrLocked:
			return KindLocked
		case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
			return KindDamaged
		case sqlite3.ErrFull:
			return KindDiskFull
		case sqlite3.ErrReadonly, sqlite3.ErrPerm, sqlite3.ErrCantOpen, sqlite3.ErrAuth:
			return KindReadOnly
		case sqlite3.ErrIoErr:
			if se.SystemErrno == syscall.ENOSPC {
				return KindDiskFull
			}
			return KindIO
		}
		return KindOther
	}
	switch {
	case errors.Is(err, keys.ErrAway):
		return KindAway
	case errors.Is(err, keys.ErrRights):
		return KindRights
	case errors.Is(err, keys.ErrMissing), errors.Is(err, keys.ErrWrong):
		return KindKeys
	case errors.Is(err, syscall.ENOSPC):
		return KindDiskFull
	case errors.Is(err, syscall.EIO):
		return KindIO
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return KindReadOnly
	}
	return KindOther
}
