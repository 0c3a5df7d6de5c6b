package vendorpolicy

import "beckmanconnect/internal/account"

// SwitchesOff: the capability is off, whatever a site says. A nil policy
// switches nothing off and revokes nothing.
func (p *Policy) SwitchesOff(capability string) bool {
	return p != nil && p.off[capability]
}

// RevokesAccount: no certificate of this account counts any more. What is no
// account in its one form counts as revoked.
func (p *Policy) RevokesAccount(who string) bool {
	if p == nil {
		return false
	}
	plain, ok := account.Canonical(who)
	return !ok || p.accounts[plain]
}

// RevokesCertificate: the certificate with this serial number, hexadecimal,
// does not count any more. One without a number counts as revoked.
func (p *Policy) RevokesCertificate(serial string) bool {
	if p == nil {
		return false
	}
	plain, ok := Serial(serial)
	return !ok || p.serials[plain]
}
