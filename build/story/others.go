package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/hostpb"
)

// refusedElsewhere plays the same offer on another instrument PC, where the
// technician answers nothing because nothing may be asked: scenario 26.
func (t *teller) refusedElsewhere(ctx context.Context, name, policy, file string) error {
	first := t.browser
	other, err := first.Tab()
	if err != nil {
		return err
	}
	t.browser = other
	defer func() {
		other.Close()
		t.browser = first
	}()
	pc, err := t.house.AddPC(ctx, t.on.another(stage.PCConfig{Name: name, Policy: policy}))
	if err != nil {
		return err
	}
	service, err := pipe(ctx, pc)
	if err != nil {
		return err
	}
	defer service.Close()
	terms, err := service.Host.GetTerms(ctx, &hostpb.GetTermsRequest{Language: "en"})
	if err != nil {
		return err
	}
	serial := "BC-" + name
	if _, err := service.Host.AcceptTerms(ctx, &hostpb.AcceptTermsRequest{Version: terms.Version, Sha256: terms.Sha256, ItRequirementsRead: true}); err != nil {
		return err
	}
	// What is typed here changes nothing about the class: the policy says it.
	if _, err := service.Host.Register(ctx, &hostpb.RegisterRequest{Email: "maria.koch@lab.example", Name: "Maria Koch", InstrumentType: "DxH 900", Serial: serial}); err != nil {
		return err
	}
	var help *hostpb.HelpRequested
	if err := stage.Until(ctx, "help to be possible on "+name, func() (bool, error) {
		help, err = service.Host.RequestHelp(ctx, &hostpb.RequestHelpRequest{TechnicianCalled: true})
		return err == nil, err
	}); err != nil {
		return err
	}
	prompts := make(chan string, 16)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	if err := watchPrompts(watching, service.Host, prompts); err != nil {
		return err
	}
	if err := all(
		func() error { return t.browser.Open(t.house.Cloud() + "/") },
		func() error {
			return t.browser.WaitAsync(ctx, "the request of "+serial, fmt.Sprintf(`(() => { const r = [...document.querySelectorAll('#waiting .request')].find(r => r.textContent.includes(%q)); r?.querySelector('button.join').click(); return r })()`, serial))
		},
		func() error { return t.browser.Fill("#reason", "Ticket 4712") },
		func() error { return t.enter(ctx, help.Code) },
	); err != nil {
		return err
	}
	bar, err := t.holdBar(ctx, service.Host)
	if err != nil {
		return err
	}
	defer bar()
	if err := t.browser.Choose("#file-input", file); err != nil {
		return err
	}
	if err := t.state(ctx, "#send-file", "off"); err != nil {
		return err
	}
	if err := t.page("refused-" + name); err != nil {
		return err
	}
	// The refusal is in the log, and nobody was asked.
	if err := stage.Until(ctx, "the refusal in the log of "+name, func() (bool, error) {
		page, err := service.Host.ListActivity(ctx, &hostpb.ListActivityRequest{Limit: 50})
		for _, entry := range page.GetEntries() {
			if entry.Kind == "session.refused" && entry.Fields["capability"] == "files" {
				return true, nil
			}
		}
		return false, err
	}); err != nil {
		return err
	}
	select {
	case id := <-prompts:
		return fmt.Errorf("a prompt was shown: %s", id)
	default:
	}
	if found, _ := arrivedAny(pc.Dir); found {
		return errors.New("the file is on the PC")
	}
	if _, err := service.Host.EndSession(ctx, &hostpb.EndSessionRequest{How: "button"}); err != nil {
		return err
	}
	return t.browser.Wait(ctx, "the end of the session", `document.body.dataset.phase === 'summary'`)
}

// watchPrompts sends the ID of every prompt the service shows anybody.
func watchPrompts(ctx context.Context, host hostpb.HostClient, prompts chan<- string) error {
	stream, err := host.Watch(ctx, &hostpb.WatchRequest{})
	if err != nil {
		return err
	}
	go func() {
		for {
			event, err := stream.Recv()
			if err != nil {
				return
			}
			if p := event.GetPrompt(); p.GetId() != "" {
				prompts <- p.Id
			}
		}
	}()
	return nil
}

// holdBar stands in for the window of a technician who is not on a desktop.
func (t *teller) holdBar(ctx context.Context, host hostpb.HostClient) (release func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	var session string
	wait, end := context.WithTimeout(ctx, 60*time.Second)
	defer end()
	if err := stage.Until(wait, "the session", func() (bool, error) {
		status, err := host.GetStatus(wait, &hostpb.GetStatusRequest{})
		session = status.GetSupport().GetSessionId()
		return session != "", err
	}); err != nil {
		cancel()
		return nil, err
	}
	stream, err := host.HoldSessionBar(ctx, &hostpb.HoldSessionBarRequest{SessionId: session})
	if err != nil {
		cancel()
		return nil, err
	}
	go func() {
		for {
			if _, err := stream.Recv(); err != nil {
				return
			}
		}
	}()
	return cancel, nil
}
