package local

import (
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"beckmanconnect/internal/redact"
	"beckmanconnect/ipc/server"
	"beckmanconnect/service/device"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/relay"
	"beckmanconnect/store"
)

// Codes of refusals that belong to the service's state.
const (
	codeTerms         = "terms-not-accepted"
	codeTermsChanged  = "terms-changed"
	codeNotRead       = "it-requirements-not-read"
	codeLog           = "log-not-writable"
	codeNotRegistered = "not-registered"
	codeRegistered    = "already-registered"
	codeWrongAccount  = "wrong-account"
	codeNotOffered    = "upgrade-not-offered"
	codeSession       = "session-running"
	codeUnknown       = "notification-unknown"
	codeOver          = "notification-over"
	codeSiteQuiet     = "quiet-hours-of-site"
)

func invalid(code, message string) error {
	return server.Fail(codes.InvalidArgument, code, message, "")
}

// refuse: the call is sound, the state does not allow it.
func refuse(code, message string) error {
	return server.Fail(codes.FailedPrecondition, code, message, "")
}

// fail gives an error of a part its form for callers. What is not foreseen is
// logged here and told as "internal": its text may hold what a caller must not
// see.
func (h *Host) fail(op string, err error) error {
	var s interface{ GRPCStatus() *status.Status }
	var published *notify.PublishError
	var registration *device.Error
	if errors.As(err, &s) {
		return err
	}
	if code := relay.Code(err); code != "" {
		return refuse(code, redact.Line(err.Error(), 300))
	}
	switch {
	case errors.As(err, &published) && published.Code == "too-many":
		return server.Fail(codes.ResourceExhausted, published.Code, published.Message, "")
	case errors.As(err, &published):
		return invalid(published.Code, published.Message)
	case errors.Is(err, notify.ErrUnknown):
		return server.Fail(codes.NotFound, codeUnknown, "there is no such notification", "")
	case errors.Is(err, notify.ErrOver):
		return refuse(codeOver, "it is over already")
	case errors.Is(err, notify.ErrSiteQuiet):
		return refuse(codeSiteQuiet, "the site's policy sets the quiet hours")
	case errors.Is(err, notify.ErrQuietHours):
		return invalid("quiet-hours-invalid", "quiet hours go from one minute of the day to another one")
	case errors.As(err, &registration) && registration.Retryable:
		return server.Fail(codes.Unavailable, registration.Code, redact.Line(registration.Error(), 300), "try-again")
	case errors.As(err, &registration):
		return refuse(registration.Code, redact.Line(registration.Error(), 300))
	}
	switch store.KindOf(err) {
	case store.KindDiskFull, store.KindReadOnly, store.KindIO, store.KindLocked, store.KindDamaged:
		h.config.Log.Error("the log cannot be written", "op", op, "error", err)
		return server.Fail(codes.Unavailable, codeLog, "the log cannot be written", "")
	}
	return err // the pipe logs it and says "internal"
}

// plainInitials is what somebody typed as initials or PIN, fit for the log.
func plainInitials(s string) string { return redact.Line(s, 40) }
