package scan

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"time"
)

// WatchConfig is what a Watch needs.
type WatchConfig struct {
	Scanner Scanner
	// Changed is told when the scanner came, went or has another version. It
	// is called by Run and by Scan, from their goroutines.
	Changed func()
	// Every is how often the scanner is looked for: 15 s.
	Every time.Duration
	Log   *slog.Logger
}

// Watch knows from memory whether there is a scanner, and which.
type Watch struct {
	cfg  WatchConfig
	now  atomic.Pointer[string]
	look chan struct{}
}

// NewWatch makes a Watch that has looked nowhere yet: until Run, and until a
// scanner answered, there is none.
func NewWatch(cfg WatchConfig) *Watch {
	if cfg.Every <= 0 {
		cfg.Every = 15 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	w := &Watch{cfg: cfg, look: make(chan struct{}, 1)}
	w.now.Store(new(string))
	return w
}

// Name is the scanner with its version as last seen, "" when there is none.
func (w *Watch) Name() string { return *w.now.Load() }

// Run looks for the scanner until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	ticker := time.NewTicker(w.cfg.Every)
	defer ticker.Stop()
	for {
		w.refresh(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		case <-w.look:
		}
	}
}

func (w *Watch) refresh(ctx context.Context) {
	name, err := w.cfg.Scanner.Describe(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		name = ""
	}
	before := *w.now.Swap(&name)
	if before == name {
		return
	}
	if name == "" {
		w.cfg.Log.Warn("no malware scanner: files cannot be sent either way", "error", err)
	} else {
		w.cfg.Log.Info("files go through a malware scanner", "scanner", name)
	}
	w.cfg.Changed()
}

// Describe implements Scanner.
func (w *Watch) Describe(ctx context.Context) (string, error) { return w.cfg.Scanner.Describe(ctx) }

// Scan implements Scanner. After a failure the scanner is looked for at once.
func (w *Watch) Scan(ctx context.Context, r io.Reader, size int64) (Verdict, error) {
	v, err := w.cfg.Scanner.Scan(ctx, r, size)
	if err != nil {
		select {
		case w.look <- struct{}{}:
		default:
		}
	}
	return v, err
}
