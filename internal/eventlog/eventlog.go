// Package eventlog passes a program's warnings and errors on to the system's
// event log, where IT looks first: on Windows the Application log, under the
// service's own source. It takes text that went through package redact only.
package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"beckmanconnect/internal/redact"
)

// Bounds of what goes there: a program in trouble must not fill the log that
// others share.
const (
	maxText   = 1500 // characters of an entry
	perMinute = 20   // entries, after a first burst of as many
)

// eventID is one for all entries: their text says what happened. EventCreate's
// message file, which shows an entry's text as it is, has IDs 1 to 1000.
const eventID = 1

// Writer is the system's event log.
type Writer interface {
	Warning(eventID uint32, text string) error
	Error(eventID uint32, text string) error
	Close() error
}

// Handler passes records on to next, and those of level warning and above to w
// besides, as one bounded line each and at a bounded rate. Personal data and
// secrets are taken out for w by the names of attributes.
func Handler(next slog.Handler, w Writer) slog.Handler {
	return tee{next, redact.Handler(&writer{w: w, limit: rate.NewLimiter(rate.Every(time.Minute/perMinute), perMinute)})}
}

// tee gives each record to both. What the second does with it is no failure of
// the first.
type tee struct{ next, events slog.Handler }

func (t tee) Enabled(ctx context.Context, l slog.Level) bool {
	return t.next.Enabled(ctx, l) || t.events.Enabled(ctx, l)
}

func (t tee) Handle(ctx context.Context, r slog.Record) error {
	var errs [2]error
	if t.events.Enabled(ctx, r.Level) {
		errs[0] = t.events.Handle(ctx, r.Clone())
	}
	if t.next.Enabled(ctx, r.Level) {
		errs[1] = t.next.Handle(ctx, r)
	}
	return errors.Join(errs[:]...)
}

func (t tee) WithAttrs(a []slog.Attr) slog.Handler {
	return tee{t.next.WithAttrs(a), t.events.WithAttrs(a)}
}

func (t tee) WithGroup(name string) slog.Handler {
	return tee{t.next.WithGroup(name), t.events.WithGroup(name)}
}

// writer is the event log's half.
type writer struct {
	w      Writer
	limit  *rate.Limiter
	attrs  string // of WithAttrs, as text
	prefix string // of WithGroup
}

func (h *writer) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

func (h *writer) Handle(_ context.Context, r slog.Record) error {
	if !h.limit.Allow() {
		return nil // the program's own log has it
	}
	var b strings.Builder
	b.WriteString(r.Message)
	b.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		put(&b, h.prefix, a)
		return true
	})
	text := redact.Line(b.String(), maxText)
	if r.Level >= slog.LevelError {
		return h.w.Error(eventID, text)
	}
	return h.w.Warning(eventID, text)
}

func (h *writer) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	b.WriteString(h.attrs)
	for _, a := range attrs {
		put(&b, h.prefix, a)
	}
	return &writer{h.w, h.limit, b.String(), h.prefix}
}

func (h *writer) WithGroup(name string) slog.Handler {
	return &writer{h.w, h.limit, h.attrs, h.prefix + name + "."}
}

func put(b *strings.Builder, prefix string, a slog.Attr) {
	if v := a.Value.Resolve(); v.Kind() == slog.KindGroup {
		for _, inner := range v.Group() {
			put(b, prefix+a.Key+".", inner)
		}
		return
	}
	fmt.Fprintf(b, "; %s%s: %v", prefix, a.Key, a.Value.Resolve())
}
