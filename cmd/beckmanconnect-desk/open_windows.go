package main

import "os/exec"

func openBrowser(address string) error {
	return start(exec.Command("rundll32", "url.dll,FileProtocolHandler", address))
}
