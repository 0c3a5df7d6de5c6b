package ask

import (
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// Trouble is what keeps the service from its work, and what to do; Title "":
// nothing.
type Trouble struct{ Title, Detail string }

// Stopped is what keeps the service from working for this device: trouble with
// the log, a device that the vendor has withdrawn.
func Stopped(c *text.Catalogue, s *hostpb.Status) Trouble {
	if t := LogTrouble(c, s.GetLog()); t.Title != "" {
		return t
	}
	if key := "banner.device." + s.GetDeviceState(); c.Has(key) {
		return Trouble{c.T("home.device.title"), c.T(key)}
	}
	return Trouble{}
}

// LogTrouble is what is wrong with the log; a log not yet heard of is not. What
// we have no words for is trouble all the same.
func LogTrouble(c *text.Catalogue, log *hostpb.LogState) Trouble {
	if log == nil {
		return Trouble{}
	}
	code := log.GetTrouble()
	if code == "" && !log.GetWritable() {
		code = "not-writable"
	}
	key := "activity.trouble." + code
	switch {
	case code == "":
		return Trouble{}
	case c.Has(key + ".title"):
		return Trouble{c.T(key + ".title"), c.T(key + ".detail")}
	}
	return Trouble{c.T("activity.trouble.other.title"), c.T("activity.trouble.other.detail", "code", Clean(code, 40))}
}
