package owndesk

import (
	"context"
	"errors"
	"log/slog"
)

// Native is nil: X11 has one desktop for all programs.
func Native() System { return nil }

// BackToShared is only for a program that Native started.
func BackToShared() error { return errors.New("own desktop: this system has none") }

// Watch has nothing to watch here.
func Watch(context.Context, *slog.Logger) {}

// KeepInput has nothing to do here.
func KeepInput() error { return nil }
