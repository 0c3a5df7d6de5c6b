package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/disk"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/netdial"
	"beckmanconnect/internal/trust"
	"beckmanconnect/ipc/hostpb"
)

// finding is one check's result.
type finding struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// minFree is how much the disk of the data folder should have left.
const minFree = 200 << 20

// doctorVerb runs every check, also after one failed, and fails when any did.
func doctorVerb(ctx context.Context, e env, args []string) error {
	asJSON, err := e.parse("doctor", args, nil)
	if err != nil {
		return err
	}
	findings := examine(ctx, e)
	if asJSON {
		err = printJSON(e.out, findings)
	} else {
		printFindings(e.out, findings)
	}
	bad := 0
	for _, f := range findings {
		if !f.OK {
			bad++
		}
	}
	if err == nil && bad > 0 {
		err = fmt.Errorf("%d of %d checks failed", bad, len(findings))
	}
	return err
}

func printFindings(out io.Writer, findings []finding) {
	for _, f := range findings {
		mark := "ok  "
		if !f.OK {
			mark = "FAIL"
		}
		fmt.Fprintf(out, "%s  %-14s %s\n", mark, f.Check, f.Detail)
	}
}

func examine(ctx context.Context, e env) []finding {
	var all []finding
	add := func(check string, detail string, err error) {
		f := finding{Check: check, OK: err == nil, Detail: detail}
		if err != nil {
			f.Detail = err.Error()
		}
		all = append(all, f)
	}
	config, err := hostconfig.Load(e.config)
	if err == nil {
		err = config.CheckService()
	}
	add("configuration", config.File, err)
	if err != nil {
		return all
	}
	roots, err := trust.Load(config.Trust)
	add("trust", config.Trust, err)
	if err == nil {
		detail, err := checkCloud(ctx, config, roots)
		add("cloud", detail, err)
	}
	detail, err := checkDisk(ctx, config.Data)
	add("disk", detail, err)
	status, err := call(ctx, e, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Status, error) {
		return host.GetStatus(ctx, &hostpb.GetStatusRequest{})
	})
	add("service", "version "+status.GetVersion(), err)
	if err == nil {
		all = append(all, judge(status)...)
	}
	return all
}

// judge reads the checks that the service itself makes.
func judge(s *hostpb.Status) []finding {
	link := word(s.GetLink(), "LINK_")
	all := []finding{
		{"link", s.GetLink() == hostpb.Link_LINK_ONLINE, strings.TrimSuffix(link+": "+s.GetLinkDetail(), ": ")},
		{"log", s.GetLog().GetWritable(), fmt.Sprintf("%d entries", s.GetLog().GetEntries())},
		{"policy", !strings.HasPrefix(s.GetPolicy(), "refused"), s.GetPolicy()},
	}
	for _, f := range s.GetLinkFacts() {
		switch f.GetName() {
		case "clock-offset-ms":
			offset, err := strconv.ParseInt(f.GetValue(), 10, 64)
			off := (time.Duration(offset) * time.Millisecond).Abs()
			all = append(all, finding{"clock", err == nil && off <= maxClockOff, fmt.Sprintf("%s off the vendor's", off.Round(time.Second))})
		case "proxy", "outbox":
			all = append(all, finding{f.GetName(), true, f.GetValue()})
		case "inspection", "portal":
			all = append(all, finding{f.GetName(), false, f.GetValue()})
		}
	}
	for _, c := range s.GetComponents() {
		if c.GetName() == "link" || c.GetName() == "log" || c.GetName() == "policy" {
			continue
		}
		all = append(all, finding{"part " + c.GetName(), c.GetState() == "ok" || c.GetState() == "off", strings.TrimSuffix(c.GetState()+": "+c.GetDetail(), ": ")})
	}
	return all
}

func checkDisk(ctx context.Context, folder string) (string, error) {
	usage, err := disk.UsageWithContext(ctx, folder)
	if err != nil {
		return "", fmt.Errorf("%s: %w", folder, err)
	}
	detail := fmt.Sprintf("%s: %d MB free", folder, usage.Free>>20)
	if usage.Free < minFree {
		return "", errors.New(detail + ", less than 200 MB: free space")
	}
	return detail, nil
}

// maxClockOff is how far the clocks may be apart.
const maxClockOff = 5 * time.Minute

// checkCloud asks the cloud for its health, by the same way as the service:
// name, proxy, TLS and clock in one.
func checkCloud(ctx context.Context, config hostconfig.Config, roots *trust.Roots) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, config.Cloud.URL+cloudapi.PathHealth, nil)
	if err != nil {
		return "", err
	}
	table := endpoints.Allowed(config.Region, config, endpoints.Policy{})
	dialer := netdial.New(netdial.Config{Table: func() endpoints.Table { return table }, Development: roots.Development, Proxy: config.Cloud.Proxy})
	client := dialer.Client(&tls.Config{RootCAs: roots.CloudCA, MinVersion: tls.VersionTLS12})
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return "", inWords(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
		return "", inWords(&netdial.StatusError{Status: response.StatusCode, Page: kind == "text/html"})
	}
	way := ""
	if proxy, source := dialer.Way(); proxy != "" {
		way = fmt.Sprintf(", through the proxy %s (%s)", proxy, source)
	}
	detail := fmt.Sprintf("%s, %s%s", config.Cloud.URL, tls.VersionName(response.TLS.Version), way)
	theirs, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return detail, nil
	}
	if off := time.Since(theirs).Abs(); off > maxClockOff {
		return "", fmt.Errorf("this PC's clock is %s off; set date and time", off.Round(time.Second))
	}
	return detail + ", clocks agree", nil
}

// inWords says why the cloud cannot be reached and what to do, with the stable
// code in front.
func inWords(err error) error {
	reason, ok := netdial.Explain(err)
	if !ok {
		return err
	}
	return fmt.Errorf("%s: %s (%w)", reason.Code, reason.Text, err)
}
