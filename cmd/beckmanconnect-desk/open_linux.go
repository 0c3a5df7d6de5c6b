package main

import "os/exec"

func openBrowser(address string) error { return start(exec.Command("xdg-open", address)) }
