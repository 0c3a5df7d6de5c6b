package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// run becomes the program: same process, same handles, nothing in between.
func run(program string) error {
	args := append([]string{program}, os.Args[1:]...)
	return fmt.Errorf("start %s: %w", program, syscall.Exec(program, args, os.Environ()))
}

// damaged tells whether run failed because the file is not a program.
func damaged(err error) bool {
	return errors.Is(err, syscall.ENOEXEC) || errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EACCES)
}
