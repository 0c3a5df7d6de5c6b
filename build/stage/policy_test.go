package stage

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/ipc/hostpb"
)

// vendorPolicy has the vendor sign it, as its operator would; the cloud that
// runs sends it.
func (s *site) vendorPolicy(text string) {
	s.t.Helper()
	s.write("vendor.toml", text)
	if out, err := run(s.ctx, nil, s.h.bin("beckmanconnect-cloud"), "policy", "vendor", "--config", s.h.dir("cloud.toml"), "--file", s.path("vendor.toml")); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
}

// sitePolicySigned replaces the site's policy, as its IT would.
func (s *site) sitePolicySigned(text string) {
	s.t.Helper()
	s.write("policy.toml", text)
	if out, err := run(s.ctx, nil, s.h.bin("beckmanconnect-cloud"), "policy", "sign", "--key", filepath.Join(s.h.Keys(), "policy.key"),
		"--in", s.path("policy.toml"), "--out", s.path("site-policy.note")); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
}

// explained waits until beckmanctl says this of the engineer.
func (s *site) explained(line string) {
	s.t.Helper()
	until(s.t, s.ctx, line, func() (bool, error) {
		out, err := s.ctl("policy", "explain", "view", "--engineer", EngineerAccount, "--organisation", "Service Central Europe", "--region", "eu")
		return strings.Contains(out, line), err
	})
}

// Removed in mid-session (scenario 27): by the vendor, account or certificate,
// over the real broker, and by the site's list. The session ends, nobody comes
// back in, restarts included, and the log says why.
func TestRevokedInMidSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.h.cloudUp(t, s.ctx)
	s.serviceUp()
	s.register()
	d := s.h.signIn(t, s.ctx)

	v := s.connected(d)
	s.vendorPolicy("revoked_serials = [\"" + s.issued() + "\"]\n")
	if why := v.ended(); why != "not-allowed" {
		t.Errorf("certificate revoked: the engineer was told %q", why)
	}
	if code := s.over(); code != "not-allowed" {
		t.Errorf("certificate revoked: it ended with %q", code)
	}
	// Another certificate of the same person is good.
	v = s.connected(d)
	s.vendorPolicy("revoked_accounts = [\"" + strings.ToUpper(EngineerAccount) + "\"]\n")
	// PC and cloud both act, and either may be first.
	if why := v.ended(); why != "not-allowed" && why != "signed-out" {
		t.Errorf("account revoked: the engineer was told %q", why)
	}
	s.over()
	s.explained("NO   vendor policy, account      the account is revoked")
	crash(s.Service)
	s.serviceUp()
	s.explained("NO   vendor policy, account      the account is revoked")

	var refused cloudapi.Error
	if err := d.get(cloudapi.PathRequests, &refused); err != nil || refused.Code != "signed-out" {
		t.Errorf("a revoked account at the cloud: %v, %v", refused, err)
	}
	if _, err := s.h.SignIn(s.ctx); err == nil {
		t.Error("a revoked account signs in")
	}

	s.vendorPolicy("[capabilities]\nclipboard = \"off\"\n")
	s.explained("yes  vendor policy, account      not revoked")
	d = s.h.signIn(t, s.ctx)
	v = s.connected(d)
	s.sitePolicySigned(strings.Replace(strings.Replace(sitePolicy, "number = 1", "number = 2", 1), EngineerAccount, "bob@vendor.example", 1))
	if why := v.ended(); why != "not-allowed" {
		t.Errorf("off the site's list: the engineer was told %q", why)
	}
	s.over()
	s.explained("NO   site policy, list           the account is not on the site's list")
	s.sitePolicySigned(strings.Replace(sitePolicy, "number = 1", "number = 3", 1))
	s.explained("yes  site policy, list           on the site's list")

	s.connected(d)
	s.vendorPolicy("[capabilities]\nsupport = \"off\"\n")
	if code := s.overWith("vendor-off"); code != "vendor-off" {
		t.Errorf("support switched off: it ended with %q", code)
	}
	if _, err := try(s, hostpb.HostClient.RequestHelp, &hostpb.RequestHelpRequest{TechnicianCalled: true}); err == nil || !strings.Contains(err.Error(), "vendor-off") {
		t.Errorf("help while the vendor switched it off: %v", err)
	}
	if n := s.logged("vendor-policy.accepted"); n != 4 {
		t.Errorf("%d vendor policies in the log", n)
	}
	s.proven()
}

// overWith waits until support is off for this reason.
func (s *site) overWith(code string) string {
	s.t.Helper()
	var support *hostpb.SupportState
	until(s.t, s.ctx, code, func() (bool, error) {
		support = s.status().GetSupport()
		return support.GetOffCode() == code && support.GetSessionId() == "", nil
	})
	return support.GetEndedCode()
}

// logged counts entries of a kind in the PC's log.
func (s *site) logged(kind string) int {
	s.t.Helper()
	page := ask(s, hostpb.HostClient.ListActivity, &hostpb.ListActivityRequest{Limit: 200})
	n := 0
	for _, e := range page.GetEntries() {
		if e.GetKind() == kind {
			n++
		}
	}
	return n
}

// issued is the serial number of the certificate that the cloud issued last.
func (s *site) issued() string {
	s.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.h.dir("cloud", "cloud.db")+"?mode=ro")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	var serial string
	if err := db.QueryRowContext(s.ctx, "SELECT serial FROM certificates ORDER BY at_ms DESC LIMIT 1").Scan(&serial); err != nil {
		s.t.Fatal(err)
	}
	return serial
}
