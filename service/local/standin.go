package local

import (
	"context"

	"google.golang.org/grpc"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/device"
)

// StandIn is a Host on a store that stands in for the log, whose keys cannot be
// used. Alarms can be read and acknowledged and the record be exported; whatever
// would have to be remembered, or changes keys, log or identity, is refused.
type StandIn struct{ *Host }

func standsIn() error {
	return refuse("device-"+device.StateKeysAway, "the keys of this PC cannot be used at the moment; nothing was changed")
}

func (StandIn) AcceptTerms(context.Context, *hostpb.AcceptTermsRequest) (*hostpb.Empty, error) {
	return nil, standsIn()
}

func (StandIn) Register(context.Context, *hostpb.RegisterRequest) (*hostpb.Registration, error) {
	return nil, standsIn()
}

func (StandIn) RenewDevice(context.Context, *hostpb.RenewDeviceRequest) (*hostpb.Empty, error) {
	return nil, standsIn()
}

func (StandIn) RequestHelp(context.Context, *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error) {
	return nil, standsIn()
}

func (StandIn) WriteHandover(context.Context, *hostpb.WriteHandoverRequest) (*hostpb.Handover, error) {
	return nil, standsIn()
}

func (StandIn) SetQuietHours(context.Context, *hostpb.SetQuietHoursRequest) (*hostpb.QuietHours, error) {
	return nil, standsIn()
}

func (StandIn) SetPIN(context.Context, *hostpb.SetPINRequest) (*hostpb.Empty, error) {
	return nil, standsIn()
}

func (StandIn) RemovePIN(context.Context, *hostpb.RemovePINRequest) (*hostpb.Empty, error) {
	return nil, standsIn()
}

func (StandIn) ResetCodeTries(context.Context, *hostpb.ResetCodeTriesRequest) (*hostpb.Empty, error) {
	return nil, standsIn()
}

func (StandIn) AcceptUpgrade(context.Context, *hostpb.AcceptUpgradeRequest) (*hostpb.Upgrade, error) {
	return nil, standsIn()
}

func (StandIn) ArchiveLog(context.Context, *hostpb.ArchiveLogRequest) (*hostpb.LogArchive, error) {
	return nil, standsIn()
}

func (StandIn) BackupLog(*hostpb.BackupLogRequest, grpc.ServerStreamingServer[hostpb.ExportPiece]) error {
	return standsIn()
}

func (StandIn) RotateKeys(*hostpb.RotateKeysRequest, grpc.ServerStreamingServer[hostpb.RotateProgress]) error {
	return standsIn()
}

func (StandIn) ErasePerson(context.Context, *hostpb.ErasePersonRequest) (*hostpb.Erasure, error) {
	return nil, standsIn()
}
