package ipctest

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
)

// Call is one call that reached the host.
type Call struct {
	Method  string // "AnswerPrompt"
	Actor   identity.Actor
	Program string
	Request proto.Message
}

// Handlers are the answers a test gives. Nil: an empty reply of the right
// type, or what the fixture was told (SetStatus).
type Handlers struct {
	GetStatus               func(context.Context, *hostpb.GetStatusRequest) (*hostpb.Status, error)
	Show                    func(context.Context, *hostpb.ShowRequest) (*hostpb.ShowReply, error)
	GetTerms                func(context.Context, *hostpb.GetTermsRequest) (*hostpb.Terms, error)
	AcceptTerms             func(context.Context, *hostpb.AcceptTermsRequest) (*hostpb.Empty, error)
	Register                func(context.Context, *hostpb.RegisterRequest) (*hostpb.Registration, error)
	ListNotifications       func(context.Context, *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error)
	AcknowledgeNotification func(context.Context, *hostpb.AcknowledgeNotificationRequest) (*hostpb.Notification, error)
	PublishNotification     func(context.Context, *hostpb.PublishNotificationRequest) (*hostpb.Notification, error)
	RequestHelp             func(context.Context, *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error)
	CancelHelp              func(context.Context, *hostpb.CancelHelpRequest) (*hostpb.Empty, error)
	AnswerPrompt            func(context.Context, *hostpb.AnswerPromptRequest) (*hostpb.Empty, error)
	RevokeCapability        func(context.Context, *hostpb.RevokeCapabilityRequest) (*hostpb.Empty, error)
	EndSession              func(context.Context, *hostpb.EndSessionRequest) (*hostpb.Empty, error)
	ResetCodeTries          func(context.Context, *hostpb.ResetCodeTriesRequest) (*hostpb.Empty, error)
	SetPIN                  func(context.Context, *hostpb.SetPINRequest) (*hostpb.Empty, error)
	RemovePIN               func(context.Context, *hostpb.RemovePINRequest) (*hostpb.Empty, error)
	AcceptUpgrade           func(context.Context, *hostpb.AcceptUpgradeRequest) (*hostpb.Upgrade, error)
	PostponeUpgrade         func(context.Context, *hostpb.PostponeUpgradeRequest) (*hostpb.Upgrade, error)
	CancelUpgrade           func(context.Context, *hostpb.CancelUpgradeRequest) (*hostpb.Upgrade, error)
	CheckUpgrades           func(context.Context, *hostpb.CheckUpgradesRequest) (*hostpb.Upgrade, error)
	ListActivity            func(context.Context, *hostpb.ListActivityRequest) (*hostpb.ActivityPage, error)
	ExplainPolicy           func(context.Context, *hostpb.ExplainPolicyRequest) (*hostpb.PolicyExplanation, error)
	HoldSessionBar          func(*hostpb.HoldSessionBarRequest, grpc.ServerStreamingServer[hostpb.Empty]) error
	WatchPreview            func(*hostpb.WatchPreviewRequest, grpc.ServerStreamingServer[hostpb.Preview]) error
	AttachDesktop           func(grpc.BidiStreamingServer[hostpb.HelperMessage, hostpb.HelperCommand]) error
	HandleFiles             func(grpc.BidiStreamingServer[hostpb.FilesMessage, hostpb.FilesCommand]) error
	SendChat                func(context.Context, *hostpb.SendChatRequest) (*hostpb.Empty, error)
	GetNotification         func(context.Context, *hostpb.GetNotificationRequest) (*hostpb.NotificationDetail, error)
	SeenNotifications       func(context.Context, *hostpb.SeenNotificationsRequest) (*hostpb.Empty, error)
	ShelveNotification      func(context.Context, *hostpb.ShelveNotificationRequest) (*hostpb.Notification, error)
	UnshelveNotification    func(context.Context, *hostpb.UnshelveNotificationRequest) (*hostpb.Notification, error)
	TestAlarm               func(context.Context, *hostpb.TestAlarmRequest) (*hostpb.Notification, error)
	GetHandover             func(context.Context, *hostpb.GetHandoverRequest) (*hostpb.Handover, error)
	WriteHandover           func(context.Context, *hostpb.WriteHandoverRequest) (*hostpb.Handover, error)
	ListOffenders           func(context.Context, *hostpb.ListOffendersRequest) (*hostpb.Offenders, error)
	SetQuietHours           func(context.Context, *hostpb.SetQuietHoursRequest) (*hostpb.QuietHours, error)
	PrepareHelpLogs         func(context.Context, *hostpb.PrepareHelpLogsRequest) (*hostpb.HelpLogs, error)
	OfferProxy              func(context.Context, *hostpb.OfferProxyRequest) (*hostpb.Empty, error)
	LogHandlers
}

// Host is a host whose answers the test decides and whose calls it can see.
type Host struct {
	hostpb.UnimplementedHostServer
	hub *server.Hub // of this run; changes only while nothing is served

	mu       sync.Mutex
	handlers Handlers
	status   *hostpb.Status
	calls    []Call
}

func newHost() *Host {
	return &Host{status: &hostpb.Status{Version: Version, Epoch: Epoch}}
}

// Handle changes the answers.
func (h *Host) Handle(change func(*Handlers)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.handlers)
}

// Calls returns the calls so far, of these methods if any are named.
func (h *Host) Calls(methods ...string) []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []Call
	for _, c := range h.calls {
		if len(methods) == 0 || slices.Contains(methods, c.Method) {
			out = append(out, c)
		}
	}
	return out
}

func (h *Host) setStatus(s *hostpb.Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = proto.CloneOf(s)
}

// note records a call and returns the handlers of this moment.
func (h *Host) note(ctx context.Context, method string, r proto.Message) Handlers {
	caller := server.CallerFrom(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	if r != nil {
		r = proto.Clone(r)
	}
	h.calls = append(h.calls, Call{Method: method, Actor: caller.Actor, Program: caller.Program, Request: r})
	return h.handlers
}

// handle answers with the test's handler, or with otherwise.
func handle[Q, A any](ctx context.Context, f func(context.Context, *Q) (*A, error), r *Q, otherwise func() *A) (*A, error) {
	switch {
	case f != nil:
		return f(ctx, r)
	case otherwise != nil:
		return otherwise(), nil
	}
	return new(A), nil
}

func (h *Host) GetStatus(ctx context.Context, r *hostpb.GetStatusRequest) (*hostpb.Status, error) {
	return handle(ctx, h.note(ctx, "GetStatus", r).GetStatus, r, func() *hostpb.Status {
		h.mu.Lock()
		defer h.mu.Unlock()
		return proto.CloneOf(h.status)
	})
}

func (h *Host) Watch(r *hostpb.WatchRequest, s grpc.ServerStreamingServer[hostpb.Event]) error {
	h.note(s.Context(), "Watch", r)
	return h.hub.Watch(r, s)
}

func (h *Host) Show(ctx context.Context, r *hostpb.ShowRequest) (*hostpb.ShowReply, error) {
	return handle(ctx, h.note(ctx, "Show", r).Show, r, func() *hostpb.ShowReply {
		h.hub.Publish(&hostpb.Event{Body: &hostpb.Event_Show{Show: r}})
		return &hostpb.ShowReply{Windows: uint32(h.hub.Count(protocol.Window))}
	})
}

func (h *Host) GetTerms(ctx context.Context, r *hostpb.GetTermsRequest) (*hostpb.Terms, error) {
	return handle(ctx, h.note(ctx, "GetTerms", r).GetTerms, r, nil)
}

func (h *Host) AcceptTerms(ctx context.Context, r *hostpb.AcceptTermsRequest) (*hostpb.Empty, error) {
	return handle(ctx, h.note(ctx, "AcceptTerms", r).AcceptTerms, r, nil)
}

func (h *Host) Register(ctx context.Context, r *hostpb.RegisterRequest) (*hostpb.Registration, error) {
	return handle(ctx, h.note(ctx, "Register", r).Register, r, nil)
}

func (h *Host) ListNotifications(ctx context.Context, r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
	return handle(ctx, h.note(ctx, "ListNotifications", r).ListNotifications, r, nil)
}

func (h *Host) AcknowledgeNotification(ctx context.Context, r *hostpb.AcknowledgeNotificationRequest) (*hostpb.Notification, error) {
	return handle(ctx, h.note(ctx, "AcknowledgeNotification", r).AcknowledgeNotification, r, nil)
}

func (h *Host) PublishNotification(ctx context.Context, r *hostpb.PublishNotificationRequest) (*hostpb.Notification, error) {
	return handle(ctx, h.note(ctx, "PublishNotification", r).PublishNotification, r, nil)
}

func (h *Host) RequestHelp(ctx context.Context, r *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error) {
	return handle(ctx, h.note(ctx, "RequestHelp", r).RequestHelp, r, nil)
}

func (h *Host) CancelHelp(ctx context.Context, r *hostpb.CancelHelpRequest) (*hostpb.Empty, error) {
	return handle(ctx, h.note(ctx, "CancelHelp", r).CancelHelp, r, nil)
}

func (h *Host) AnswerPrompt(ctx context.Context, r *hostpb.AnswerPromptRequest) (*hostpb.Empty, error) {
	return handle(ctx, h.note(ctx, "AnswerPrompt", r).AnswerPrompt, r, nil)
}

func (h *Host) RevokeCapability(ctx context.Context, r *hostpb.RevokeCapabilityRequest) (*hostpb.Empty, error) {
	return handle(ctx, h.note(ctx, "RevokeCapability", r).RevokeCapability, r, nil)
}

func (h *Host) EndSession(ctx context.Context, r *hostpb.EndSessionRequest) (*hostpb.Empty, error) {
	return handle(ctx, h.note(ctx, "EndSession", r).EndSession, r, nil)
}

func (h *Host) AcceptUpgrade(ctx context.Context, r *hostpb.AcceptUpgradeRequest) (*hostpb.Upgrade, error) {
	return handle(ctx, h.note(ctx, "AcceptUpgrade", r).AcceptUpgrade, r, nil)
}

func (h *Host) PostponeUpgrade(ctx context.Context, r *hostpb.PostponeUpgradeRequest) (*hostpb.Upgrade, error) {
	return handle(ctx, h.note(ctx, "PostponeUpgrade", r).PostponeUpgrade, r, nil)
}

func (h *Host) CancelUpgrade(ctx context.Context, r *hostpb.CancelUpgradeRequest) (*hostpb.Upgrade, error) {
	return handle(ctx, h.note(ctx, "CancelUpgrade", r).CancelUpgrade, r, nil)
}

func (h *Host) CheckUpgrades(ctx context.Context, r *hostpb.CheckUpgradesRequest) (*hostpb.Upgrade, error) {
	return handle(ctx, h.note(ctx, "CheckUpgrades", r).CheckUpgrades, r, nil)
}

func (h *Host) ListActivity(ctx context.Context, r *hostpb.ListActivityRequest) (*hostpb.ActivityPage, error) {
	return handle(ctx, h.note(ctx, "ListActivity", r).ListActivity, r, nil)
}

func (h *Host) ExplainPolicy(ctx context.Context, r *hostpb.ExplainPolicyRequest) (*hostpb.PolicyExplanation, error) {
	return handle(ctx, h.note(ctx, "ExplainPolicy", r).ExplainPolicy, r, nil)
}

func (h *Host) ResetCodeTries(ctx context.Context, r *hostpb.ResetCodeTriesRequest) (*hostpb.Empty, error) {
	return handle(ctx, h.note(ctx, "ResetCodeTries", r).ResetCodeTries, r, nil)
}

func (h *Host) SetPIN(ctx context.Context, r *hostpb.SetPINRequest) (*hostpb.Empty, error) {
	return handle(ctx, h.note(ctx, "SetPIN", r).SetPIN, r, nil)
}

func (h *Host) RemovePIN(ctx context.Context, r *hostpb.RemovePINRequest) (*hostpb.Empty, error) {
	return handle(ctx, h.note(ctx, "RemovePIN", r).RemovePIN, r, nil)
}

// WatchPreview shows nothing until the caller lets go, unless the test says else.
func (h *Host) WatchPreview(r *hostpb.WatchPreviewRequest, s grpc.ServerStreamingServer[hostpb.Preview]) error {
	if f := h.note(s.Context(), "WatchPreview", r).WatchPreview; f != nil {
		return f(r, s)
	}
	<-s.Context().Done()
	return s.Context().Err()
}

// HoldSessionBar holds until the caller lets go, unless the test says else.
func (h *Host) HoldSessionBar(r *hostpb.HoldSessionBarRequest, s grpc.ServerStreamingServer[hostpb.Empty]) error {
	if f := h.note(s.Context(), "HoldSessionBar", r).HoldSessionBar; f != nil {
		return f(r, s)
	}
	<-s.Context().Done()
	return s.Context().Err()
}

// AttachDesktop holds until the caller lets go, unless the test says else.
func (h *Host) AttachDesktop(s grpc.BidiStreamingServer[hostpb.HelperMessage, hostpb.HelperCommand]) error {
	if f := h.note(s.Context(), "AttachDesktop", nil).AttachDesktop; f != nil {
		return f(s)
	}
	<-s.Context().Done()
	return s.Context().Err()
}

func (h *Host) SendChat(ctx context.Context, r *hostpb.SendChatRequest) (*hostpb.Empty, error) {
	return handle(ctx, h.note(ctx, "SendChat", r).SendChat, r, nil)
}

// HandleFiles holds until the caller lets go, unless the test says else.
func (h *Host) HandleFiles(s grpc.BidiStreamingServer[hostpb.FilesMessage, hostpb.FilesCommand]) error {
	if f := h.note(s.Context(), "HandleFiles", nil).HandleFiles; f != nil {
		return f(s)
	}
	<-s.Context().Done()
	return s.Context().Err()
}

func (h *Host) GetNotification(ctx context.Context, r *hostpb.GetNotificationRequest) (*hostpb.NotificationDetail, error) {
	return handle(ctx, h.note(ctx, "GetNotification", r).GetNotification, r, nil)
}

func (h *Host) SeenNotifications(ctx context.Context, r *hostpb.SeenNotificationsRequest) (*hostpb.Empty, error) {
	return handle(ctx, h.note(ctx, "SeenNotifications", r).SeenNotifications, r, nil)
}

func (h *Host) ShelveNotification(ctx context.Context, r *hostpb.ShelveNotificationRequest) (*hostpb.Notification, error) {
	return handle(ctx, h.note(ctx, "ShelveNotification", r).ShelveNotification, r, nil)
}

func (h *Host) UnshelveNotification(ctx context.Context, r *hostpb.UnshelveNotificationRequest) (*hostpb.Notification, error) {
	return handle(ctx, h.note(ctx, "UnshelveNotification", r).UnshelveNotification, r, nil)
}

func (h *Host) TestAlarm(ctx context.Context, r *hostpb.TestAlarmRequest) (*hostpb.Notification, error) {
	return handle(ctx, h.note(ctx, "TestAlarm", r).TestAlarm, r, nil)
}

func (h *Host) GetHandover(ctx context.Context, r *hostpb.GetHandoverRequest) (*hostpb.Handover, error) {
	return handle(ctx, h.note(ctx, "GetHandover", r).GetHandover, r, nil)
}

func (h *Host) WriteHandover(ctx context.Context, r *hostpb.WriteHandoverRequest) (*hostpb.Handover, error) {
	return handle(ctx, h.note(ctx, "WriteHandover", r).WriteHandover, r, nil)
}

func (h *Host) ListOffenders(ctx context.Context, r *hostpb.ListOffendersRequest) (*hostpb.Offenders, error) {
	return handle(ctx, h.note(ctx, "ListOffenders", r).ListOffenders, r, nil)
}

func (h *Host) SetQuietHours(ctx context.Context, r *hostpb.SetQuietHoursRequest) (*hostpb.QuietHours, error) {
	return handle(ctx, h.note(ctx, "SetQuietHours", r).SetQuietHours, r, nil)
}

func (h *Host) PrepareHelpLogs(ctx context.Context, r *hostpb.PrepareHelpLogsRequest) (*hostpb.HelpLogs, error) {
	return handle(ctx, h.note(ctx, "PrepareHelpLogs", r).PrepareHelpLogs, r, nil)
}

func (h *Host) OfferProxy(ctx context.Context, r *hostpb.OfferProxyRequest) (*hostpb.Empty, error) {
	return handle(ctx, h.note(ctx, "OfferProxy", r).OfferProxy, r, nil)
}
