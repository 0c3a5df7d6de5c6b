// Package account has the one form in which accounts of the vendor's staff are
// compared (P21), on the instrument PC and on the other side alike.
package account

import "strings"

// longest is what an address can have at most (RFC 5321).
const longest = 254

// Canonical is the account in ASCII, in lower case, with one "@". Everything
// that could be an alias or a look-alike is no account at all (scenario 27).
func Canonical(account string) (string, bool) {
	if len(account) > longest {
		return "", false
	}
	name, host, ok := strings.Cut(account, "@")
	if !ok || name == "" || host == "" {
		return "", false
	}
	for _, r := range name + host {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_', r == '+':
		default:
			return "", false
		}
	}
	return strings.ToLower(account), true
}
