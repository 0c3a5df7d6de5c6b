package data

import (
	"encoding/json"
	"errors"

	"beckmanconnect/internal/cloudapi"
)

// Codes of what the cloud itself raises about a device.
const (
	AlarmSerialTwice  = "CLOUD-SERIAL-TWICE"
	AlarmLogShrunk    = "CLOUD-LOG-SHRUNK"
	AlarmLogForked    = "CLOUD-LOG-FORKED"
	AlarmLogSignature = "CLOUD-LOG-SIGNATURE"
	AlarmWitnessBack  = "CLOUD-WITNESS-BACK" // the cloud's own record of a log is older than what it cosigned
	AlarmNewLog       = "CLOUD-LOG-BEGAN"
	AlarmCopied       = "CLOUD-DEVICE-COPIED"
)

// Request states beside those of cloudapi.
const stateAnnounced = "announced" // known from the device's socket only

// ErrNotYours: the request belongs to another device.
var ErrNotYours = errors.New("this request belongs to another device")

// SetStatus keeps a device's latest status.
func (t *Tx) SetStatus(s cloudapi.Status) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if _, err := t.tx.Exec("UPDATE devices SET status=? WHERE id=?", string(text), t.device); err != nil {
		return err
	}
	return t.db.noteVersion(t.tx, t.device, s.Version, s.Channel)
}

// PutRequest keeps a request for help. Its ID belongs to the device that named
// it first, and what has ended stays ended.
func (t *Tx) PutRequest(r cloudapi.Request) error {
	if err := t.db.ownRequest(t.tx, r.ID, t.device); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	reason, err := t.db.seal.sealText(r.Reason, "requests", r.ID, "reason")
	if err != nil {
		return err
	}
	if _, err = t.tx.Exec(`INSERT INTO requests (id, device, state, reason, alarm, version, profile, since_ms, expires_ms) VALUES (?,?,?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET state=excluded.state, reason=excluded.reason, alarm=excluded.alarm, version=excluded.version, profile=excluded.profile,
			since_ms=CASE requests.state WHEN 'announced' THEN excluded.since_ms ELSE requests.since_ms END,
			expires_ms=excluded.expires_ms WHERE requests.state <> 'ended'`,
		r.ID, t.device, r.State, reason, r.AlarmCode, r.Version, r.Profile, r.SinceMS, r.ExpiresMS); err != nil {
		return err
	}
	return t.keepCase(r)
}

// AddSessionEvent appends to the session log (P14, P24).
func (t *Tx) AddSessionEvent(e cloudapi.SessionEvent, timeMS int64) error {
	if err := t.db.ownRequest(t.tx, e.Request, t.device); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	body, err := t.db.seal.sealJSON(e, "session_events", t.device, "body")
	if err != nil {
		return err
	}
	_, err = t.tx.Exec("INSERT INTO session_events (device, request, session, kind, time_ms, at_ms, body) VALUES (?,?,?,?,?,?,?)",
		t.device, e.Request, e.Session, e.Kind, timeMS, t.db.nowMS(), body)
	if err != nil {
		return err
	}
	if err := t.followCase(e); err != nil {
		return err
	}
	return t.db.noteOf(t.tx, sessionEvent(t.device, e, timeMS))
}

// PinVerifier gives the verifier of the device's log; the first one named
// stays (unless it came with the registration).
func (t *Tx) PinVerifier(offered string) (string, error) {
	var pinned string
	if err := t.tx.QueryRow("SELECT log_verifier FROM devices WHERE id=?", t.device).Scan(&pinned); err != nil {
		return "", err
	}
	if pinned != "" || offered == "" {
		return pinned, nil
	}
	_, err := t.tx.Exec("UPDATE devices SET log_verifier=? WHERE id=?", offered, t.device)
	return offered, err
}

// Raise keeps an alarm of the cloud's own about this device; title says code and
// values in English.
func (t *Tx) Raise(code, subject, title string, values cloudapi.Values) error {
	return t.db.raise(t.tx, t.device, code, subject, title, values)
}
