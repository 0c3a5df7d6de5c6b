package main

import "context"

type packOptions struct {
	dir, lang string
	force     bool
}

func (o packOptions) check() error { return nil }

func (d *doctor) writePack(ctx context.Context, o packOptions, findings []finding) error { return nil }
