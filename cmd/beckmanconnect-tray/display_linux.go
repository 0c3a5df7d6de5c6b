package main

import (
	"errors"
	"os"
)

// haveDisplay says early and clearly what the toolkit would end the program
// for without a word.
func haveDisplay() error {
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return errors.New("there is no desktop here: DISPLAY is not set; start it from a graphical log-on")
	}
	return nil
}
