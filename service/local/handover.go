package local

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"beckmanconnect/internal/redact"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/notify"
)

// maxNote is the longest note for the next shift, in characters.
const maxNote = 2000

// GetHandover gives what the next shift needs to know (B9).
func (h *Host) GetHandover(ctx context.Context, _ *hostpb.GetHandoverRequest) (*hostpb.Handover, error) {
	handover, err := h.config.Alarms.Handover(ctx)
	if err != nil {
		return nil, h.fail("handover", err)
	}
	reply := &hostpb.Handover{
		Note: handover.Note.Text, By: handover.Note.By, Open: protos(handover.Open), Shelved: protos(handover.Shelved),
		Raised: uint32(handover.Raised), Cleared: uint32(handover.Cleared),
	}
	if !handover.Note.At.IsZero() {
		reply.UnixMs = handover.Note.At.UnixMilli()
	}
	return reply, nil
}

// WriteHandover keeps a note for the next shift.
func (h *Host) WriteHandover(ctx context.Context, r *hostpb.WriteHandoverRequest) (*hostpb.Handover, error) {
	note := cleanLines(r.GetNote())
	if utf8.RuneCountInString(note) > maxNote {
		return nil, invalid("note-too-long", "a note has at most 2,000 characters")
	}
	who, err := h.acting(ctx, r.GetInitials(), r.GetPin())
	if err != nil {
		return nil, err
	}
	if err := h.config.Alarms.WriteHandover(ctx, note, who); err != nil {
		return nil, h.fail("handover", err)
	}
	return h.GetHandover(ctx, nil)
}

// cleanLines makes each line of a typed text inert, and keeps the lines.
func cleanLines(s string) string {
	if len(s) > 8*maxNote { // longer than it may be, whatever it holds
		return strings.Repeat("x", maxNote+1)
	}
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = redact.Line(line, maxNote+1)
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// ListOffenders gives a month's list of what was raised most often.
func (h *Host) ListOffenders(ctx context.Context, r *hostpb.ListOffendersRequest) (*hostpb.Offenders, error) {
	now := h.config.Alarms.Now()
	year, month := int(r.GetYear()), time.Month(r.GetMonth())
	switch {
	case r.GetYear() == 0 && r.GetMonth() == 0:
		year, month = now.Year(), now.Month()
	case year < 2000 || year > 9999 || month < time.January || month > time.December:
		return nil, invalid("month-invalid", "there is no such month")
	}
	list, err := h.config.Alarms.Offenders(ctx, year, month)
	if err != nil {
		return nil, h.fail("offenders", err)
	}
	reply := &hostpb.Offenders{Year: uint32(year), Month: uint32(month)}
	for _, o := range list {
		row := &hostpb.Offender{
			Code: o.Code, Subject: o.Subject, Severity: notify.Severity(o.Severity), Raised: uint32(o.Raised), Repeats: o.Repeats,
			OpenMs: o.Open.Milliseconds(), UnacknowledgedMs: o.Unacknowledged.Milliseconds(), Texts: notify.Texts(o.Texts),
		}
		reply.Rows = append(reply.Rows, row)
	}
	return reply, nil
}
