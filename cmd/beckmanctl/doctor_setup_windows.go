package main

import "context"

// installationCheck: the launcher of the service looks at what it set up
// itself.
var installationCheck func(context.Context) ([]string, error)
