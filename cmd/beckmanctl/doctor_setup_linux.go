package main

import "context"

// installationCheck: systemd keeps the units as the package laid them.
var installationCheck func(context.Context) ([]string, error)
