package notify

import (
	"os"
	"regexp"

	"beckmanconnect/service/profile"
	"beckmanconnect/store"
)

// Run is what is known of the instrument's run, by the words of Status. Unknown
// counts as running (defaults.md).
type Run = profile.Run

const (
	RunUnknown = profile.RunUnknown
	RunIdle    = profile.RunIdle
	RunRunning = profile.RunRunning
)

var severities = map[string]store.Severity{
	string(profile.Info): store.Info, string(profile.Low): store.Low, string(profile.Medium): store.Medium, string(profile.High): store.High,
}

// codeForm is what a code looks like, in profiles and of publishers.
var codeForm = regexp.MustCompile(`^[a-z][a-z0-9-]{1,48}$`)

// SeverityName is the word for a severity in profiles and for the cloud.
func SeverityName(severity store.Severity) string {
	for name, n := range severities {
		if n == severity {
			return name
		}
	}
	return ""
}

// observations are what lines of the log said, as alarms take it.
func observations(found []profile.Found, sample bool) []Observation {
	var out []Observation
	for _, f := range found {
		out = append(out, Observation{
			Code: f.Rule.Code, Severity: severities[string(f.Rule.Severity)], Source: SourceLog, Subject: f.Subject, Texts: texts(f.Rule.Texts),
			Clear: f.Over, Ends: f.Rule.Ends(), Verified: true, Sample: sample,
		})
	}
	return out
}

func texts(said []profile.Text) []store.Text {
	out := make([]store.Text, 0, len(said))
	for _, t := range said {
		out = append(out, store.Text(t))
	}
	return out
}

// DiskRule watches the file system of the instrument's folder.
type DiskRule struct {
	Code     string
	Severity store.Severity
	Texts    []store.Text
	Raise    float64 // percent used from which on it is raised
	Clear    float64 // percent used below which it is over
	Sample   bool    // of a profile made without a real log
}

// DiskRuleOf is the profile's, nil where it has none.
func DiskRuleOf(p *profile.Profile) *DiskRule {
	if p == nil || p.Disk == nil {
		return nil
	}
	d := p.Disk
	return &DiskRule{Code: d.Code, Severity: severities[string(d.Severity)], Texts: texts(d.Texts), Raise: d.Raise, Clear: d.Clear, Sample: p.Sample}
}

// OpenLog opens a log to read and lets the program that writes it rename and
// delete it meanwhile.
func OpenLog(path string) (*os.File, error) { return openShared(path) }
