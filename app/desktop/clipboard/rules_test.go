package clipboard

import (
	"strings"
	"testing"

	"beckmanconnect/session/wire"
)

type offered map[string]any

func (o offered) Has(kind string) bool { _, ok := o[kind]; return ok }

func (o offered) Number(kind string) (uint32, bool) {
	n, ok := o[kind].(int)
	return uint32(n), ok
}

func TestSecret(t *testing.T) {
	for name, test := range map[string]struct {
		offered
		want bool
	}{
		"plain":                 {offered{}, false},
		"history allowed":       {offered{"CanIncludeInClipboardHistory": 1}, false},
		"no history":            {offered{"CanIncludeInClipboardHistory": 0}, true},
		"no upload":             {offered{"CanIncludeInClipboardHistory": 1, "CanUploadToCloudClipboard": 0}, true},
		"unreadable":            {offered{"CanUploadToCloudClipboard": "?"}, true},
		"no monitor":            {offered{"ExcludeClipboardContentFromMonitorProcessing": 1}, true},
		"no monitor, any value": {offered{"ExcludeClipboardContentFromMonitorProcessing": 0}, true},
		"no viewer":             {offered{"Clipboard Viewer Ignore": ""}, true},
	} {
		if got := secret(test.offered); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{"a\x00b": "ab", "a\xffb": "ab", "Größe\n": "Größe\n", "": ""} {
		if got, err := Clean(text); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if _, err := Clean(strings.Repeat("x", wire.MaxClipboard+1)); err == nil {
		t.Error("a text that is too long is cut, not refused")
	}
	if got := toWindows("a\nb\r\nc"); got != "a\r\nb\r\nc" || fromWindows(got) != "a\nb\nc" {
		t.Errorf("%q", got)
	}
}
