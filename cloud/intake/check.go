package intake

import (
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"beckmanconnect/internal/cloudapi"
)

// maxRequestLife bounds how long a call for help may wait.
const maxRequestLife = 8 * time.Hour

// maxEventFields bounds the fields of one line of the session log, in bytes:
// the longest honest one is a file's, well below 1 kB.
const maxEventFields = 8 << 10

var identifier = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// ValidID tells whether s may be a request's or session's ID.
func ValidID(s string) bool { return identifier.MatchString(s) }

func checkStatus(s *cloudapi.Status) bool {
	return texts(64, s.Version, s.Class, s.Run, s.Worst, s.Phase) && s.Open >= 0
}

func checkNotification(n *cloudapi.Notification) bool {
	return n.ID > 0 && n.ID <= 1<<62 && n.Code != "" && n.Count >= 0 && texts(64, n.Code) && texts(400, n.Source, n.Subject, n.Title) &&
		slices.Contains([]string{"info", "low", "medium", "high"}, n.Severity) &&
		slices.Contains([]string{"raised", "acknowledged", "cleared"}, n.State)
}

// checkRequest drops what the cloud fills in itself: a device cannot say that
// it is another one, or in another region.
func (i *Intake) checkRequest(r *cloudapi.Request) bool {
	r.Device, r.Serial, r.Type, r.Region, r.Technician = "", "", "", "", ""
	// The device's clock may be wrong; how long a request waits is measured by
	// ours.
	now := i.Now()
	life := time.Duration(r.ExpiresMS-r.SinceMS) * time.Millisecond
	// Once they are connected the session decides, which says "ended".
	if r.State == "connected" || r.ExpiresMS <= r.SinceMS || life <= 0 || life > maxRequestLife {
		life = maxRequestLife
	}
	r.SinceMS, r.ExpiresMS = now.UnixMilli(), now.Add(life).UnixMilli()
	return ValidID(r.ID) && texts(500, r.Reason) && texts(64, r.AlarmCode) &&
		slices.Contains([]string{"waiting", "connected", "ended"}, r.State)
}

func checkSessionEvent(s *cloudapi.SessionEvent) bool {
	if !ValidID(s.Request) || (s.Session != "" && !ValidID(s.Session)) || !ValidID(s.Kind) || !texts(254, s.Engineer) || len(s.Fields) > 32 {
		return false
	}
	size := 0
	for k, v := range s.Fields {
		if size += len(k) + len(v); !texts(64, k) || !texts(1000, v) {
			return false
		}
	}
	return size <= maxEventFields
}

func checkCheckpoint(c *cloudapi.Checkpoint) bool {
	return len(c.Note) <= 4096 && c.Note != "" && len(c.Verifier) <= 300
}

// texts checks lengths and that nothing in them moves a reader's cursor or
// direction (scenario 49).
func texts(max int, list ...string) bool {
	return !slices.ContainsFunc(list, func(s string) bool {
		return !utf8.ValidString(s) || utf8.RuneCountInString(s) > max || !printable(s)
	})
}

func printable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// short is a device's text made fit for our log.
func short(s string) string {
	q := strconv.QuoteToASCII(s[:min(len(s), 32)])
	return q[1 : len(q)-1]
}
