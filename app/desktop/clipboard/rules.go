package clipboard

import "strings"

// The kinds by which a program on Windows marks what is not to be kept: the
// first three by being there at all, the rest by a value of zero.
var (
	secretKinds  = []string{"ExcludeClipboardContentFromMonitorProcessing", "Clipboard Viewer Ignore", "x-kde-passwordManagerHint"}
	allowedKinds = []string{"CanIncludeInClipboardHistory", "CanUploadToCloudClipboard"}
)

// offer is what of a clipboard decides whether its text may be looked at.
type offer interface {
	// Has says whether a kind is there, by its registered name.
	Has(kind string) bool
	// Number reads a kind that holds one; false: it holds none.
	Number(kind string) (uint32, bool)
}

// secret says whether a clipboard's text is not for anybody else: marked by a
// password manager or by a program that wants no monitor to see it. What is
// marked in a way that cannot be read counts as secret.
func secret(o offer) bool {
	for _, kind := range secretKinds {
		if o.Has(kind) {
			return true
		}
	}
	for _, kind := range allowedKinds {
		if !o.Has(kind) {
			continue
		}
		if allowed, known := o.Number(kind); !known || allowed == 0 {
			return true
		}
	}
	return false
}

// toWindows ends lines as programs on Windows expect them, fromWindows as
// everybody else does.
func toWindows(text string) string {
	return strings.ReplaceAll(fromWindows(text), "\n", "\r\n")
}

func fromWindows(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
