package engineer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"beckmanconnect/build/hostile/far"
	"beckmanconnect/build/hostile/pc"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/wire"
)

// Classes about who is at the other end.
var certificates = []class{
	{"certificates that are not good", 12, (*walk).badCertificate},
	{"the wrong TLS", 3, (*walk).wrongTLS},
}

// bad are certificates with something wrong, each one thing.
var bad = map[string]func(*walk, *x509.Certificate) (parent *channeltest.CA, key crypto.Signer){
	"expired": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"not yet": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		c.NotBefore, c.NotAfter = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"of another CA of the same name": func(_ *walk, _ *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		return channeltest.NewCA(pc.TB{}, "Test Staff CA"), channeltest.EngineerKey(pc.TB{})
	},
	"of the device CA": func(w *walk, _ *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		return w.kit.DeviceCA, channeltest.EngineerKey(pc.TB{})
	},
	"for another request": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		named(c, "request", strings.Repeat("ab", 16))
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"for two requests": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		c.URIs = append(c.URIs, uri("request", strings.Repeat("ab", 16)))
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"not on the list": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		named(c, "account", pick(w, []string{
			"mallory@vendor.example", "anna.weber@vendor.example.evil.example", "anna.weber@vendor.example ", "аnna.weber@vendor.example",
			"anna.weber\u200b@vendor.example", "anna.weber@vendor.example@vendor.example", "bob@vendor.example", "*", "anna.weber",
		}))
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"two accounts": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		c.URIs = append(c.URIs, uri("account", "mallory@vendor.example"))
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"no region": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		c.URIs = drop(c.URIs, "region")
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"another region": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		named(c, "region", pick(w, []string{"us", "EU", "eu ", "eu,us", "*", "eu\x00", "еu"}))
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"no account": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		c.URIs = drop(c.URIs, "account")
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"a name that misleads": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		c.Subject.CommonName = pick(w, []string{
			"Anna\u202erebeW", "Anna\nWeber", "Anna Weber\x00", "", " Anna Weber", strings.Repeat("A", 500), "Anna\u200b Weber", "\x1b[1mAnna", "Anna\tWeber",
		})
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"an organisation that misleads": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		c.Subject.Organization = pick(w, [][]string{nil, {"Service", "IT"}, {"Ser\u202evice"}, {""}, {strings.Repeat("x", 300)}})
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"unknown names": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		c.URIs = append(c.URIs, pick(w, []*url.URL{
			uri("role", "it"), uri("grant", "control"), {Scheme: "beckmanconnect", Host: "staff", Path: "/account"},
			{Scheme: "beckmanconnect", Host: "staff", Path: "/region/eu", RawQuery: "account=x"},
		}))
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"RSA-2048": func(w *walk, _ *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		return w.kit.StaffCA, channeltest.ShortKey(pc.TB{})
	},
	"an authority": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		c.IsCA, c.KeyUsage = true, c.KeyUsage|x509.KeyUsageCertSign
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"for servers": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"for no use": func(w *walk, c *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		c.ExtKeyUsage, c.KeyUsage = nil, x509.KeyUsageKeyEncipherment
		return w.kit.StaffCA, channeltest.EngineerKey(pc.TB{})
	},
	"ECDSA": func(w *walk, _ *x509.Certificate) (*channeltest.CA, crypto.Signer) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		return w.kit.StaffCA, key
	},
}

// kinds in a fixed order, so that the seed decides.
var kinds = []string{
	"expired", "not yet", "of another CA of the same name", "of the device CA", "for another request", "for two requests", "not on the list", "two accounts",
	"no region", "another region", "no account", "a name that misleads", "an organisation that misleads", "unknown names", "RSA-2048", "an authority",
	"for servers", "for no use", "ECDSA",
}

func uri(kind, value string) *url.URL {
	return &url.URL{Scheme: "beckmanconnect", Host: "staff", Path: "/" + kind + "/" + value}
}

func drop(from []*url.URL, kind string) []*url.URL {
	var out []*url.URL
	for _, u := range from {
		if !strings.HasPrefix(u.Path, "/"+kind+"/") {
			out = append(out, u)
		}
	}
	return out
}

func named(c *x509.Certificate, kind, value string) {
	c.URIs = append(drop(c.URIs, kind), uri(kind, value))
}

// badCertificate comes with one, and with the right code.
func (w *walk) badCertificate() error {
	if err := w.waiting(); err != nil {
		return err
	}
	w.drop()
	kind := kinds[w.r.IntN(len(kinds))]
	w.log("certificate: %s", kind)
	id := anna
	id.Request = w.request
	template, err := channel.EngineerTemplate(id, time.Now().Add(-time.Minute), time.Now().Add(10*time.Minute))
	if err != nil {
		return err
	}
	template.Subject = pkix.Name{CommonName: id.Name, Organization: []string{id.Organisation}}
	ca, key := bad[kind](w, template)
	der, err := x509.CreateCertificate(rand.Reader, template, ca.Cert, key.Public(), ca.Key)
	if err != nil {
		return fmt.Errorf("certificate %q: %w", kind, err)
	}
	chain := [][]byte{der}
	if w.r.IntN(4) == 0 {
		chain = append(chain, ca.Cert.Raw, w.kit.StaffCA.Cert.Raw, w.kit.Engineer(anna).Certificate[0])
	}
	return w.barredWith(far.Config(tls.Certificate{Certificate: chain, PrivateKey: key}))
}

// barredWith: no channel comes of it; where the engineer's end is done before
// the host refuses (TLS 1.2), the right code finds nobody.
func (w *walk) barredWith(conf *tls.Config) error {
	p, err := w.connectWith(anna, conf)
	if err != nil {
		return nil //nolint:nilerr // refused in the handshake, as it should be
	}
	defer p.Cut()
	_ = p.Hello("let me in") // it may be gone
	if _, err := p.Prove(w.ctx, w.code, false); err != nil && !p.Ended() && !errors.Is(err, far.ErrEnded) {
		return gone(err)
	}
	return nil
}

// wrongTLS offers anything but the one version and suite (P9, P10).
func (w *walk) wrongTLS() error {
	if err := w.waiting(); err != nil {
		return err
	}
	w.drop()
	conf := far.Config(w.certificate(anna))
	switch w.r.IntN(7) {
	case 0:
		conf.MinVersion, conf.MaxVersion = tls.VersionTLS13, tls.VersionTLS13
	case 1:
		conf.MinVersion, conf.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	case 2:
		conf.CipherSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256}
	case 3:
		conf.CipherSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	case 4:
		conf.CipherSuites = []uint16{tls.TLS_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_RSA_WITH_AES_256_CBC_SHA}
	case 5: // no certificate at all
		conf.Certificates, conf.GetClientCertificate = nil, nil
	case 6: // no TLS: the protocol in the clear
		under, err := w.line.dial(w.ctx, w.request, anna.Account)
		if err != nil {
			return err
		}
		defer under.Close()
		for _, m := range []string{`{"v":2,"t":"hello","versions":[1,2]}`, `{"v":2,"t":"pake","data":"AAAA","code":"` + w.code + `"}`} {
			if _, err := under.Write(far.Frame(wire.FrameControl, []byte(m))); err != nil {
				return nil //nolint:nilerr // cut, as it should be
			}
		}
		return nil
	}
	return w.barredWith(conf)
}
