package local

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/server"
)

// RequestHelp opens a request and gives the code that the technician reads
// out. Whether help can be asked for at all, the machine's gate says: terms,
// registration, a log that can be written.
func (h *Host) RequestHelp(ctx context.Context, r *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error) {
	alarm := ""
	if id := r.GetNotificationId(); id != 0 {
		n, err := h.config.Store.Notification(ctx, id)
		switch {
		case err != nil:
			return nil, h.fail("request help", err)
		case n == nil:
			return nil, server.Fail(codes.NotFound, codeUnknown, "there is no such notification", "")
		}
		alarm = n.Code
	}
	h.asking.Lock()
	defer h.asking.Unlock()
	actor := identity.FromContext(ctx)
	if waiting := h.config.Support.State().GetRequestId() != ""; waiting && !h.isAsker(actor) {
		return nil, wrongAccount()
	}
	logs, err := h.logsToSend(actor, r)
	if err != nil {
		return nil, err
	}
	reply, err := h.config.Support.RequestHelp(account(actor), r, alarm, logs)
	if err != nil {
		return nil, h.fail("request help", err)
	}
	if logs != nil {
		h.config.HelpLogs.Sent(r.GetLogsId())
	}
	h.asker.Store(&actor)
	h.config.HelpWanted()
	return reply, nil
}

// CancelHelp takes the request back.
func (h *Host) CancelHelp(ctx context.Context, r *hostpb.CancelHelpRequest) (*hostpb.Empty, error) {
	return h.done("cancel help", h.config.Support.CancelHelp(account(identity.FromContext(ctx)), r.GetRequestId()))
}

// AnswerPrompt is the technician's decision, and only that technician's who
// asked for help: a second log-on on the same PC cannot approve (scenario 11).
func (h *Host) AnswerPrompt(ctx context.Context, r *hostpb.AnswerPromptRequest) (*hostpb.Empty, error) {
	actor := identity.FromContext(ctx)
	if r.GetAllow() && !h.isAsker(actor) {
		return nil, wrongAccount()
	}
	r.Initials = plainInitials(r.GetInitials())
	return h.done("answer", h.config.Support.AnswerPrompt(account(actor), r))
}

// RevokeCapability takes back one capability. Whoever may call it may narrow.
func (h *Host) RevokeCapability(ctx context.Context, r *hostpb.RevokeCapabilityRequest) (*hostpb.Empty, error) {
	return h.done("revoke", h.config.Support.RevokeCapability(account(identity.FromContext(ctx)), r.GetCapability()))
}

// ResetCodeTries switches remote support on again after too many wrong codes
// in a row; only IT may (P23).
func (h *Host) ResetCodeTries(ctx context.Context, _ *hostpb.ResetCodeTriesRequest) (*hostpb.Empty, error) {
	return h.done("reset code tries", h.config.Support.ResetTries(account(identity.FromContext(ctx))))
}

// SetPIN gives a technician a PIN of their own, or another one.
func (h *Host) SetPIN(ctx context.Context, r *hostpb.SetPINRequest) (*hostpb.Empty, error) {
	return h.done("set PIN", h.config.Support.SetPIN(account(identity.FromContext(ctx)), r))
}

// RemovePIN takes a forgotten or locked PIN away; only IT may.
func (h *Host) RemovePIN(ctx context.Context, r *hostpb.RemovePINRequest) (*hostpb.Empty, error) {
	return h.done("remove PIN", h.config.Support.RemovePIN(account(identity.FromContext(ctx)), r.GetInitials()))
}

// EndSession ends everything; when it returns nothing more is applied.
func (h *Host) EndSession(ctx context.Context, r *hostpb.EndSessionRequest) (*hostpb.Empty, error) {
	return h.done("end session", h.config.Support.EndSession(account(identity.FromContext(ctx)), r.GetHow()))
}

// SendChat says something to the engineer: from the log-on that asked for help,
// and no other on this PC.
func (h *Host) SendChat(ctx context.Context, r *hostpb.SendChatRequest) (*hostpb.Empty, error) {
	actor := identity.FromContext(ctx)
	if !h.isAsker(actor) {
		return nil, wrongAccount()
	}
	return h.done("send chat", h.config.Support.SendChat(account(actor), r))
}

// HoldSessionBar counts as the session bar while the stream lives.
func (h *Host) HoldSessionBar(r *hostpb.HoldSessionBarRequest, out grpc.ServerStreamingServer[hostpb.Empty]) error {
	if !h.isAsker(identity.FromContext(out.Context())) {
		return wrongAccount()
	}
	if err := h.config.Support.HoldSessionBar(r.GetSessionId(), out); err != nil {
		return h.fail("session bar", err)
	}
	return nil
}

// AttachDesktop is the desktop helper's stream, from the log-on of the
// technician who asked for help.
func (h *Host) AttachDesktop(stream grpc.BidiStreamingServer[hostpb.HelperMessage, hostpb.HelperCommand]) error {
	if !h.isAsker(identity.FromContext(stream.Context())) {
		return wrongAccount()
	}
	if err := h.config.Support.AttachDesktop(stream); err != nil {
		return h.fail("desktop", err)
	}
	return nil
}

func (h *Host) done(op string, err error) (*hostpb.Empty, error) {
	if err != nil {
		return nil, h.fail(op, err)
	}
	return &hostpb.Empty{}, nil
}

func wrongAccount() error {
	return server.Fail(codes.PermissionDenied, codeWrongAccount, "this belongs to the account that asked for help", "")
}
