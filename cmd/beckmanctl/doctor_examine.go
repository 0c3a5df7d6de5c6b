package main

import (
	"context"
	"net"
	"time"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

// doctor examines one PC. What it asks of the system stands in its fields, so
// that each wrong answer can be tried.
type doctor struct {
	env     env
	tell    func(check string) // a check begins
	now     func() time.Time
	minFree uint64

	pipe     func(context.Context) (net.Conn, error) // nil: the real one
	upgrader func(context.Context) (net.Conn, error) // nil: the real one
	running  func(context.Context) ([]string, error) // names of the programs that run
	setup    installation                            // nil: there is none here

	// What is known once a check was made; the proof pack shows it, too.
	config   hostconfig.Config
	roots    *trust.Roots
	status   *hostpb.Status
	log      *hostpb.LogDetail
	policy   *hostpb.PolicyExplanation
	site     sitePolicy
	programs programsFound
}

// installation is the installation's own check: what is not as it was put, and
// what this account may not see.
type installation func(ctx context.Context, config string) (wrong, unknown []string, err error)

// minFree is how much the disk of the data folder should have left.
const minFree = 200 << 20

func newDoctor(e env) *doctor {
	return &doctor{env: e, tell: func(string) {}, now: time.Now, minFree: minFree, running: runningPrograms, setup: installationCheck}
}

// examine makes every check that can be made. Without a configuration nothing
// is known of this PC.
func (d *doctor) examine(ctx context.Context) (all []finding) {
	config, err := hostconfig.Load(d.env.config)
	if err == nil {
		err = config.CheckService()
	}
	if err != nil {
		return []finding{failed("configuration", codeConfig, err.Error())}
	}
	d.config = config
	all = append(all, fine("configuration", config.File))
	for _, part := range []struct {
		what string
		make func(context.Context) []finding
	}{
		{"trust roots", d.checkTrust},
		{"rights", d.checkRights},
		{"disk", d.checkDisk},
		{"programs", d.checkPrograms},
		{"installation", d.checkSetup},
		{"service", d.checkService},
		{"network", d.checkNetwork},
		{"site policy", d.checkPolicy},
		{"log", d.checkLog},
		{"parts", d.checkParts},
	} {
		if ctx.Err() != nil {
			return all
		}
		d.tell(part.what)
		all = append(all, part.make(ctx)...)
	}
	return all
}

// ask makes one call to the service.
func ask[Reply any](ctx context.Context, d *doctor, do func(context.Context, hostpb.HostClient) (Reply, error)) (reply Reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	c, err := client.Dial(ctx, client.Config{Socket: d.config.Socket, Program: protocol.Ctl, Version: version.Version(), DialPipe: d.pipe})
	if err != nil {
		return reply, err
	}
	defer c.Close()
	return do(ctx, c.Host)
}
