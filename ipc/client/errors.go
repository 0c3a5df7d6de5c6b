package client

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
)

// callError is a failed call with a detail of its own and the local cause, for
// errors.Is (pipe.ErrNotRunning, protocol.Incompatible).
type callError struct {
	status *status.Status
	cause  error
}

func (e *callError) Error() string              { return e.status.Message() }
func (e *callError) GRPCStatus() *status.Status { return e.status }
func (e *callError) Unwrap() error              { return e.cause }

func failure(c codes.Code, code, message, action string, cause error) error {
	s, err := status.New(c, message).WithDetails(&hostpb.ErrorDetail{
		Code: code, Message: message, Action: action, Retryable: c == codes.Unavailable || c == codes.ResourceExhausted,
	})
	if err != nil {
		return err
	}
	return &callError{status: s, cause: cause}
}

// Detail returns what went wrong with a call, in the form the service uses
// itself; nil for a nil error. Code is always set.
func Detail(err error) *hostpb.ErrorDetail {
	if err == nil {
		return nil
	}
	if s, ok := status.FromError(err); ok {
		for _, d := range s.Details() {
			if detail, ok := d.(*hostpb.ErrorDetail); ok {
				return detail
			}
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), status.Code(err) == codes.DeadlineExceeded:
		return &hostpb.ErrorDetail{Code: protocol.CodeTimeout, Message: err.Error(), Retryable: true}
	case errors.Is(err, context.Canceled), status.Code(err) == codes.Canceled:
		return &hostpb.ErrorDetail{Code: protocol.CodeCancelled, Message: err.Error()}
	case status.Code(err) == codes.Unavailable:
		return &hostpb.ErrorDetail{Code: protocol.CodeUnavailable, Message: err.Error(), Retryable: true}
	case status.Code(err) == codes.ResourceExhausted:
		return &hostpb.ErrorDetail{Code: protocol.CodeTooLarge, Message: err.Error()}
	case status.Code(err) == codes.Unimplemented:
		return &hostpb.ErrorDetail{Code: protocol.CodeUnknownMethod, Message: err.Error()}
	}
	return &hostpb.ErrorDetail{Code: protocol.CodeInternal, Message: err.Error()}
}

// Code is Detail(err).Code, empty for nil.
func Code(err error) string { return Detail(err).GetCode() }

// Incompatible says which side is too old, if that is why a call failed.
func Incompatible(err error) (old protocol.Side, ok bool) {
	d := Detail(err)
	switch {
	case d.GetCode() != protocol.CodeIncompatible:
		return 0, false
	case d.GetAction() == protocol.ActionUpgradeService:
		return protocol.Server, true
	}
	return protocol.Caller, true
}

// ended says that the service stops where gRPC says that a stream was cancelled
// and nobody here did: a service that stops while it reads from a stream has
// gRPC answer for it, in gRPC's words alone.
func (l *link) ended(ctx context.Context, err error) error {
	if s, ok := status.FromError(err); !ok || s.Code() != codes.Canceled || len(s.Details()) > 0 || ctx.Err() != nil || l.closed.Load() {
		return err
	}
	return failure(codes.Unavailable, protocol.CodeUnavailable, "the service is stopping", "", err)
}

// explain puts the reason why there is no connection in the place of gRPC's
// "connection error".
func (l *link) explain(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if s, ok := status.FromError(err); ok && len(s.Details()) > 0 {
		return err // the service said it itself
	}
	if status.Code(err) != codes.Unavailable && status.Code(err) != codes.DeadlineExceeded {
		return err
	}
	l.mu.Lock()
	cause := l.cause
	l.mu.Unlock()
	switch {
	case cause == nil:
		return err
	case errors.Is(cause, pipe.ErrUntrusted):
		return failure(codes.Unauthenticated, protocol.CodeUntrusted, cause.Error(), "", cause)
	case errors.Is(cause, pipe.ErrNotAdmitted):
		return failure(codes.PermissionDenied, protocol.CodeNotPermitted, cause.Error(), "", cause)
	case errors.Is(cause, errTooMany):
		return failure(codes.ResourceExhausted, protocol.CodeTooMany, cause.Error(), "", cause)
	case errors.Is(cause, errUnknownCaller):
		return failure(codes.Unauthenticated, protocol.CodeUnknownCaller, cause.Error(), "", cause)
	}
	return failure(codes.Unavailable, protocol.CodeUnavailable, cause.Error(), "", cause)
}
