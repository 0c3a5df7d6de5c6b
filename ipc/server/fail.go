package server

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

// Fail makes the error of a call: a gRPC code for machines, and a detail whose
// code the window program translates, never the text (knowledge: errors as
// text that the UI matches by substring are a mistake of others). action is a
// catalogue key for what the person can do, or empty.
func Fail(c codes.Code, code, message, action string) error {
	return withDetail(status.New(c, message), &hostpb.ErrorDetail{
		Code: code, Message: message, Action: action, Retryable: retryable(c),
	})
}

// retryable: the same call may work later without anybody changing anything.
func retryable(c codes.Code) bool {
	return c == codes.Unavailable || c == codes.ResourceExhausted || c == codes.DeadlineExceeded || c == codes.Aborted
}

func withDetail(s *status.Status, d *hostpb.ErrorDetail) error {
	detailed, err := s.WithDetails(d)
	if err != nil { // only for codes.OK, which is no failure
		return s.Err()
	}
	return detailed.Err()
}

// stopping is what calls end with when the server goes away under them.
func stopping() error {
	return Fail(codes.Unavailable, protocol.CodeUnavailable, "the service is stopping", "")
}

// normalise gives every error of a handler a status and a detail. The text of
// an unforeseen error stays in the log: it may hold what a caller must not see.
func normalise(err error) (out error, unforeseen bool) {
	if err == nil {
		return nil, false
	}
	if s, ok := status.FromError(err); ok {
		if len(s.Details()) > 0 {
			return s.Err(), false
		}
		code, known := plainCodes[s.Code()]
		if !known {
			return Fail(codes.Internal, protocol.CodeInternal, "the service failed", ""), true
		}
		return Fail(s.Code(), code, s.Message(), ""), false
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Fail(codes.DeadlineExceeded, protocol.CodeTimeout, "the call took too long", ""), false
	case errors.Is(err, context.Canceled):
		return Fail(codes.Canceled, protocol.CodeCancelled, "the call was cancelled", ""), false
	}
	return Fail(codes.Internal, protocol.CodeInternal, "the service failed", ""), true
}

var plainCodes = map[codes.Code]string{
	codes.InvalidArgument:    protocol.CodeInvalidRequest,
	codes.ResourceExhausted:  protocol.CodeTooLarge,
	codes.PermissionDenied:   protocol.CodeNotPermitted,
	codes.Unauthenticated:    protocol.CodeUnknownCaller,
	codes.Unimplemented:      protocol.CodeUnknownMethod,
	codes.DeadlineExceeded:   protocol.CodeTimeout,
	codes.Canceled:           protocol.CodeCancelled,
	codes.Unavailable:        protocol.CodeUnavailable,
	codes.NotFound:           protocol.CodeInvalidRequest,
	codes.FailedPrecondition: protocol.CodeInvalidRequest,
}
