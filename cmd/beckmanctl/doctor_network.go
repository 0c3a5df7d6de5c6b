package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/netdial"
)

// maxClockOff is how far the clocks may be apart.
const maxClockOff = 5 * time.Minute

// reachWithin bounds one connection; a proxy in between may take its time.
const reachWithin = 30 * time.Second

// target is one address of the table that has a name.
type target struct {
	host string
	port int
	err  error
}

func (t target) address() string { return net.JoinHostPort(t.host, strconv.Itoa(t.port)) }

// checkNetwork connects to every row of the table of endpoints that names a
// host, by the dialer that refuses everything else, and asks the cloud for its
// health by the same way as the service: proxy, name, TLS and clock each for
// itself (scenarios 54, 55).
func (d *doctor) checkNetwork(ctx context.Context) []finding {
	table := append(endpoints.Allowed(d.config.Region, d.config, endpoints.Policy{}), siteRows(d.status)...)
	dialer := netdial.New(netdial.Config{
		Table: func() endpoints.Table { return table }, Development: d.roots != nil && d.roots.Development, Proxy: d.config.Cloud.Proxy,
	})
	targets, patterns, probes := d.targets(table)
	reach(ctx, dialer, targets)
	proxy := d.judgeProxy(dialer, targets)
	all := []finding{proxy}
	for _, t := range targets {
		if d.roots == nil && t.port != endpoints.HTTPS {
			all = append(all, skipped("endpoint "+t.address(), "another port than 443 is for a developer's roots, and there are none"))
			continue
		}
		all = append(all, judgeTarget(t, proxy))
	}
	if len(patterns) > 0 {
		all = append(all, skipped("endpoint patterns", strings.Join(patterns, ", ")+": for the firewall; this installation connects to none of them, or to names below them that are told later"))
	}
	if probes > 0 {
		all = append(all, skipped("endpoint probes", fmt.Sprintf("%d hosts of the laboratory's own network are asked by the service alone", probes)))
	}
	switch {
	case d.roots == nil:
		return append(all, notTried("without trust roots there is nothing to check it with")...)
	case len(targets) == 0 || targets[0].err != nil:
		return append(all, notTried("the cloud's address was not reached")...)
	}
	return append(all, d.checkCloud(ctx, dialer)...)
}

// targets are the hosts to connect to, the cloud first.
func (d *doctor) targets(table endpoints.Table) (targets []target, patterns []string, probes int) {
	for _, e := range table {
		t := target{host: e.Host, port: e.Port}
		switch {
		case e.Probe:
			probes++
		case strings.HasPrefix(e.Host, "*") || e.Origin == endpoints.Product && !d.provisioned():
			if !slices.Contains(patterns, t.address()) {
				patterns = append(patterns, t.address())
			}
		case !slices.Contains(targets, t):
			targets = append(targets, t)
		}
	}
	cloud := func(t target) bool {
		return strings.EqualFold(t.host, d.config.CloudHost()) && strconv.Itoa(t.port) == d.config.CloudPort()
	}
	slices.SortStableFunc(targets, func(a, b target) int {
		switch {
		case cloud(a) && !cloud(b):
			return -1
		case cloud(b) && !cloud(a):
			return 1
		}
		return 0
	})
	return targets, patterns, probes
}

// provisioned: only then is the region's provisioning service asked.
func (d *doctor) provisioned() bool {
	hub := d.config.Cloud.IoTHub
	return d.config.Cloud.Dialect == hostconfig.DialectIoTHub && hub.Host == "" && hub.Provision == ""
}

func reach(ctx context.Context, dialer *netdial.Dialer, targets []target) {
	var wait sync.WaitGroup
	for i := range targets {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, reachWithin)
			defer cancel()
			conn, err := dialer.DialContext(ctx, "tcp", targets[i].address())
			if err == nil {
				err = conn.Close()
			}
			targets[i].err = err
		})
	}
	wait.Wait()
}

// ofOneHost are what a proxy says of one address and not of itself.
var ofOneHost = []string{netdial.CodeProxyBlocked, netdial.CodeProxyFailed}

// proxyFault is what is wrong with the proxy itself.
func proxyFault(err error) (netdial.Reason, bool) {
	var fault *netdial.ProxyError
	if !errors.As(err, &fault) || slices.Contains(ofOneHost, fault.Code) {
		return netdial.Reason{}, false
	}
	return netdial.Explain(err)
}

func (d *doctor) judgeProxy(dialer *netdial.Dialer, targets []target) finding {
	for _, t := range targets {
		if reason, ok := proxyFault(t.err); ok {
			return failed("proxy", reason.Code, seen(reason, t.err))
		}
	}
	proxy, source := dialer.Way()
	switch {
	case proxy != "":
		return fine("proxy", fmt.Sprintf("through %s, set by the %s", proxy, source))
	case source != "":
		return fine("proxy", "none, by the "+source)
	}
	return fine("proxy", "none is set")
}

// seen is the evidence of a reason: what it means, without the advice, and the
// error.
func seen(reason netdial.Reason, err error) string {
	row, _ := netdial.Find(reason.Code)
	text := row.Means
	if reason.Who != "" {
		text += ": " + reason.Who
	}
	return fmt.Sprintf("%s (%v)", text, err)
}

func judgeTarget(t target, proxy finding) finding {
	check := "endpoint " + t.address()
	if t.err == nil {
		return fine(check, "connected")
	}
	if _, ok := proxyFault(t.err); ok {
		return skipped(check, "not tried: see "+proxy.Check)
	}
	return explained(check, t.err)
}

func explained(check string, err error) finding {
	reason, ok := netdial.Explain(err)
	if !ok {
		return failed(check, codeUnknown, err.Error())
	}
	return failed(check, reason.Code, seen(reason, err))
}

func notTried(why string) []finding {
	return []finding{skipped("TLS", why), skipped("cloud", why), skipped("clock", why)}
}

// checkCloud asks the cloud for its health: the chain to our own root, the
// version of TLS, the answer, and its clock.
func (d *doctor) checkCloud(ctx context.Context, dialer *netdial.Dialer) []finding {
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.config.Cloud.URL+cloudapi.PathHealth, nil)
	if err != nil {
		return []finding{failed("TLS", codeUnknown, err.Error()), skipped("cloud", "not asked"), skipped("clock", "not asked")}
	}
	client := dialer.Client(&tls.Config{RootCAs: d.roots.CloudCA, MinVersion: tls.VersionTLS12})
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		f := explained("TLS", err)
		if f.Code == netdial.CodeClock { // a certificate that is not valid at this PC's time
			f.Check = "clock"
			return []finding{skipped("TLS", "see clock"), skipped("cloud", "see clock"), f}
		}
		return []finding{f, skipped("cloud", "see TLS"), skipped("clock", "see TLS")}
	}
	defer response.Body.Close()
	return []finding{judgeTLS(response.TLS), judgeAnswer(d.config.Cloud.URL, response), d.judgeClock(response)}
}

func judgeTLS(state *tls.ConnectionState) finding {
	detail := tls.VersionName(state.Version) + ", " + tls.CipherSuiteName(state.CipherSuite)
	if len(state.VerifiedChains) > 0 {
		chain := state.VerifiedChains[0]
		detail += fmt.Sprintf(", chain to %q of the trust roots, valid until %s", chain[len(chain)-1].Subject.CommonName, chain[0].NotAfter.UTC().Format(time.DateOnly))
	}
	if len(state.OCSPResponse) > 0 {
		detail += ", revocation stapled"
	}
	return fine("TLS", detail+"; nothing in between opens it")
}

func judgeAnswer(url string, response *http.Response) finding {
	if response.StatusCode == http.StatusOK {
		return fine("cloud", url+" answers")
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return explained("cloud", &netdial.StatusError{Status: response.StatusCode, Page: kind == "text/html"})
}

func (d *doctor) judgeClock(response *http.Response) finding {
	theirs, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return skipped("clock", "the cloud names no time")
	}
	off := d.now().Sub(theirs).Abs().Round(time.Second)
	detail := fmt.Sprintf("%s off the cloud's", off)
	if off > maxClockOff {
		return failed("clock", codeClockOff, detail)
	}
	return fine("clock", detail)
}
