package local

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/server"
	"beckmanconnect/service/helplogs"
	"beckmanconnect/service/support"
)

// HelpLogs prepares the lines of the instrument's log that may go with a
// request for help.
type HelpLogs interface {
	Prepare(ctx context.Context, account string, around time.Time) (helplogs.Prepared, error)
	Take(account, id, sha256 string) (helplogs.Prepared, error)
	Sent(id string)
}

// PrepareHelpLogs gives back what would be sent, to be looked at. Nothing leaves
// the PC by it.
func (h *Host) PrepareHelpLogs(ctx context.Context, r *hostpb.PrepareHelpLogsRequest) (*hostpb.HelpLogs, error) {
	var around time.Time
	if id := r.GetNotificationId(); id != 0 {
		n, err := h.config.Store.Notification(ctx, id)
		switch {
		case err != nil:
			return nil, h.fail("prepare help logs", err)
		case n == nil:
			return nil, server.Fail(codes.NotFound, codeUnknown, "there is no such notification", "")
		}
		around = n.Last
	}
	if h.config.HelpLogs == nil {
		return &hostpb.HelpLogs{OffCode: helplogs.OffNoLog}, nil
	}
	p, err := h.config.HelpLogs.Prepare(ctx, identity.FromContext(ctx).ID, around)
	if err != nil {
		return nil, h.logsFail("prepare help logs", err)
	}
	return &hostpb.HelpLogs{
		Id: p.ID, Text: p.Text, Sha256: p.SHA256, Lines: uint32(p.Lines), Scrubbed: uint32(p.Scrubbed), OffCode: p.Off,
	}, nil
}

// logsToSend gives what the technician looked at, nil when none are to go. What
// does not fit refuses the whole call: nothing else than what was looked at may
// leave, and not without it being noticed.
func (h *Host) logsToSend(actor identity.Actor, r *hostpb.RequestHelpRequest) (*support.Logs, error) {
	switch {
	case r.GetLogsId() == "" && r.GetLogsSha256() == "":
		return nil, nil
	case h.config.HelpLogs == nil:
		return nil, refuse(helplogs.CodeExpired, "there are no logs to send")
	}
	p, err := h.config.HelpLogs.Take(actor.ID, r.GetLogsId(), r.GetLogsSha256())
	if err != nil {
		return nil, h.logsFail("send help logs", err)
	}
	return &support.Logs{Text: p.Text, Lines: p.Lines, Scrubbed: p.Scrubbed}, nil
}

func (h *Host) logsFail(op string, err error) error {
	var refused *helplogs.Error
	if errors.As(err, &refused) {
		return refuse(refused.Code, refused.Message)
	}
	return h.fail(op, err)
}
