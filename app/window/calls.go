package window

import (
	"context"
	"sync"
	"time"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/view"
)

// callTime is how long one call may take. Registration reaches the cloud and
// gets longer.
const (
	callTime     = 10 * time.Second
	registerTime = 60 * time.Second
)

// service holds one connection for calls, made when it is first needed. It is
// safe for use by many goroutines.
type service struct {
	config client.Config

	mu     sync.Mutex
	open   *client.Client
	closed bool
}

func (s *service) host(ctx context.Context) (hostpb.HostClient, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		if s.closed {
			return nil, context.Canceled
		}
		c, err := client.Dial(ctx, s.config)
		if err != nil {
			return nil, err
		}
		s.open = c
	}
	return s.open.Host, nil
}

func (s *service) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.open != nil {
		_ = s.open.Close()
	}
}

// call runs a call away from the windows and brings its end back to them.
// after gets the error; nil means that it worked.
func (p *program) call(limit time.Duration, what string, do func(context.Context, hostpb.HostClient) error, after func(error)) {
	p.work.Go(func() {
		ctx, cancel := context.WithTimeout(p.ctx, limit)
		defer cancel()
		host, err := p.service.host(ctx)
		if err == nil {
			err = do(ctx, host)
		}
		if p.ctx.Err() != nil {
			return
		}
		if err != nil {
			p.log.Warn("call failed", "call", what, "code", client.Code(err), "error", err)
		}
		p.do(func() {
			after(err)
			p.refresh()
		})
	})
}

// act is a call whose failure is said in the window.
func (p *program) act(what string, do func(context.Context, hostpb.HostClient) error, worked func()) {
	p.state.Failure = ""
	p.call(callTime, what, do, func(err error) {
		if err != nil {
			p.state.Failure = client.Code(err)
			return
		}
		if worked != nil {
			worked()
		}
	})
	p.refresh()
}

// Navigate is part of view.Actions.
func (p *program) Navigate(page string) {
	p.state.Failure = ""
	p.state.SummaryOpen = false // it was looked at
	if p.content.Page() == view.Guide && page != view.Guide {
		p.guided()
	}
	p.navigate(page)
	p.refresh()
}

func (p *program) navigate(page string) {
	page, id, ok := aView(page)
	if !ok {
		page = view.Home
	}
	p.content.Show(page)
	switch {
	case id != 0:
		p.state.ShowAlarmPlace(model.PlaceList)
		p.state.OpenAlarm(id)
	case page == view.Notifications:
		p.state.ShowAlarmPlace(model.PlaceList)
	}
	if page == view.Activity {
		p.state.Activity.Detail = model.ActivityDetail{}
		p.state.Activity.List.Reload()
	}
}

// DismissFailure is part of view.Actions.
func (p *program) DismissFailure() {
	p.state.Failure = ""
	p.refresh()
}

// AcceptTerms is part of view.Actions.
func (p *program) AcceptTerms(version, sha256, initials string) {
	p.act("AcceptTerms", func(ctx context.Context, host hostpb.HostClient) error {
		_, err := host.AcceptTerms(ctx, &hostpb.AcceptTermsRequest{Version: version, Sha256: sha256, ItRequirementsRead: true, Initials: initials})
		return err
	}, func() { p.state.TermsAccepted = version })
}

// Register is part of view.Actions.
func (p *program) Register(r model.Registration) {
	p.state.Failure, p.state.Registering = "", true
	var reply *hostpb.Registration
	p.call(registerTime, "Register", func(ctx context.Context, host hostpb.HostClient) (err error) {
		reply, err = host.Register(ctx, &hostpb.RegisterRequest{Email: r.Email, Name: r.Name, InstrumentType: r.InstrumentType, Serial: r.Serial})
		return err
	}, func(err error) {
		p.state.Registering = false
		if err != nil {
			p.state.Failure = client.Code(err)
			return
		}
		p.state.Registered(reply)
	})
	p.refresh()
}

// AskHelpAbout is part of view.Actions.
func (p *program) AskHelpAbout(id uint64) {
	p.state.Help = model.Help{Step: model.StepWho, Notification: id, About: p.state.Notification(id)}
	p.Navigate(view.Help)
}

// HelpStep is part of view.Actions.
func (p *program) HelpStep(step model.HelpStep) {
	p.state.Help.Step = step
	p.refresh()
}

// RequestHelp is part of view.Actions. It is reached only after the technician
// said who called whom; a log goes along only after they have seen it.
func (p *program) RequestHelp(withLogs bool) {
	h := &p.state.Help
	if h.Requesting || withLogs && !h.Logs.Ready() {
		return
	}
	p.state.Failure, h.Requesting = "", true
	ask := &hostpb.RequestHelpRequest{NotificationId: h.Notification, Reason: model.Clean(h.Reason, 200), TechnicianCalled: true}
	if withLogs {
		ask.LogsId, ask.LogsSha256 = h.Logs.Got.GetId(), model.LogsSum(h.Logs.Got.GetText())
	}
	var reply *hostpb.HelpRequested
	p.call(callTime, "RequestHelp", func(ctx context.Context, host hostpb.HostClient) (err error) {
		reply, err = host.RequestHelp(ctx, ask)
		return err
	}, func(err error) {
		p.state.Help.Requesting = false
		if err != nil {
			p.state.Failure = client.Code(err)
			if withLogs {
				// It may be gone by now: it is prepared, and looked at, anew.
				p.state.Help.Logs, p.state.Help.Step = model.LogsState{}, model.StepForm
			}
			return
		}
		p.state.HelpRequested(reply)
	})
	p.refresh()
}

// CancelHelp is part of view.Actions.
func (p *program) CancelHelp() {
	id := p.state.Support.GetRequestId()
	p.act("CancelHelp", func(ctx context.Context, host hostpb.HostClient) error {
		_, err := host.CancelHelp(ctx, &hostpb.CancelHelpRequest{RequestId: id})
		return err
	}, nil)
}

// Revoke is part of view.Actions and view.BarActions.
func (p *program) Revoke(c hostpb.Capability) {
	p.act("RevokeCapability", func(ctx context.Context, host hostpb.HostClient) error {
		_, err := host.RevokeCapability(ctx, &hostpb.RevokeCapabilityRequest{Capability: c})
		return err
	}, nil)
}

// EndSession is part of view.Actions and view.BarActions.
func (p *program) EndSession() { p.endSession("button") }

func (p *program) endSession(how string) {
	p.act("EndSession", func(ctx context.Context, host hostpb.HostClient) error {
		_, err := host.EndSession(ctx, &hostpb.EndSessionRequest{How: how})
		return err
	}, nil)
}

// SendChat is part of view.Actions. A line that does not get out is given back.
func (p *program) SendChat(line string) {
	session := p.state.Support.GetSessionId()
	p.state.Failure = ""
	p.call(callTime, "SendChat", func(ctx context.Context, host hostpb.HostClient) error {
		_, err := host.SendChat(ctx, &hostpb.SendChatRequest{SessionId: session, Text: line})
		return err
	}, func(err error) {
		if err != nil {
			p.state.Failure = client.Code(err)
			p.content.ChatFailed(line)
		}
	})
}

// ShowChat is part of view.BarActions.
func (p *program) ShowChat() {
	p.show(view.Help)
	p.content.ShowChat()
}

// ShowSummary is part of view.Actions.
func (p *program) ShowSummary(open bool) {
	p.state.SummaryOpen = open
	p.refresh()
}

// SetPIN is part of view.Actions.
func (p *program) SetPIN(initials, pin, old string) {
	if p.state.PIN.Busy {
		return
	}
	p.state.PIN.Busy = true
	p.call(callTime, "SetPIN", func(ctx context.Context, host hostpb.HostClient) error {
		_, err := host.SetPIN(ctx, &hostpb.SetPINRequest{Initials: initials, Pin: pin, OldPin: old})
		return err
	}, func(err error) {
		if err != nil {
			p.state.PIN.Done(initials, client.Code(err))
			return
		}
		p.state.PIN.Done(initials, "")
		// The next prompt on this log-on starts with them.
		p.app.Preferences().SetString(initialsKey, initials)
	})
	p.refresh()
}
