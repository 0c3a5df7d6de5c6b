package main

import (
	"fmt"
	"os"
	"syscall"
)

// run becomes the program: same process, same handles, nothing in between.
func run(program string) error {
	args := append([]string{program}, os.Args[1:]...)
	return fmt.Errorf("start %s: %w", program, syscall.Exec(program, args, os.Environ()))
}
