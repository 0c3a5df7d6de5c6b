package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"beckmanconnect/assets/text"
	"beckmanconnect/internal/netdial"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

// Every code has its advice, of the network's the same as its own table, in
// every language.
func TestEveryCodeHasAdvice(t *testing.T) {
	source, err := os.ReadFile("doctor_finding.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := []string{protocol.CodeUnavailable, protocol.CodeUntrusted, protocol.CodeIncompatible, protocol.CodeNotPermitted}
	for _, m := range regexp.MustCompile(`(?m)^\tcode\w+ += "([a-z-]+)"$`).FindAllStringSubmatch(string(source), -1) {
		codes = append(codes, m[1])
	}
	if len(codes) < 30 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	for _, c := range netdial.Codes {
		codes = append(codes, c.Code)
		if adviceFor(c.Code) != c.Do {
			t.Errorf("%s: %q, and %q in its table", c.Code, adviceFor(c.Code), c.Do)
		}
	}
	for _, code := range codes {
		for _, l := range text.Languages() {
			if !text.New(l.Tag).Has("doctor.do." + code) {
				t.Errorf("%s has no advice in %s", code, l.Tag)
			}
		}
	}
	if adviceFor("no such code") != adviceFor(codeUnknown) {
		t.Error("a code that nobody knows is not told")
	}
}

// The doctor connects to what the table names and to nothing else: not to a
// pattern, not to a probe, and to each host once (B14).
func TestDoctorDialsTheTableOnly(t *testing.T) {
	b := newSickbed(t)
	b.status.LinkFacts = append(b.status.LinkFacts,
		&hostpb.LinkFact{Name: "site-endpoint", Value: "lis.example:2575 hl7 whether the LIS is well"},
		&hostpb.LinkFact{Name: "site-endpoint", Value: "web.example:443 tcp whether the middleware is well"},
		&hostpb.LinkFact{Name: "site-endpoint", Value: "*.more.example:443 TLS added by the site's policy"})
	asked := make(chan string, 100)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.Host
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	b.proxy = proxy.URL
	for _, f := range b.examine() {
		if strings.Contains(f.Check, ".example") {
			t.Errorf("tried: %+v", f)
		}
	}
	close(asked)
	var all []string
	for a := range asked {
		all = append(all, a)
	}
	if want := "CONNECT " + strings.TrimPrefix(b.cloud.URL, "https://"); len(all) != 1 || all[0] != want {
		t.Errorf("it asked for %q, want %q once", all, want)
	}
}

// Ctrl-C ends it between two checks and in the middle of one.
func TestDoctorIsInterrupted(t *testing.T) {
	b := newSickbed(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.examine() // everything is there now
	b.doctor.tell = func(check string) {
		if check == "network" {
			cancel()
		}
	}
	for _, f := range b.doctor.examine(ctx) {
		if strings.HasPrefix(f.Check, "log") && f.Check != "log's folder" || f.Check == "tray" {
			t.Errorf("went on with %s", f.Check)
		}
	}
	err := doctorVerb(ctx, b.doctor.env, nil)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if fmt.Sprint(err) == "" {
		t.Error("says nothing")
	}
}
