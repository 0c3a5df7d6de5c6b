package hostconfig

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Scenario 57: what was said at installation arrives as it was said, or not at
// all.
func TestAnswers(t *testing.T) {
	tests := map[string]struct {
		said map[string]string
		want string
		bad  string
	}{
		"nothing":            {map[string]string{}, "", ""},
		"nothing was said":   {map[string]string{"CLOUDURL": "=", "SERIAL": "="}, "", ""},
		"an address":         {map[string]string{"CLOUDURL": "=https://support.example"}, "CLOUDURL=https://support.example", ""},
		"quotes and words":   {map[string]string{"SERIAL": `=a" --remove-data "b`}, `SERIAL=a" --remove-data "b`, ""},
		"a sign of its own":  {map[string]string{"SERIAL": "==#1;%PATH%[PROXY]"}, "SERIAL==#1;%PATH%[PROXY]", ""},
		"a policy":           {map[string]string{"POLICY": `=C:\a b\site.note`}, `POLICY=C:\a b\site.note`, ""},
		"not of a package":   {map[string]string{"SERIAL": "77"}, "", "no package wrote this"},
		"a line end":         {map[string]string{"SERIAL": "=1\n[cloud]"}, "", "not one line"},
		"a nul":              {map[string]string{"SERIAL": "=1\x00"}, "", "not one line"},
		"too long":           {map[string]string{"SERIAL": "=" + strings.Repeat("x", maxValue+1)}, "", "longer"},
		"an unreadable kind": {map[string]string{"REGION": "error"}, "", "unexpected kind"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := answers("there", func(name string) (string, bool, error) {
				text, ok := test.said[name]
				if text == "error" {
					return "", false, errors.New("unexpected kind")
				}
				return text, ok, nil
			})
			var all []string
			for _, s := range got {
				all = append(all, s.Name+"="+s.Value)
			}
			if strings.Join(all, "|") != test.want || (err == nil) != (test.bad == "") || err != nil && !strings.Contains(err.Error(), test.bad) {
				t.Errorf("%q, %v", all, err)
			}
		})
	}
}

// Whatever one answer holds, no other answer comes of it.
func TestAnswersStayApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		got, err := answers("there", func(name string) (string, bool, error) { return "=" + value, name == "SERIAL", nil })
		if err == nil && value != "" && (len(got) != 1 || got[0] != Setting{"SERIAL", value}) {
			t.Fatalf("%q", got)
		}
	})
}
