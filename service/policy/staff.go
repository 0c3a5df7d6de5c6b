package policy

import (
	"slices"

	"beckmanconnect/internal/account"
)

// Engineer is who a verified certificate names.
type Engineer struct {
	Account      string
	Organisation string
	Regions      []string // trained for
	Serial       string   // of the certificate, hexadecimal
}

// Verdict is one question about an engineer with its answer.
type Verdict struct {
	Layer
	Code string // stable, names what refuses
}

// Admit says why an engineer may not reach this PC at all, or "": trained
// region (P20), remote support at all, revocation, the site's list (P21). It
// is asked for every message, so that whoever is taken off a list in
// mid-session is out with the next one (scenario 27).
func (e *Effective) Admit(who Engineer) (code string) {
	for _, v := range e.verdicts(who) {
		if !v.Allows {
			return v.Code
		}
	}
	return ""
}

func (e *Effective) verdicts(who Engineer) []Verdict {
	return []Verdict{
		e.region(who.Regions), e.support(), e.accountRevoked(who.Account), e.certificateRevoked(who.Serial), e.listed(who.Account, who.Organisation),
	}
}

// ExplainEngineer is Admit in words. A question nothing is known for, regions
// or serial number, is left out: there is no certificate to ask.
func (e *Effective) ExplainEngineer(who Engineer) []Layer {
	var layers []Layer
	for _, v := range e.verdicts(who) {
		if v.Layer.Name == layerRegion && len(who.Regions) == 0 || v.Layer.Name == layerCertificate && who.Serial == "" {
			continue
		}
		layers = append(layers, v.Layer)
	}
	return layers
}

const (
	layerRegion      = "region"
	layerSupport     = "remote support"
	layerAccount     = "vendor policy, account"
	layerCertificate = "vendor policy, certificate"
	layerList        = "site policy, list"
)

func (e *Effective) region(trained []string) Verdict {
	v := Verdict{Layer{layerRegion, "trained for this PC's region", true}, "not-trained-for-region"}
	if !slices.Contains(trained, e.layers.Facts.Region) {
		v.Says, v.Allows = "not trained for this PC's region", false
	}
	return v
}

func (e *Effective) support() Verdict {
	d := e.Decide(Support)
	return Verdict{Layer{layerSupport, d.Why, d.Allowed()}, "off"}
}

// VendorOff: the vendor switched remote support off, or it cannot be told
// whether it did.
func (e *Effective) VendorOff() bool {
	return e.layers.VendorLost != "" || e.layers.Vendor.SwitchesOff(string(Support))
}

func (e *Effective) accountRevoked(who string) Verdict {
	v := Verdict{Layer{layerAccount, "not revoked", true}, "revoked"}
	switch {
	case e.layers.VendorLost != "":
		v.Says, v.Allows = "it cannot be told who was revoked", false
	case e.layers.Vendor.RevokesAccount(who):
		v.Says, v.Allows = "the account is revoked", false
	}
	return v
}

func (e *Effective) certificateRevoked(serial string) Verdict {
	v := Verdict{Layer{layerCertificate, "not revoked", true}, "revoked"}
	if e.layers.Vendor.RevokesCertificate(serial) {
		v.Says, v.Allows = "the certificate is revoked", false
	}
	return v
}

func (e *Effective) listed(who, organisation string) Verdict {
	d := e.AllowsStaff(who, organisation)
	return Verdict{Layer{layerList, d.Why, d.Allowed()}, "not-allowlisted"}
}

// AllowsStaff holds an engineer's account and organisation, as certified,
// against the site's allowlist (P21). Without a policy anyone whom the staff
// certificate authority vouches for may be asked about; with one, nobody who
// is not in it.
func (e *Effective) AllowsStaff(who, organisation string) Decision {
	plain, ok := account.Canonical(who)
	if !ok {
		return Decision{Never, "the certificate does not name an account"}
	}
	site := e.layers.Site
	if site == nil {
		if e.layers.Refused != "" {
			return Decision{Never, "the site policy was refused, so nobody is on its list"}
		}
		return Decision{Ask, "no site policy limits the staff"}
	}
	if len(site.Organisations) > 0 && !slices.Contains(site.Organisations, organisation) {
		return Decision{Never, "the organisation is not on the site's list"}
	}
	if site.StaffAny || slices.Contains(site.Staff, plain) {
		return Decision{Ask, "on the site's list"}
	}
	return Decision{Never, "the account is not on the site's list"}
}

// VerifiedPublisher: the signed policy lists this publisher of local
// notifications, and names no account for it; see VerifiedPublisherAs.
func (e *Effective) VerifiedPublisher(name string) bool {
	verified, _ := e.VerifiedPublisherAs(name, "")
	return verified
}
