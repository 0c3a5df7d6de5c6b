// Package files reads and writes the files of a support session by the
// technician's own identity: what the service received and checked goes into a
// folder that the technician chose, and what they chose to send is read to the
// service. It speaks HandleFiles; no path is ever on the pipe.
package files

import (
	"errors"
	"fmt"
)

// The kinds of what may go wrong, as the service is told of them.
var (
	ErrDiskFull  = errors.New("disk-full")
	ErrDisk      = errors.New("disk")
	ErrCancelled = errors.New("cancelled")
	ErrChanged   = errors.New("changed") // not what was promised, or changed while it was read
	ErrName      = errors.New("name")
	ErrTooLarge  = errors.New("too-large")
)

// Error carries what was done, the kind and the cause.
type Error struct {
	Op   string
	Kind error
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("files: %s: %v", e.Op, e.Kind)
	}
	return fmt.Sprintf("files: %s: %v: %v", e.Op, e.Kind, e.Err)
}

// Is makes errors.Is work with the kind.
func (e *Error) Is(target error) bool { return e.Kind == target }

func (e *Error) Unwrap() error { return e.Err }

// diskError sorts an error of the file system.
func diskError(op string, err error) error {
	kind := ErrDisk
	if isDiskFull(err) {
		kind = ErrDiskFull
	}
	return &Error{Op: op, Kind: kind, Err: err}
}

// code is the word for the service.
func code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind.Error()
	}
	return ErrDisk.Error()
}
