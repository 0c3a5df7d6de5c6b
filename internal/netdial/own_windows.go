package netdial

import (
	"fmt"
	"syscall"

	"github.com/alexbrainman/sspi"
)

// ownLogin logs in as the account the service runs under, by the system's
// security provider. The library's packages for each scheme are not used: they
// end the program at its start where Windows has that scheme switched off.
type ownLogin struct {
	scheme      string
	target      *uint16 // service principal, of Negotiate
	size        uint32  // of the largest token
	credentials *sspi.Credentials
	context     *sspi.Context
	done        bool
}

// ownAccount makes a log-in with the service's own account.
func ownAccount(scheme, proxy string) (authenticator, error) {
	o := &ownLogin{scheme: scheme}
	if scheme != "NTLM" {
		target, err := syscall.UTF16PtrFromString("HTTP/" + proxy)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", scheme, err)
		}
		o.target = target
	}
	info, err := sspi.QueryPackageInfo(scheme)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", scheme, err)
	}
	o.size = info.MaxToken
	if o.credentials, err = sspi.AcquireCredentials("", scheme, sspi.SECPKG_CRED_OUTBOUND, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", scheme, err)
	}
	return o, nil
}

func (o *ownLogin) next(offered []string) (string, error) {
	var challenge []byte
	if o.context == nil {
		o.context = sspi.NewClientContext(o.credentials, sspi.ISC_REQ_CONNECTION)
	} else {
		challenge = answer(offered, o.scheme)
	}
	next, err := o.update(challenge)
	return token(o.scheme, next), err
}

// update gives the next token to what the proxy said; it begins with nothing.
func (o *ownLogin) update(challenge []byte) ([]byte, error) {
	out := make([]byte, o.size)
	var to, from [1]sspi.SecBuffer
	to[0].Set(sspi.SECBUFFER_TOKEN, out)
	said := (*sspi.SecBufferDesc)(nil)
	if len(challenge) > 0 {
		from[0].Set(sspi.SECBUFFER_TOKEN, challenge)
		said = sspi.NewSecBufferDesc(from[:])
	}
	desc := sspi.NewSecBufferDesc(to[:])
	ret := o.context.Update(o.target, desc, said)
	if ret == sspi.SEC_I_COMPLETE_NEEDED || ret == sspi.SEC_I_COMPLETE_AND_CONTINUE {
		if e := sspi.CompleteAuthToken(o.context.Handle, desc); e != sspi.SEC_E_OK {
			return nil, fmt.Errorf("%s: %w", o.scheme, e)
		}
	}
	switch ret {
	case sspi.SEC_E_OK, sspi.SEC_I_COMPLETE_NEEDED:
		o.done = true
	case sspi.SEC_I_CONTINUE_NEEDED, sspi.SEC_I_COMPLETE_AND_CONTINUE:
	default:
		return nil, fmt.Errorf("%s: %w", o.scheme, ret)
	}
	return out[:to[0].BufferSize], nil
}

func (o *ownLogin) more(offered []string) bool { return !o.done && answer(offered, o.scheme) != nil }
func (o *ownLogin) bound() bool                { return true }

func (o *ownLogin) close() {
	if o.context != nil && o.context.Handle != nil {
		_ = o.context.Release() // there is nothing left to do about it
	}
	_ = o.credentials.Release()
}
