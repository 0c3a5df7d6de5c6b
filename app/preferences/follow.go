package preferences

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// gather is how long changes of the file are gathered: a save is several.
const gather = 50 * time.Millisecond

// Follow sends the choices in a file as they are now, and again whenever
// another program has changed them, until ctx ends. The system tells of
// changes: nothing is looked at meanwhile. A file that cannot be understood is
// told to the log, and what was chosen before stays.
func Follow(ctx context.Context, path string, log *slog.Logger) (<-chan Preferences, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("preferences: %w", err)
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("preferences: follow: %w", err)
	}
	// The folder and not the file, which is replaced as a whole.
	if err := watcher.Add(dir); err != nil {
		watcher.Close()
		return nil, fmt.Errorf("preferences: follow %s: %w", dir, err)
	}
	out := make(chan Preferences, 1)
	go func() {
		defer watcher.Close()
		follow(ctx, path, log, watcher, out)
	}()
	return out, nil
}

func follow(ctx context.Context, path string, log *slog.Logger, watcher *fsnotify.Watcher, out chan Preferences) {
	read := func() {
		p, err := Load(path)
		if err != nil {
			log.Warn("the technician's choices cannot be read; those before stay", "error", err)
			return
		}
		select {
		case <-out: // only the newest counts
		default:
		}
		out <- p
	}
	read()
	var due <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case e, open := <-watcher.Events:
			if !open {
				return
			}
			if filepath.Base(e.Name) == filepath.Base(path) && due == nil {
				due = time.After(gather)
			}
		case err, open := <-watcher.Errors:
			if !open {
				return
			}
			log.Warn("a change of the technician's choices may be missed", "error", err)
			due = time.After(gather)
		case <-due:
			due = nil
			read()
		}
	}
}
