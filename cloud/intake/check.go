package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
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
	return texts(64, s.Version, s.Class, s.Run, s.Worst, s.Phase, s.Channel) && s.Open >= 0
}

// lastDate is the last moment that every reader of ours can show, in Unix ms:
// what a browser's Date holds.
const lastDate = 8_640_000_000_000_000

// Bounds of counts, far above what is honest.
const (
	maxMembers = 1 << 20
	maxCount   = 1 << 40
)

var severities = []string{"info", "low", "medium", "high"}

// dates are forged at will by a device; they only must be some (scenario 49).
func dates(list ...int64) bool {
	return !slices.ContainsFunc(list, func(ms int64) bool { return ms < 0 || ms > lastDate })
}

func checkNotification(n *cloudapi.Notification) bool {
	return n.ID > 0 && n.ID <= 1<<62 && n.Code != "" && n.Count >= 0 && n.Count <= maxCount && texts(64, n.Code) && texts(400, n.Source, n.Subject, n.Title) &&
		slices.Contains(severities, n.Severity) &&
		slices.Contains([]string{"raised", "acknowledged", "shelved", "cleared"}, n.State) &&
		dates(n.RaisedMS, n.LastMS, n.Acknowledged, n.Seen, n.Escalated, n.ShelvedUntil) &&
		(n.State != "shelved" || n.ShelvedUntil > 0) &&
		n.Group <= 1<<62 && n.Group != n.ID && n.Members >= 0 && n.Members <= maxMembers
}

// checkDigest: what was counted fits together.
func checkDigest(d *cloudapi.Digest) bool {
	sum := 0
	for severity, n := range d.Raised {
		if !slices.Contains(severities, severity) || n < 0 || n > maxMembers {
			return false
		}
		sum += n
	}
	return dates(d.FromMS, d.ToMS) && d.FromMS <= d.ToMS && d.Open >= 0 && d.Open <= sum && d.Waiting >= 0 && d.Waiting <= maxCount
}

// checkHelpLogs: lines of plain text, exactly those whose hash was shown to the
// technician.
func checkHelpLogs(l *cloudapi.HelpLogs) bool {
	sum := sha256.Sum256([]byte(l.Text))
	return ValidID(l.Request) && l.Text != "" && len(l.Text) <= cloudapi.MaxHelpLogs && l.SHA256 == hex.EncodeToString(sum[:]) &&
		l.Lines > 0 && l.Lines <= strings.Count(l.Text, "\n")+1 && utf8.ValidString(l.Text) &&
		!strings.ContainsFunc(l.Text, func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsGraphic(r) })
}

// checkRequest drops what the cloud fills in itself: a device cannot say that
// it is another one, or in another region.
func (i *Intake) checkRequest(r *cloudapi.Request) bool {
	r.Device, r.Serial, r.Type, r.Region, r.Technician, r.HasLogs = "", "", "", "", "", false
	// The device's clock may be wrong; how long a request waits is measured by
	// ours.
	now := i.Now()
	life := time.Duration(r.ExpiresMS-r.SinceMS) * time.Millisecond
	// Once they are connected the session decides, which says "ended".
	if r.State == "connected" || r.ExpiresMS <= r.SinceMS || life <= 0 || life > maxRequestLife {
		life = maxRequestLife
	}
	r.SinceMS, r.ExpiresMS = now.UnixMilli(), now.Add(life).UnixMilli()
	return ValidID(r.ID) && texts(500, r.Reason) && texts(64, r.AlarmCode, r.Version) && texts(120, r.Profile) &&
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
	return len(c.Note) <= 4096 && c.Note != "" && len(c.Verifier) <= 300 && c.Old >= 0 && len(c.Proof) <= 64
}

func checkKept(k *cloudapi.Kept) bool {
	return k.V == cloudapi.AgainVersion && k.Epoch != "" && texts(64, k.Epoch) && k.Oldest > 0 && k.Newest > 0 && k.Oldest <= k.Newest && k.Newest <= 1<<62
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
