package eventlog

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/redact"
)

// Syslog's own (RFC 5424): facility "log audit"; and the number of RFC 5612 for
// names of structured data that nobody registered.
const (
	facility   = 13
	enterprise = "@32473"
	appName    = "beckmanconnect-cloud"
)

// checkpointKind is what a checkpoint is called where events go; it is no event.
const checkpointKind = "log.checkpoint"

// syslogOut sends over TLS with octet counting (RFC 5425). Syslog confirms
// nothing, so a batch is a connection of its own: once the other end has closed
// it in answer to our close it has read everything before. What is not
// confirmed in this way is sent again.
type syslogOut struct {
	dialer  *tls.Dialer
	address string
	host    string // of ours
}

func (o *syslogOut) send(ctx context.Context, list []data.Event, checkpoint string) error {
	conn, err := o.dialer.DialContext(ctx, "tcp", o.address)
	if err != nil {
		return fmt.Errorf("events: SIEM: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	var b []byte
	for _, e := range list {
		b = appendCounted(b, appendSyslog(nil, o.host, e))
	}
	if checkpoint != "" {
		b = appendCounted(b, checkpointSyslog(o.host, checkpoint, time.Now()))
	}
	if _, err := conn.Write(b); err != nil {
		return fmt.Errorf("events: SIEM: %w", err)
	}
	if err := conn.(*tls.Conn).CloseWrite(); err != nil {
		return fmt.Errorf("events: SIEM: %w", err)
	}
	// A receiver says nothing; it ends the connection when it has read ours.
	n, err := conn.Read(make([]byte, 1))
	if n > 0 || !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("events: SIEM: not confirmed: %w", errors.Join(err, ctx.Err()))
	}
	return nil
}

func appendCounted(b, message []byte) []byte {
	b = strconv.AppendInt(b, int64(len(message)), 10)
	b = append(b, ' ')
	return append(b, message...)
}

// appendSyslog writes an event as RFC 5424 wants it.
func appendSyslog(b []byte, host string, e data.Event) []byte {
	b = header(b, host, e.Severity, time.UnixMilli(e.AtMS), e.Kind)
	b = append(b, "[event"+enterprise...)
	for _, p := range [][2]string{{"seq", strconv.FormatInt(e.Seq, 10)}, {"region", e.Region}, {"device", e.Device}, {"request", e.Request}, {"actor", e.Personal.Actor}, {"address", e.Personal.Address}} {
		if p[1] != "" {
			b = param(b, p[0], p[1])
		}
	}
	b = append(b, ']')
	if len(e.Personal.Fields) > 0 {
		b = append(b, "[fields"+enterprise...)
		for _, name := range slices.Sorted(maps.Keys(e.Personal.Fields)) {
			b = param(b, name, e.Personal.Fields[name])
		}
		b = append(b, ']')
	}
	b = append(b, " \ufeff"...) // the text is UTF-8
	return append(b, word(e.Kind, 32)...)
}

func checkpointSyslog(host, text string, at time.Time) []byte {
	b := header(nil, host, int(events.Info), at, checkpointKind)
	b = append(b, "[checkpoint"+enterprise...)
	b = param(b, "note64", base64.StdEncoding.EncodeToString([]byte(text)))
	return append(b, "] \ufeff"+checkpointKind...)
}

func header(b []byte, host string, severity int, at time.Time, kind string) []byte {
	if severity < 0 || severity > 7 {
		severity = int(events.Notice)
	}
	return fmt.Appendf(b, "<%d>1 %s %s %s - %s ", facility*8+severity, at.UTC().Format("2006-01-02T15:04:05.000Z"), word(hostName(host), 255), appName, word(kind, 32))
}

func hostName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return host
}

// word keeps to what a field of the header may hold: printable ASCII without
// spaces.
func word(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), limit)]
}

var (
	escapeValue = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`)
	escapeName  = strings.NewReplacer("=", "_", "]", "_", `"`, "_")
)

// param writes one name and value of structured data. The value is one line:
// whatever a device or a person put into it ends no message and begins none.
func param(b []byte, name, value string) []byte {
	b = append(b, ' ')
	b = append(b, escapeName.Replace(word(name, 32))...)
	b = append(b, `="`...)
	b = append(b, escapeValue.Replace(redact.Line(value, 2000))...)
	return append(b, '"')
}
