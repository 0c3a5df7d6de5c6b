package netdial

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/Azure/go-ntlmssp"
)

// authenticator is one log-in at a proxy.
type authenticator interface {
	// next is the value of Proxy-Authorization after the proxy offered these.
	next(offered []string) (string, error)
	// more says whether what the proxy offers now goes on with the log-in. When
	// it does not, the log-in was refused.
	more(offered []string) bool
	// bound: the log-in holds on one TCP connection only.
	bound() bool
	close()
}

var (
	errNoLogin      = errors.New("it asks for a log-in and none is configured")
	errNeedsWindows = errors.New("it asks for NTLM or Negotiate with the service's own account, which only Windows has")
	errNoScheme     = errors.New("it asks for a log-in of a kind that is not known here")
)

func codeOf(err error) string {
	if errors.Is(err, errNoLogin) {
		return CodeProxyAuth
	}
	return CodeProxyScheme
}

// schemeFor chooses how to log in: the service's own account where the system
// has one for it, then NTLM and Basic with the configured user. Basic comes
// last: it shows the password to whoever listens.
func schemeFor(offered []string, c credentials, proxy string) (authenticator, error) {
	negotiate, ntlm, basic := offers(offered, "Negotiate"), offers(offered, "NTLM"), offers(offered, "Basic")
	switch {
	case c.user == "" && negotiate:
		return ownAccount("Negotiate", proxy)
	case c.user == "" && ntlm:
		return ownAccount("NTLM", proxy)
	case c.user == "" && basic:
		return nil, errNoLogin
	case c.user != "" && ntlm:
		return &ntlmLogin{c: c}, nil
	case c.user != "" && basic:
		return &basicLogin{c: c}, nil
	case c.user != "" && negotiate:
		return ownAccount("Negotiate", proxy)
	}
	return nil, errNoScheme
}

func offers(offered []string, scheme string) bool {
	_, ok := challenge(offered, scheme)
	return ok
}

// challenge finds a scheme among the offered ones, with what stands behind it.
func challenge(offered []string, scheme string) (string, bool) {
	for _, o := range offered {
		name, rest, _ := strings.Cut(strings.TrimSpace(o), " ")
		if strings.EqualFold(name, scheme) {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

func token(scheme string, b []byte) string {
	return scheme + " " + base64.StdEncoding.EncodeToString(b)
}

// answer is a challenge's token.
func answer(offered []string, scheme string) []byte {
	text, ok := challenge(offered, scheme)
	if !ok || text == "" {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}

// basicLogin is RFC 7617: asked again, it was refused.
type basicLogin struct{ c credentials }

func (b *basicLogin) next([]string) (string, error) {
	return token("Basic", []byte(b.c.user+":"+b.c.password)), nil
}
func (b *basicLogin) more([]string) bool { return false }
func (b *basicLogin) bound() bool        { return false }
func (b *basicLogin) close()             {}

// ntlmLogin is NTLMv2 with the configured user: two messages on one connection.
type ntlmLogin struct {
	c    credentials
	sent int
}

func (n *ntlmLogin) next(offered []string) (string, error) {
	n.sent++
	if n.sent == 1 {
		message, err := ntlmssp.NewNegotiateMessage("", "")
		return token("NTLM", message), err
	}
	message, err := ntlmssp.NewAuthenticateMessage(answer(offered, "NTLM"), n.c.user, n.c.password, nil)
	return token("NTLM", message), err
}

func (n *ntlmLogin) more(offered []string) bool { return n.sent == 1 && answer(offered, "NTLM") != nil }
func (n *ntlmLogin) bound() bool                { return true }
func (n *ntlmLogin) close()                     {}
