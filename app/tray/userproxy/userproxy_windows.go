package userproxy

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"

	"beckmanconnect/ipc/hostpb"
)

var (
	procGetIEProxyConfig = windows.NewLazySystemDLL("winhttp.dll").NewProc("WinHttpGetIEProxyConfigForCurrentUser")
	procGlobalFree       = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalFree")
)

// Read asks WinHTTP for this user's settings, which are those of Windows'
// "Proxy" page. They hold no log-in.
func Read() (*hostpb.OfferProxyRequest, error) {
	var user struct {
		detect             int32
		pac, proxy, bypass *uint16
	}
	if ok, _, err := procGetIEProxyConfig.Call(uintptr(unsafe.Pointer(&user))); ok == 0 {
		return nil, fmt.Errorf("userproxy: read the settings: %w", err)
	}
	text := func(p *uint16) string {
		if p == nil {
			return ""
		}
		defer procGlobalFree.Call(uintptr(unsafe.Pointer(p)))
		return windows.UTF16PtrToString(p)
	}
	pac, proxy, bypass := text(user.pac), text(user.proxy), text(user.bypass)
	return request(proxy, bypass, pac, user.detect != 0), nil
}
