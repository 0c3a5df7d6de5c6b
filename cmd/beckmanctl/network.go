package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/netdial"
	"beckmanconnect/ipc/hostpb"
)

// networkVerb prints the table of what may be dialled from this PC (B14): the
// region's rows, the installation's, and, when the service answers, the site
// policy's.
func networkVerb(ctx context.Context, e env, args []string) error {
	asJSON, err := e.parse("network", args, nil)
	if err != nil {
		return err
	}
	config, err := hostconfig.Load(e.config)
	if err != nil {
		return err
	}
	table := endpoints.Allowed(config.Region, config, endpoints.Policy{})
	status, asked := call(ctx, e, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Status, error) {
		return host.GetStatus(ctx, &hostpb.GetStatusRequest{})
	})
	table = append(table, siteRows(status)...)
	if asJSON {
		return printJSON(e.out, table)
	}
	if err := table.Text(e.out); err != nil {
		return err
	}
	for _, line := range wayOut(config, status) {
		if _, err := fmt.Fprintln(e.out, line); err != nil {
			return err
		}
	}
	if asked != nil {
		_, err = fmt.Fprintln(e.out, "the service does not answer: rows of the site's policy are not listed")
	}
	return err
}

// siteRows reads the rows that the service adds from the signed policy:
// "HOST:PORT PROTOCOL PURPOSE".
func siteRows(s *hostpb.Status) (table endpoints.Table) {
	for _, f := range s.GetLinkFacts() {
		if f.GetName() != "site-endpoint" {
			continue
		}
		address, rest, _ := strings.Cut(f.GetValue(), " ")
		protocol, purpose, _ := strings.Cut(rest, " ")
		host, text, err := net.SplitHostPort(address)
		if err != nil {
			continue
		}
		port, err := strconv.Atoi(text)
		if err != nil {
			continue
		}
		table = append(table, endpoints.Endpoint{
			Host: host, Port: port, Protocol: protocol, Programs: []string{endpoints.Service}, Purpose: purpose, Origin: endpoints.SitePolicy,
			Probe: protocol != "TLS" && protocol != "HTTPS",
		})
	}
	return table
}

// wayOut says through what the connections go.
func wayOut(config hostconfig.Config, s *hostpb.Status) []string {
	facts := map[string]string{}
	for _, f := range s.GetLinkFacts() {
		facts[f.GetName()] = f.GetValue()
	}
	proxy, source := facts["proxy"], facts["proxy-source"]
	if proxy == "" && source == "" {
		proxy, source = config.Cloud.Proxy.URL, netdial.FromConfiguration
	}
	switch {
	case proxy == hostconfig.DirectProxy, proxy == "" && source == netdial.FromConfiguration && config.Cloud.Proxy.URL == hostconfig.DirectProxy:
		return []string{"no proxy, by the configuration"}
	case proxy == "" && source == "", proxy == "" && source == netdial.FromConfiguration:
		return []string{"no proxy is set"}
	case proxy == "":
		return []string{"no proxy for the cloud, by the " + source}
	}
	return []string{"through the proxy " + proxy + ", set by the " + source}
}
