package main

import "context"

// supervised runs the service under systemd or from a shell: signals end it.
func supervised(ctx context.Context, run func(context.Context) error) error { return run(ctx) }
