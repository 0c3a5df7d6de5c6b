package redact

import (
	"context"
	"log/slog"
	"strings"
)

// maxLogText is the longest text a log attribute keeps.
const maxLogText = 2000

// secretKeys are attribute names whose values no log may hold (scenario 25).
var secretKeys = map[string]bool{
	"password": true, "token": true, "nonce": true, "secret": true, "csr": true, "authorization": true, "cookie": true,
	"email": true, "initials": true, "account": true,
}

// Handler hides secrets and personal data, by the names of their attributes,
// and makes every text inert before it goes to h.
func Handler(h slog.Handler) slog.Handler { return handler{h} }

type handler struct{ slog.Handler }

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, Line(r.Message, maxLogText), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(attr(a))
		return true
	})
	return h.Handler.Handle(ctx, clean)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = attr(a)
	}
	return handler{h.Handler.WithAttrs(clean)}
}

func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }

func attr(a slog.Attr) slog.Attr {
	if secretKeys[strings.ToLower(a.Key)] {
		return slog.String(a.Key, Hidden)
	}
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, Line(v.String(), maxLogText))
	case slog.KindGroup:
		inner := make([]slog.Attr, len(v.Group()))
		for i, g := range v.Group() {
			inner[i] = attr(g)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(inner...)}
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			return slog.String(a.Key, Line(err.Error(), maxLogText))
		}
		return slog.Attr{Key: a.Key, Value: v}
	default:
		return slog.Attr{Key: a.Key, Value: v}
	}
}
