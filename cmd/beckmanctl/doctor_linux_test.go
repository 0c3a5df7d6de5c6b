package main

import (
	"context"
	"crypto/tls"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/netdial"
	"beckmanconnect/internal/trust"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
)

// One thing broken, and exactly that check fails, with its code and its advice
// (B11; scenarios 1, 31, 48, 50, 54, 55, 57).
func TestDoctorFindsWhatIsBroken(t *testing.T) {
	endpoint := func(f finding) bool { return strings.HasPrefix(f.Check, "endpoint 127.0.0.1:") }
	for _, row := range []struct {
		name   string
		broken func(*sickbed)
		check  string // "endpoint": the cloud's
		code   string
		detail string // part of the evidence
	}{
		{"a setting nobody knows", func(b *sickbed) { b.config = "[colour]\n" }, "configuration", codeConfig, "not known"},
		{"no trust root", func(b *sickbed) {
			b.after = func(b *sickbed) { b.must(os.Remove(b.path("trust/" + trust.FileDeviceCA))) }
		}, "trust roots", codeTrust, trust.FileDeviceCA},
		{"configuration open to all", func(b *sickbed) { mode(b, "host.toml", 0o666) }, "rights configuration", codeRights, "0666"},
		{"a root open to all", func(b *sickbed) { mode(b, "trust/"+trust.FileCloudCA, 0o666) }, "rights trust roots", codeRights, "0666"},
		{"a root that is a link", func(b *sickbed) {
			b.after = func(b *sickbed) {
				b.must(os.Rename(b.path("trust/"+trust.FileVendor), b.path("elsewhere")))
				b.must(os.Symlink(b.path("elsewhere"), b.path("trust/"+trust.FileVendor)))
			}
		}, "rights trust roots", codeRights, "is a link"},
		{"a policy open to all", func(b *sickbed) { mode(b, "site-policy.note", 0o666) }, "rights site policy", codeRights, "0666"},
		{"programs open to all", func(b *sickbed) { mode(b, "install/versions", 0o777) }, "rights programs", codeRights, "0777"},
		{"data open to others", func(b *sickbed) { mode(b, "data", 0o755) }, "rights data", codeRights, "0755"},
		{"no space", func(b *sickbed) { b.after = func(b *sickbed) { b.doctor.minFree = math.MaxUint64 } }, "disk", codeDiskSpace, "MB free"},
		{"no folder", func(b *sickbed) { b.after = func(b *sickbed) { b.must(os.Remove(b.path("data"))) } }, "disk", codeDataFolder, "data"},
		{"a folder that takes nothing", func(b *sickbed) {
			b.after = func(b *sickbed) {
				b.must(os.Remove(b.path("data")))
				b.must(os.WriteFile(b.path("data"), nil, 0o600))
			}
		}, "log's folder", codeDataReadOnly, "data"},
		{"programs signed by nobody we know", func(b *sickbed) { b.sign = func([]byte) ([]byte, error) { return []byte("x"), nil } }, "programs", codeProgramsSignature, "signature"},
		{"a program that was changed", func(b *sickbed) {
			b.after = func(b *sickbed) {
				found, err := filepath.Glob(b.path("install/versions/*/beckmanctl"))
				b.must(err)
				b.must(os.WriteFile(found[0], []byte("another"), 0o755))
			}
		}, "programs", codeProgramsChanged, "not whole"},
		{"a damaged pointer", func(b *sickbed) {
			b.after = func(b *sickbed) { b.must(os.WriteFile(b.path("install/current"), []byte("x"), 0o644)) }
		}, "programs", codeProgramsChanged, "damaged"},
		{"programs of another version", func(b *sickbed) { b.version, b.status.Version = "9.9.9", "9.9.9" }, "versions", codeVersions, "9.9.9"},
		{"a service that was not restarted", func(b *sickbed) { b.status.Version = "0.0.9" }, "version running", codeVersions, "0.0.9"},
		{"what the installation's own check finds", func(b *sickbed) {
			b.after = func(b *sickbed) {
				b.doctor.setup = func(context.Context, string) (wrong, unknown []string, err error) {
					return []string{"the service runs as LocalSystem"}, nil, nil
				}
			}
		}, "installation", codeServiceSetup, "LocalSystem"},
		{"no service", func(b *sickbed) { b.after = func(b *sickbed) { b.host.Stop() } }, "service", protocol.CodeUnavailable, "not running"},
		{"a squatter in the service's place", func(b *sickbed) {
			b.after = func(b *sickbed) {
				b.doctor.pipe = func(context.Context) (net.Conn, error) { return nil, pipe.ErrUntrusted }
			}
		}, "service", protocol.CodeUntrusted, "not the BeckmanConnect service"},
		{"no upgrade service", func(b *sickbed) {
			b.after = func(b *sickbed) {
				b.doctor.upgrader = func(context.Context) (net.Conn, error) { return nil, pipe.ErrNotRunning }
			}
		}, "upgrade service", codeUpgradeService, "not running"},
		{"a proxy that is not there", func(b *sickbed) { b.proxy = "http://" + closedPort(b.t) }, "proxy", netdial.CodeProxyUnreachable, "proxy"},
		{"a proxy that asks for a log-in", func(b *sickbed) {
			answering(b, http.StatusProxyAuthRequired, "Proxy-Authenticate", `Basic realm="x"`)
		}, "proxy", netdial.CodeProxyAuth, "log-in"},
		{"a proxy of a kind nobody speaks", func(b *sickbed) { b.proxy = "pac+http://pac.example/x" }, "proxy", netdial.CodeProxyPAC, "PAC"},
		{"a proxy that lets nobody through", func(b *sickbed) { answering(b, http.StatusForbidden) }, "endpoint", netdial.CodeProxyBlocked, "does not let"},
		{"a proxy without a way out", func(b *sickbed) { answering(b, http.StatusBadGateway) }, "endpoint", netdial.CodeProxyFailed, "cannot reach"},
		{"a firewall", func(b *sickbed) { b.url = "https://" + closedPort(b.t) }, "endpoint", netdial.CodeRefused, "nothing answers"},
		{"TLS opened by something in between", func(b *sickbed) { b.roots = inspector(b.t) }, "TLS", netdial.CodeInspection, "Hospital IT"},
		{"a server of yesterday", func(b *sickbed) { b.maxTLS = tls.VersionTLS11 }, "TLS", netdial.CodeOldTLS, "TLS"},
		{"a cloud that is busy", func(b *sickbed) {
			b.serve = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
		}, "cloud", netdial.CodeCloudBusy, "503"},
		{"something else than the cloud", func(b *sickbed) { b.serve = http.NotFound }, "cloud", netdial.CodeNotTheCloud, "404"},
		{"a clock that is off", func(b *sickbed) {
			b.serve = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			}
		}, "clock", codeClockOff, "off the cloud's"},
		{"a clock for which the certificate is over", func(b *sickbed) { b.notAfter = time.Now().Add(-time.Minute) }, "clock", netdial.CodeClock, "expired"},
		{"signed time far away", func(b *sickbed) { b.status.LinkFacts[0].Value = "-3600000" }, "signed time", codeClockOff, "1h0m0s"},
		{"a policy of another key", func(b *sickbed) {
			b.policyBy, b.inForce = otherSigner(b.t), "refused: the signature does not hold"
		}, "site policy", codePolicySignature, "site-policy.note"},
		{"a policy that says what nobody knows", func(b *sickbed) { b.policy, b.inForce = goodPolicy+"colour = 1\n", "refused: colour" }, "site policy", codePolicyInvalid, "colour"},
		{"a good policy that is older than the last", func(b *sickbed) { b.inForce = "refused: number 7 is older than number 9" }, "policy in force", codePolicyRefused, "older"},
		{"a policy that the service did not take", func(b *sickbed) { b.inForce = "signed site policy number 6, SHA-256 00" }, "policy in force", codePolicyNotTaken, "number 6"},
		{"a policy that went away", func(b *sickbed) { b.policy, b.inForce = "", "refused: the file is missing" }, "policy in force", codePolicyRefused, "missing"},
		{"a log that cannot be written", func(b *sickbed) { b.log.State.Writable = false }, "log", codeLogNotWritable, "cannot be written"},
		{"a log with two histories", func(b *sickbed) { b.log.State.Trouble = "forked" }, "log", codeLogTrouble, "forked"},
		{"a witness that refuses", func(b *sickbed) { b.log.Witnesses[0].State = "shrunk" }, "log witnesses", codeLogWitness, "shrunk"},
		{"a link that is down", func(b *sickbed) { b.status.Link, b.status.LinkDetail = hostpb.Link_LINK_OFFLINE, "no way" }, "link", codeLinkOffline, "no way"},
		{"a copied identity", func(b *sickbed) { b.status.DeviceState = "copied" }, "identity", codeDevice, "copied"},
		{"inspection that the link saw", func(b *sickbed) {
			b.status.LinkFacts = append(b.status.LinkFacts, &hostpb.LinkFact{Name: "inspection", Value: "Hospital IT"})
		}, "link inspection", netdial.CodeInspection, "Hospital IT"},
		{"a part that failed", func(b *sickbed) {
			b.status.Components = append(b.status.Components, &hostpb.Component{Name: "probes", State: "failed", Detail: "why"})
		}, "part probes", codePart, "why"},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := newSickbed(t)
			row.broken(b)
			var bad []finding
			for _, f := range b.examine() {
				if f.State == stateFailed {
					bad = append(bad, f)
				}
				if f.OK == (f.State == stateFailed) {
					t.Errorf("%+v", f)
				}
			}
			right := func(f finding) bool { return f.Check == row.check || row.check == "endpoint" && endpoint(f) }
			if len(bad) != 1 || !right(bad[0]) || bad[0].Code != row.code || bad[0].Do != adviceFor(row.code) || !strings.Contains(bad[0].Detail, row.detail) {
				t.Errorf("%+v", bad)
			}
		})
	}
}

// Where all is well nothing fails, and what somebody should know is a note with
// a code of its own.
func TestDoctorFindsNothing(t *testing.T) {
	b := newSickbed(t)
	findings := b.examine()
	for _, f := range findings {
		// The roots of a test are a development set's.
		if f.State == stateFailed || f.State == stateNote && f.Code != codeTrustDevelopment {
			t.Errorf("%+v", f)
		}
	}
	for _, check := range []string{"configuration", "trust roots", "rights data", "disk", "log's folder", "programs", "versions", "service", "upgrade service", "proxy", "TLS", "cloud", "clock",
		"site policy", "policy in force", "log", "log witnesses", "log backup", "keys at rest", "link", "tray"} {
		if !slices.ContainsFunc(findings, func(f finding) bool { return f.Check == check }) {
			t.Errorf("%s was not looked at", check)
		}
	}
}

func TestDoctorTellsWhatSomebodyShouldKnow(t *testing.T) {
	old := time.Now().Add(-2 * 365 * 24 * time.Hour).Unix()
	for _, row := range []struct {
		check, code string
		make        func(*sickbed)
	}{
		{"site policy", codePolicyNone, func(b *sickbed) { b.policy, b.inForce = "", "no site policy" }},
		{"programs", codeNotInstalled, func(b *sickbed) { b.after = func(b *sickbed) { b.must(os.Remove(b.path("install/current"))) } }},
		{"log witnesses", codeLogNotWitnessed, func(b *sickbed) { b.log.Witnesses[0].State = "unreachable" }},
		{"log witnesses", codeLogNotWitnessed, func(b *sickbed) { b.log.State.Witnessed = 0 }},
		{"log backup", codeBackupNone, func(b *sickbed) { b.log.BackupUnix = 0 }},
		{"log backup", codeBackupOld, func(b *sickbed) { b.log.BackupUnix = old }},
		{"keys at rest", codeKeysOld, func(b *sickbed) { b.log.KeysUnix = old }},
		{"link", codeUnregistered, func(b *sickbed) { b.status.Link = hostpb.Link_LINK_UNREGISTERED }},
		{"part probes", codePart, func(b *sickbed) {
			b.status.Components = append(b.status.Components, &hostpb.Component{Name: "probes", State: "degraded", Detail: "why"})
		}},
		{"installation", codeRightsUnknown, func(b *sickbed) {
			b.after = func(b *sickbed) {
				b.doctor.setup = func(context.Context, string) (wrong, unknown []string, err error) {
					return nil, []string{"a task"}, nil
				}
			}
		}},
		{"tray", codeTrayMissing, func(b *sickbed) {
			b.after = func(b *sickbed) {
				b.doctor.running = func(context.Context) ([]string, error) { return []string{"init"}, nil }
			}
		}},
		{"upgrade service", protocol.CodeNotPermitted, func(b *sickbed) {
			b.after = func(b *sickbed) {
				b.doctor.upgrader = func(context.Context) (net.Conn, error) { return nil, pipe.ErrNotAdmitted }
			}
		}},
	} {
		b := newSickbed(t)
		row.make(b)
		told := false
		for _, f := range b.examine() {
			told = told || f.Check == row.check && f.State == stateNote && f.Code == row.code && f.Do != ""
			if f.State == stateFailed {
				t.Errorf("%s: %+v", row.code, f)
			}
		}
		if !told {
			t.Errorf("%s: %s is not told", row.check, row.code)
		}
	}
}
