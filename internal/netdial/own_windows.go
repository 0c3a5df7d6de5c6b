package netdial

import (
	"fmt"

	"github.com/alexbrainman/sspi"
	"github.com/alexbrainman/sspi/negotiate"
	"github.com/alexbrainman/sspi/ntlm"
)

// securityContext is one log-in by the system's security provider.
type securityContext interface {
	Release() error
}

// ownLogin logs in as the account the service runs under.
type ownLogin struct {
	scheme, proxy string
	credentials   *sspi.Credentials
	context       securityContext
	update        func(token []byte) ([]byte, error)
	done          bool
}

// ownAccount makes a log-in with the service's own account.
func ownAccount(scheme, proxy string) (authenticator, error) {
	acquire := negotiate.AcquireCurrentUserCredentials
	if scheme == "NTLM" {
		acquire = ntlm.AcquireCurrentUserCredentials
	}
	c, err := acquire()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", scheme, err)
	}
	return &ownLogin{scheme: scheme, proxy: proxy, credentials: c}, nil
}

func (o *ownLogin) next(offered []string) (string, error) {
	if o.context == nil {
		first, err := o.begin()
		return token(o.scheme, first), err
	}
	next, err := o.update(answer(offered, o.scheme))
	return token(o.scheme, next), err
}

func (o *ownLogin) begin() ([]byte, error) {
	if o.scheme == "NTLM" {
		context, first, err := ntlm.NewClientContext(o.credentials)
		if err != nil {
			return nil, err
		}
		o.context = context
		o.update = func(token []byte) ([]byte, error) {
			o.done = true
			return context.Update(token)
		}
		return first, nil
	}
	context, first, err := negotiate.NewClientContext(o.credentials, "HTTP/"+o.proxy)
	if err != nil {
		return nil, err
	}
	o.context = context
	o.update = func(token []byte) (out []byte, err error) {
		o.done, out, err = context.Update(token)
		return out, err
	}
	return first, nil
}

func (o *ownLogin) more(offered []string) bool { return !o.done && answer(offered, o.scheme) != nil }
func (o *ownLogin) bound() bool                { return true }

func (o *ownLogin) close() {
	if o.context != nil {
		_ = o.context.Release() // there is nothing left to do about it
	}
	_ = o.credentials.Release()
}
