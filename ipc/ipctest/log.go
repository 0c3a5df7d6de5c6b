package ipctest

import (
	"context"

	"google.golang.org/grpc"

	"beckmanconnect/ipc/hostpb"
)

// LogHandlers are the answers to the calls about the log and the keys.
type LogHandlers struct {
	GetActivity func(context.Context, *hostpb.GetActivityRequest) (*hostpb.ActivityDetail, error)
	ExportLog   func(*hostpb.ExportLogRequest, grpc.ServerStreamingServer[hostpb.ExportPiece]) error
	GetLog      func(context.Context, *hostpb.GetLogRequest) (*hostpb.LogDetail, error)
	ArchiveLog  func(context.Context, *hostpb.ArchiveLogRequest) (*hostpb.LogArchive, error)
	BackupLog   func(*hostpb.BackupLogRequest, grpc.ServerStreamingServer[hostpb.ExportPiece]) error
	RotateKeys  func(*hostpb.RotateKeysRequest, grpc.ServerStreamingServer[hostpb.RotateProgress]) error
	ErasePerson func(context.Context, *hostpb.ErasePersonRequest) (*hostpb.Erasure, error)
	RenewDevice func(context.Context, *hostpb.RenewDeviceRequest) (*hostpb.Empty, error)
}

func (h *Host) GetActivity(ctx context.Context, r *hostpb.GetActivityRequest) (*hostpb.ActivityDetail, error) {
	return handle(ctx, h.note(ctx, "GetActivity", r).GetActivity, r, nil)
}

func (h *Host) ExportLog(r *hostpb.ExportLogRequest, s grpc.ServerStreamingServer[hostpb.ExportPiece]) error {
	if f := h.note(s.Context(), "ExportLog", r).ExportLog; f != nil {
		return f(r, s)
	}
	return nil
}

func (h *Host) GetLog(ctx context.Context, r *hostpb.GetLogRequest) (*hostpb.LogDetail, error) {
	return handle(ctx, h.note(ctx, "GetLog", r).GetLog, r, nil)
}

func (h *Host) ArchiveLog(ctx context.Context, r *hostpb.ArchiveLogRequest) (*hostpb.LogArchive, error) {
	return handle(ctx, h.note(ctx, "ArchiveLog", r).ArchiveLog, r, nil)
}

func (h *Host) BackupLog(r *hostpb.BackupLogRequest, s grpc.ServerStreamingServer[hostpb.ExportPiece]) error {
	if f := h.note(s.Context(), "BackupLog", r).BackupLog; f != nil {
		return f(r, s)
	}
	return nil
}

func (h *Host) RotateKeys(r *hostpb.RotateKeysRequest, s grpc.ServerStreamingServer[hostpb.RotateProgress]) error {
	if f := h.note(s.Context(), "RotateKeys", r).RotateKeys; f != nil {
		return f(r, s)
	}
	return nil
}

func (h *Host) ErasePerson(ctx context.Context, r *hostpb.ErasePersonRequest) (*hostpb.Erasure, error) {
	return handle(ctx, h.note(ctx, "ErasePerson", r).ErasePerson, r, nil)
}

func (h *Host) RenewDevice(ctx context.Context, r *hostpb.RenewDeviceRequest) (*hostpb.Empty, error) {
	return handle(ctx, h.note(ctx, "RenewDevice", r).RenewDevice, r, nil)
}
