package server

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/protocol"
)

// Config makes the server of the host pipe.
type Config struct {
	// Host does the work. Its Hello is never called: Hello belongs to the
	// connection and is answered here.
	Host hostpb.HostServer
	// Greeted is told of every connection that was opened, before its caller is;
	// ctx names who it is. It may be nil.
	Greeted func(ctx context.Context, program string)
	Version string // of the service
	Epoch   string // made with the database
	Log     *slog.Logger

	Rules    identity.Rules
	Limits   Limits
	Protocol Range
	Identify func(net.Conn) (*identity.Peer, error) // tests only
}

// New makes the server of the host pipe.
func New(c Config) (*Server, error) {
	if c.Host == nil || c.Version == "" || c.Epoch == "" {
		return nil, errors.New("ipc server: Host, Version and Epoch are needed")
	}
	greeter := &hostWithHello{HostServer: c.Host, config: c}
	return NewWith(Options{
		Register:       func(r grpc.ServiceRegistrar) { hostpb.RegisterHostServer(r, greeter) },
		Authorize:      AuthorizeHost,
		Hello:          hostpb.Host_Hello_FullMethodName,
		PictureMethods: []string{hostpb.Host_AttachDesktop_FullMethodName},
		Log:            c.Log, Rules: c.Rules, Limits: c.Limits, Identify: c.Identify,
	})
}

type hostWithHello struct {
	hostpb.HostServer
	config Config
}

func (h *hostWithHello) Hello(ctx context.Context, r *hostpb.HelloRequest) (*hostpb.HelloReply, error) {
	agreed, err := Greet(ctx, h.config.Protocol, Greeting{
		Oldest: r.GetMinProtocol(), Newest: r.GetMaxProtocol(), Program: r.GetProgram(), Version: r.GetVersion(),
	})
	if err != nil {
		return nil, err
	}
	if h.config.Greeted != nil {
		h.config.Greeted(ctx, r.GetProgram())
	}
	return &hostpb.HelloReply{
		Protocol: agreed, Version: h.config.Version, Epoch: h.config.Epoch,
		Roles: identity.FromContext(ctx).Roles.Names(),
	}, nil
}

const (
	either = identity.Technician | identity.IT
	tech   = identity.Technician
	itOnly = identity.IT
)

// hostRoles is the table of scenario 4: every call and who may make it. What
// approves, asks for help or speaks for the lab is the technician's alone
// (P24, B2): an administrator may look, and may end and narrow, but not grant.
var hostRoles = map[string]identity.Roles{
	hostpb.Host_GetStatus_FullMethodName:               either,
	hostpb.Host_Watch_FullMethodName:                   either,
	hostpb.Host_Show_FullMethodName:                    either,
	hostpb.Host_GetTerms_FullMethodName:                either,
	hostpb.Host_AcceptTerms_FullMethodName:             either,
	hostpb.Host_Register_FullMethodName:                either,
	hostpb.Host_ListNotifications_FullMethodName:       either,
	hostpb.Host_AcknowledgeNotification_FullMethodName: tech,
	hostpb.Host_PublishNotification_FullMethodName:     either,
	hostpb.Host_RequestHelp_FullMethodName:             tech,
	hostpb.Host_CancelHelp_FullMethodName:              either,
	hostpb.Host_AnswerPrompt_FullMethodName:            tech,
	hostpb.Host_RevokeCapability_FullMethodName:        either,
	hostpb.Host_EndSession_FullMethodName:              either,
	hostpb.Host_ResetCodeTries_FullMethodName:          itOnly,
	hostpb.Host_SetPIN_FullMethodName:                  tech,
	hostpb.Host_RemovePIN_FullMethodName:               itOnly,
	hostpb.Host_HoldSessionBar_FullMethodName:          tech,
	hostpb.Host_WatchPreview_FullMethodName:            tech,
	hostpb.Host_AcceptUpgrade_FullMethodName:           either,
	hostpb.Host_PostponeUpgrade_FullMethodName:         either,
	hostpb.Host_CancelUpgrade_FullMethodName:           either,
	hostpb.Host_CheckUpgrades_FullMethodName:           either,
	hostpb.Host_ListActivity_FullMethodName:            either,
	hostpb.Host_GetActivity_FullMethodName:             either,
	hostpb.Host_ExportLog_FullMethodName:               either,
	hostpb.Host_GetLog_FullMethodName:                  either,
	hostpb.Host_ArchiveLog_FullMethodName:              itOnly,
	hostpb.Host_BackupLog_FullMethodName:               itOnly,
	hostpb.Host_RotateKeys_FullMethodName:              itOnly,
	hostpb.Host_ErasePerson_FullMethodName:             itOnly,
	hostpb.Host_RenewDevice_FullMethodName:             itOnly,
	hostpb.Host_ExplainPolicy_FullMethodName:           either,
	hostpb.Host_AttachDesktop_FullMethodName:           tech,
	hostpb.Host_HandleFiles_FullMethodName:             tech,
	hostpb.Host_SendChat_FullMethodName:                tech,
	hostpb.Host_GetNotification_FullMethodName:         either,
	hostpb.Host_SeenNotifications_FullMethodName:       tech,
	hostpb.Host_ShelveNotification_FullMethodName:      tech,
	hostpb.Host_UnshelveNotification_FullMethodName:    tech,
	hostpb.Host_TestAlarm_FullMethodName:               either,
	hostpb.Host_GetHandover_FullMethodName:             either,
	hostpb.Host_WriteHandover_FullMethodName:           tech,
	hostpb.Host_ListOffenders_FullMethodName:           either,
	hostpb.Host_SetQuietHours_FullMethodName:           either,
	hostpb.Host_PrepareHelpLogs_FullMethodName:         tech,
	hostpb.Host_OfferProxy_FullMethodName:              tech,
}

// AuthorizeHost is the host pipe's table. A method without a row is nobody's.
func AuthorizeHost(method string, a identity.Actor) error {
	if a.Roles.Any(hostRoles[method]) {
		return nil
	}
	return Fail(codes.PermissionDenied, protocol.CodeNotPermitted, "this account may not do that", "")
}
