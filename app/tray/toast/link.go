package toast

import (
	"strconv"
	"strings"

	"beckmanconnect/internal/pagelink"
)

// pages are the views an address may name.
var pages = map[string]bool{"notifications": true, "help": true, "upgrade": true, "activity": true, "register": true, "about": true}

const oneNotification = "notification/"

// Address is the one of a view, "" when the view has none.
func Address(view string) string {
	if !page(view) {
		return ""
	}
	return pagelink.Scheme + ":" + view
}

// View reads an address; ok is false for everything that Address does not make.
func View(address string) (view string, ok bool) {
	scheme, view, found := strings.Cut(address, ":")
	if !found || !strings.EqualFold(scheme, pagelink.Scheme) || !page(view) {
		return "", false
	}
	return view, true
}

func page(view string) bool {
	if pages[view] {
		return true
	}
	number, one := strings.CutPrefix(view, oneNotification)
	id, err := strconv.ParseUint(number, 10, 64)
	return one && err == nil && id > 0 && strconv.FormatUint(id, 10) == number
}

// registered says whether what the system holds for our scheme is ours: a toast
// that leads to somebody else's program, or to none, is shown without a link.
func registered(command string) bool {
	lower := strings.ToLower(command)
	tail := strings.ToLower(`\bin\beckmanconnect-tray.exe" ` + pagelink.OpenFlag + ` "%1"`)
	rest, ok := strings.CutSuffix(lower, tail)
	return ok && strings.HasPrefix(rest, `"`) && !strings.Contains(rest[1:], `"`)
}
