package cloud_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// envelope is a status as a message without a number.
func envelope(t *testing.T, kind string, body any) []byte {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: kind, Body: text})
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// alarms gives the codes that staff sees of a device, with how they stand.
func (d *device) alarms(t *testing.T) string {
	t.Helper()
	list, err := d.DB().Notifications(t.Context(), d.id, 20)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, n := range list {
		all = append(all, n.Code+" "+n.State)
	}
	return strings.Join(all, ", ")
}

// turnedAway checks that a device comes in nowhere, and is told why.
func (d *device) turnedAway(t *testing.T, code string) {
	t.Helper()
	if status, failure := post(t, d.client(), d.BaseURL()+cloudapi.PathDevices, registration(csrPEM(t, d.key)), nil); status != http.StatusForbidden || failure.Code != code {
		t.Errorf("registration: %d %+v", status, failure)
	}
	if status, failure := get(t, d.client(d.cert), d.BaseURL()+cloudapi.PathMQTT, nil); status != http.StatusForbidden || failure.Code != code {
		t.Errorf("broker: %d %+v", status, failure)
	}
	if status, _ := get(t, d.client(d.cert), d.BaseURL()+cloudapi.PathRelay+"req-1?role=host", nil); status != http.StatusForbidden {
		t.Errorf("relay: %d", status)
	}
}

// Two PCs with one identity, both alive: they take the link from each other,
// and are refused, both, until each registers with a key of its own (P10, P13).
func TestTwoPCsWithOneIdentity(t *testing.T) {
	r := start(t)
	d := r.register(t)
	// Each PC's service has its own start; the machine is the same, as a
	// virtual one's is that was copied with its UUID.
	for i, boot := range []string{"a", "a", "b", "c"} { // a restart or two are nothing
		d.connect(t).say(d.id, cloudapi.KindStatus, "", 0, cloudapi.Status{Version: "1", Boot: boot, Machine: strings.Repeat("1", 32)})
		if got := d.alarms(t); got != "" {
			t.Fatalf("after connection %d: %s", i, got)
		}
	}
	d.connect(t).say(d.id, cloudapi.KindStatus, "", 0, cloudapi.Status{Version: "1", Boot: "d"})
	d.connect(t).say(d.id, cloudapi.KindStatus, "", 0, cloudapi.Status{Version: "1", Boot: "c"})
	// Each of them registers again when it starts; with a third device's record
	// the cloud has read those before it.
	d.again(t)
	third := r.register(t, func(q *cloudapi.RegisterRequest) { q.Serial = "third" })
	thirdLink := third.connect(t)
	if err := r.DB().Revoke(t.Context(), third.id, "operator", "was a test"); err != nil {
		t.Fatal(err)
	}
	thirdLink.lost()
	last := d.connect(t)
	last.Publish(cloudapi.EventsTopic(d.id), 1, false, envelope(t, cloudapi.KindStatus, cloudapi.Status{Version: "1", Boot: "d"}))
	last.lost() // cut at once
	d.turnedAway(t, cloudapi.CodeDeviceCopied)
	if got := d.alarms(t); got != "CLOUD-DEVICE-COPIED raised" {
		t.Error(got)
	}
	if record, err := d.DB().Device(t.Context(), d.id); err != nil || !record.Copied {
		t.Errorf("%+v %v", record, err)
	}
	fresh := r.register(t) // the same serial number, a key of its own
	fresh.connect(t).say(fresh.id, cloudapi.KindStatus, "", 0, cloudapi.Status{Version: "1", Boot: "e"})
	if got := fresh.alarms(t); got != "CLOUD-SERIAL-TWICE raised" {
		t.Error(got)
	}
	if err := r.DB().RestoreDevice(t.Context(), d.id, "operator", "was a test"); err != nil {
		t.Fatal(err)
	}
	d.connect(t)
	if got := d.alarms(t); got != "CLOUD-DEVICE-COPIED cleared" {
		t.Error(got)
	}
}

// A copy that cannot be put on record is not let be: its links end, and it is
// marked when it is seen again.
func TestACopyThatCannotBeMarked(t *testing.T) { // P10
	r := start(t)
	where, err := r.DataConfig()
	if err != nil {
		t.Fatal(err)
	}
	if where.URL != "" {
		t.Skip("the fault is made in SQLite")
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(where.Dir, "cloud.db")+"?_busy_timeout=10000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TRIGGER fault BEFORE UPDATE OF copied_ms ON devices BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"); err != nil {
		t.Fatal(err)
	}
	d := r.register(t)
	for _, boot := range []string{"a", "b", "a"} {
		d.connect(t).say(d.id, cloudapi.KindStatus, "", 0, cloudapi.Status{Version: "1", Boot: boot})
	}
	for _, boot := range []string{"b", "a"} {
		l := d.connect(t)
		l.Publish(cloudapi.EventsTopic(d.id), 1, false, envelope(t, cloudapi.KindStatus, cloudapi.Status{Version: "1", Boot: boot}))
		l.lost()
		if record, err := r.DB().Device(t.Context(), d.id); err != nil || record.Copied == (boot == "b") {
			t.Errorf("%s: %+v %v", boot, record, err)
		}
		if _, err := db.Exec("DROP TRIGGER IF EXISTS fault"); err != nil {
			t.Fatal(err)
		}
	}
	d.turnedAway(t, cloudapi.CodeDeviceCopied)
}

// An identity that is named from two PCs is a copy, at registration and over
// the link.
func TestOneIdentityNamesTwoPCs(t *testing.T) {
	here, there := strings.Repeat("1", 32), strings.Repeat("2", 32)
	r := start(t)
	for _, way := range []string{"link", "registration"} {
		d := r.register(t, func(q *cloudapi.RegisterRequest) { q.Machine = here; q.Serial = way })
		d.connect(t).say(d.id, cloudapi.KindStatus, "", 0, cloudapi.Status{Version: "1", Machine: here})
		d.again(t, func(q *cloudapi.RegisterRequest) { q.Machine = here; q.Serial = way })
		d.again(t, func(q *cloudapi.RegisterRequest) { q.Serial = way }) // an older version says nothing of it
		if got := d.alarms(t); got != "" {
			t.Fatalf("%s: %s", way, got)
		}
		if way == "link" {
			l := d.connect(t)
			l.Publish(cloudapi.EventsTopic(d.id), 1, false, envelope(t, cloudapi.KindStatus, cloudapi.Status{Version: "1", Machine: there}))
			l.lost()
		} else {
			q := registration(csrPEM(t, d.key))
			q.Machine, q.Name = there, "Mallory"
			if status, failure := post(t, d.client(), d.BaseURL()+cloudapi.PathDevices, q, nil); status != http.StatusForbidden || failure.Code != cloudapi.CodeDeviceCopied {
				t.Errorf("%d %+v", status, failure)
			}
		}
		d.turnedAway(t, cloudapi.CodeDeviceCopied)
		record, err := d.DB().Device(t.Context(), d.id)
		if err != nil || !record.Copied || record.Name != "Lena Lab" {
			t.Errorf("%s: %+v %v", way, record, err)
		}
	}
}

// A revoked device is cut off at once by the cloud that runs, refused
// everywhere, told why, and all of it is on record.
func TestRevocation(t *testing.T) { // P13
	r := start(t)
	d := r.register(t)
	l := d.connect(t)
	where, err := r.DataConfig()
	if err != nil {
		t.Fatal(err)
	}
	beside, err := data.OpenBeside(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	if err := beside.Revoke(t.Context(), d.id, "operator", "The PC was stolen"); err != nil {
		t.Fatal(err)
	}
	l.lost()
	d.turnedAway(t, cloudapi.CodeDeviceRevoked)
	if err := beside.RestoreDevice(t.Context(), d.id, "operator", "It was found again"); err != nil {
		t.Fatal(err)
	}
	d.connect(t)
	records, err := r.DB().IdentityRecords(t.Context(), d.id)
	if err != nil || len(records) != 3 || records[1].Kind != data.IdentityRevoked || records[1].By != "operator" || records[1].Reason != "The PC was stolen" {
		t.Errorf("%+v %v", records, err)
	}
	for _, id := range []string{"bc-0000000000000000", ""} {
		if err := beside.Revoke(t.Context(), id, "operator", "x"); err == nil {
			t.Errorf("%q was revoked", id)
		}
	}
}

// A reinstalled PC: staff confirms that the new identity took the old one's
// place.
func TestReplacement(t *testing.T) { // P13
	r := start(t)
	old, fresh := r.register(t), r.register(t)
	if err := r.DB().Replace(t.Context(), old.id, fresh.id, "operator", "new disk"); err != nil {
		t.Fatal(err)
	}
	old.turnedAway(t, cloudapi.CodeDeviceRevoked)
	fresh.connect(t)
	if got := fresh.alarms(t); got != "CLOUD-SERIAL-TWICE cleared" {
		t.Error(got)
	}
	if record, err := r.DB().Device(t.Context(), old.id); err != nil || record.ReplacedBy != fresh.id || record.RevokedMS == 0 {
		t.Errorf("%+v %v", record, err)
	}
	for _, pair := range [][2]string{{old.id, old.id}, {old.id, "bc-1"}, {"bc-1", fresh.id}} {
		if err := r.DB().Replace(t.Context(), pair[0], pair[1], "operator", ""); err == nil {
			t.Errorf("%v: replaced", pair)
		}
	}
}

// bind signs for a log's verifier with a device key.
func bind(t *testing.T, key *ecdsa.PrivateKey, device, verifier string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(cloudapi.LogBinding(device, verifier)))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// The device's key speaks for its log: with that a new log is taken up and
// staff is told where the old one ended; without, the old one stays.
func TestTheDeviceKeySpeaksForItsLog(t *testing.T) { // P13, scenario 48
	r := start(t)
	var verifiers [3]string
	for i := range verifiers {
		var err error
		if _, verifiers[i], err = note.GenerateKey(rand.Reader, "log-"+string(rune('a'+i))); err != nil {
			t.Fatal(err)
		}
	}
	d := r.register(t, func(q *cloudapi.RegisterRequest) { q.LogVerifier = verifiers[0] })
	known := func() string {
		t.Helper()
		record, err := r.DB().Device(t.Context(), d.id)
		if err != nil {
			t.Fatal(err)
		}
		return record.LogVerifier
	}
	q := registration(csrPEM(t, d.key))
	q.LogVerifier, q.LogBinding = verifiers[1], bind(t, newKey(t), d.id, verifiers[1])
	if status, failure := post(t, d.client(), d.BaseURL()+cloudapi.PathDevices, q, nil); status != http.StatusBadRequest || failure.Code != "log-binding" {
		t.Errorf("another key's binding: %d %+v", status, failure)
	}
	d.again(t, func(q *cloudapi.RegisterRequest) { q.LogVerifier = verifiers[1] })
	if known() != verifiers[0] || d.alarms(t) != "" {
		t.Error("another log was taken up without a word of the device's key")
	}
	d.again(t, func(q *cloudapi.RegisterRequest) {
		q.LogVerifier, q.LogBinding = verifiers[1], bind(t, d.key, d.id, verifiers[1])
	})
	if known() != verifiers[1] || d.alarms(t) != "CLOUD-LOG-BEGAN raised" {
		t.Error(known(), d.alarms(t))
	}
	l := d.connect(t)
	l.say(d.id, cloudapi.KindCheckpoint, "e", 1, cloudapi.Checkpoint{Note: "x\n", Verifier: verifiers[2], Binding: bind(t, newKey(t), d.id, verifiers[2])})
	if known() != verifiers[1] {
		t.Error("over the link another log was taken up by another key's word")
	}
	l.say(d.id, cloudapi.KindCheckpoint, "e", 2, cloudapi.Checkpoint{Note: "x\n", Verifier: verifiers[2], Binding: bind(t, d.key, d.id, verifiers[2])})
	if known() != verifiers[2] {
		t.Error("over the link a new log was not taken up")
	}
}
