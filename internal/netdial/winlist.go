package netdial

import (
	"path"
	"strings"
)

// What Windows writes down for proxies, read here so that every system tests it.

// firstProxy is the proxy for https in a list such as
// "http=a:80;https=b:8080 c:3128": the one named for it, else the first that is
// for everything.
func firstProxy(list string) string {
	every := ""
	for _, one := range strings.FieldsFunc(list, func(r rune) bool { return r == ';' || r == ' ' }) {
		protocol, address, ok := strings.Cut(one, "=")
		switch {
		case ok && strings.EqualFold(protocol, "https"):
			return address
		case !ok && every == "":
			every = one
		}
	}
	return every
}

// bypassed says whether a host needs no proxy by a list such as
// "*.lab.example;<local>". <local> is every name without a dot.
func bypassed(host, list string) bool {
	for _, one := range strings.FieldsFunc(strings.ToLower(list), func(r rune) bool { return r == ';' || r == ' ' }) {
		if one == "<local>" && !strings.ContainsAny(host, ".:") {
			return true
		}
		if ok, err := path.Match(one, strings.ToLower(host)); err == nil && ok {
			return true
		}
	}
	return false
}
