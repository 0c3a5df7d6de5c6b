package netdial

import (
	"fmt"
	"net/url"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	winhttp                 = windows.NewLazySystemDLL("winhttp.dll")
	winHTTPOpen             = winhttp.NewProc("WinHttpOpen")
	winHTTPCloseHandle      = winhttp.NewProc("WinHttpCloseHandle")
	winHTTPGetDefaultProxy  = winhttp.NewProc("WinHttpGetDefaultProxyConfiguration")
	winHTTPGetIEProxyConfig = winhttp.NewProc("WinHttpGetIEProxyConfigForCurrentUser")
	winHTTPGetProxyForURL   = winhttp.NewProc("WinHttpGetProxyForUrl")
	globalFree              = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalFree")
)

// What the system says of an address that cannot be reached.
const (
	errConnectionRefused = windows.WSAECONNREFUSED
	errNetUnreachable    = windows.WSAENETUNREACH
	errHostUnreachable   = windows.WSAEHOSTUNREACH
)

// As winhttp.h has them.
const (
	accessNoProxy      = 1
	accessNamedProxy   = 3
	autoDetect         = 1
	autoConfigURL      = 2
	detectDHCP, detect = 1, 2
)

type proxyInfo struct {
	access        uint32
	proxy, bypass *uint16
}

type userProxy struct {
	autoDetect                   int32
	configURL, proxy, proxyByass *uint16
}

type autoOptions struct {
	flags, detect uint32
	configURL     *uint16
	reserved      uintptr
	reserved2     uint32
	logon         int32
}

// systemRoute asks WinHTTP: the PAC script that is given, else what the
// service's account has set, else the machine's own setting (netsh winhttp).
func systemRoute(target *url.URL, pac string) (route, error) {
	if pac != "" {
		return scripted(target, pac, false)
	}
	var user userProxy
	if ok, _, _ := winHTTPGetIEProxyConfig.Call(uintptr(unsafe.Pointer(&user))); ok != 0 {
		defer free(user.configURL, user.proxy, user.proxyByass)
		switch {
		case user.configURL != nil:
			return scripted(target, windows.UTF16PtrToString(user.configURL), false)
		case user.proxy != nil:
			return named(target, windows.UTF16PtrToString(user.proxy), windows.UTF16PtrToString(user.proxyByass))
		case user.autoDetect != 0:
			// Nobody named a script: without one in the network there is none.
			if r, err := scripted(target, "", true); err == nil {
				return r, nil
			}
		}
	}
	var machine proxyInfo
	if ok, _, _ := winHTTPGetDefaultProxy.Call(uintptr(unsafe.Pointer(&machine))); ok == 0 || machine.access != accessNamedProxy || machine.proxy == nil {
		return route{}, nil
	}
	defer free(machine.proxy, machine.bypass)
	return named(target, windows.UTF16PtrToString(machine.proxy), windows.UTF16PtrToString(machine.bypass))
}

// userScript has a desktop's script run. Its server gets no log-in.
func userScript(target *url.URL, pac string) (route, error) {
	return run(target, autoOptions{}, pac, pac == "")
}

// scripted has WinHTTP fetch and run a PAC script.
func scripted(target *url.URL, pac string, search bool) (route, error) {
	return run(target, autoOptions{logon: 1}, pac, search)
}

func run(target *url.URL, options autoOptions, pac string, search bool) (route, error) {
	fail := func(err error) (route, error) {
		return route{source: FromSystem}, &ProxyError{Code: CodeProxyPAC, Err: fmt.Errorf("the PAC script: %w", err)}
	}
	agent, err := windows.UTF16PtrFromString("BeckmanConnect")
	if err != nil {
		return fail(err)
	}
	session, _, err := winHTTPOpen.Call(uintptr(unsafe.Pointer(agent)), accessNoProxy, 0, 0, 0)
	if session == 0 {
		return fail(err)
	}
	defer winHTTPCloseHandle.Call(session)
	options.flags = autoConfigURL
	if search {
		options.flags, options.detect = autoDetect, detectDHCP|detect
	} else if options.configURL, err = windows.UTF16PtrFromString(pac); err != nil {
		return fail(err)
	}
	address, err := windows.UTF16PtrFromString(target.String() + "/")
	if err != nil {
		return fail(err)
	}
	var info proxyInfo
	ok, _, err := winHTTPGetProxyForURL.Call(session, uintptr(unsafe.Pointer(address)), uintptr(unsafe.Pointer(&options)), uintptr(unsafe.Pointer(&info)))
	if ok == 0 {
		return fail(err)
	}
	defer free(info.proxy, info.bypass)
	if info.access != accessNamedProxy || info.proxy == nil {
		return route{source: FromSystem}, nil // the script says: none
	}
	return named(target, windows.UTF16PtrToString(info.proxy), "")
}

func free(pointers ...*uint16) {
	for _, p := range pointers {
		if p != nil {
			_, _, _ = globalFree.Call(uintptr(unsafe.Pointer(p)))
		}
	}
}

// named reads WinHTTP's list of proxies and of hosts that need none.
func named(target *url.URL, list, bypass string) (route, error) {
	if bypassed(target.Hostname(), bypass) {
		return route{source: FromSystem}, nil
	}
	address := firstProxy(list)
	if address == "" {
		return route{source: FromSystem}, nil // for other protocols only
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	return parseRoute(address, FromSystem)
}
