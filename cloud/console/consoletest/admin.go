package consoletest

import (
	"encoding/json"
	"net/http"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// Administration is a cloud whose administrator has acts, people and places to
// look after, each of them in every state it may have.
func Administration() Answers {
	now := time.Now()
	at := func(ago time.Duration) int64 { return now.Add(-ago).UnixMilli() }
	act := func(n, kind, state string, lines ...string) cloudapi.Act {
		a := cloudapi.Act{ID: "act-" + n, Kind: kind, Region: "eu", State: state, Params: json.RawMessage("{}"), Reason: "Agreed with the laboratory by telephone.", By: "ben.hale@vendor.example", ByName: "Ben Hale",
			AtMS: at(3 * time.Hour), ExpiresMS: now.Add(21 * time.Hour).UnixMilli(), Digest: "00"}
		for i := 0; i+1 < len(lines); i += 2 {
			a.Lines = append(a.Lines, cloudapi.ActLine{Name: lines[i], Value: lines[i+1]})
		}
		if state != cloudapi.ActWaiting {
			a.Decided, a.DecidedMS = "ada.novak@vendor.example", at(2*time.Hour)
		}
		return a
	}
	training := act("2", "staff.training", cloudapi.ActWaiting, "account", "anna.weber@vendor.example", "training-now", "as-signed-in", "training-then", "eu 2027-06-30, us", "sites-now", "every-site", "sites-then", "site-1, site-9", "decided-in", "eu, us")
	training.Own = true
	failed := act("5", "staff.remove", cloudapi.ActFailed, "account", "old.hand@vendor.example", "account-now", "may-sign-in", "decided-in", "eu")
	failed.Why, failed.WhyCode = "It could not be carried out; the cloud's log says why.", "act-failed"
	expired := act("6", "staff.restore", cloudapi.ActExpired, "account", "old.hand@vendor.example", "account-now", "removed")
	expired.Decided, expired.DecidedMS = "", 0
	rejected := act("7", "device.release", cloudapi.ActRejected, "instrument", "DxFLEX", "serial", "BK00871", "device", "bc-2", "site", "", "register-at", "https://us.vendor.example", "erase-days", "90")
	rejected.Why = "Not the right one."
	list := []cloudapi.Act{
		act("1", "device.retire", cloudapi.ActWaiting, "instrument", "DxH 900", "serial", "AV12345", "device", DeviceID, "site", "Charité, Central Lab", "erase-days", "90"), training,
		act("3", "person.erase", cloudapi.ActWaiting, "person", "maria.lindqvist@hospital.example", "regions", "eu", "instruments", "2", "decided-in", "eu", "stays", "session_events, identity_record, acts, certificates, accesses, cases, events"),
		act("4", "staff.training", cloudapi.ActDone, "account", "bob.stone@vendor.example", "training-now", "eu", "training-then", "none", "sites-now", "site-1", "sites-then", "every-site"), failed, expired, rejected,
	}
	sites := []cloudapi.Site{
		{ID: "site-1", Region: "eu", Name: "Charité, Central Lab", Address: []string{"Charitéplatz 1", "10117 Berlin"}, Devices: 12, Online: 9},
		{ID: "site-2", Region: "eu", Name: "North wing"}, {ID: "site-3", Region: "eu", Name: "Old building", ClosedMS: at(900 * time.Hour)},
	}
	staff := []cloudapi.StaffEntry{
		{Account: "anna.weber@vendor.example", Name: "Anna Weber", Organisation: "Vendor EU", Sessions: 2, Said: []cloudapi.Training{{Region: "eu"}, {Region: "us", UntilMS: now.AddDate(0, 7, 0).UnixMilli()}}, UsedMS: at(time.Minute)},
		{Account: "lena.fox@vendor.example", Name: "Lena Fox", Organisation: "Vendor EU", Roles: []cloudapi.Role{cloudapi.RoleLead, cloudapi.RoleAuditor, cloudapi.RoleAdministrator, "root"}, Sessions: 1, Trained: true,
			Training: []cloudapi.Training{{Region: "eu", UntilMS: now.AddDate(1, 0, 0).UnixMilli()}}, Said: []cloudapi.Training{{Region: "eu"}}, Sites: []string{"site-1", "site-9"}, UsedMS: at(time.Hour)},
		{Account: "old.hand@vendor.example", Trained: true, Removed: true},
	}
	person := cloudapi.Person{Subject: "maria.lindqvist@hospital.example", AtMS: now.UnixMilli(), Parts: []cloudapi.PersonPart{
		{Name: "devices", Purpose: "who answers for an instrument (P13)", Erasure: "overwritten; the instrument must be registered anew before help can be asked for", Records: []cloudapi.PersonRecord{{Key: DeviceID, Device: DeviceID, Values: map[string]string{"name": "Maria Lindqvist"}}}},
		{Name: "session_events", Purpose: "the log of support sessions (P14, P24)", Erasure: "kept: who had access to an instrument, and when, must stay provable", Records: []cloudapi.PersonRecord{{Key: "1"}, {Key: "2"}}}, {Name: "mails"},
	}}
	return Answers{
		cloudapi.PathMe: cloudapi.Staff{Account: "ada.novak@vendor.example", Name: "Ada Novak", Organisation: "Vendor EU", Regions: []string{"eu", "us"}, Roles: []cloudapi.Role{cloudapi.RoleAdministrator}},
		cloudapi.PathActs: func(r *http.Request) any {
			if r.Method == http.MethodPost {
				return training
			}
			return list
		},
		cloudapi.PathActConfirm: list[0], cloudapi.PathActReject: list[0], cloudapi.PathPeople: staff, cloudapi.PathSignOutAll: cloudapi.SignedOut{Sessions: 2},
		cloudapi.PathPlaces: cloudapi.Places{Write: true, Regions: []cloudapi.RegionPlace{{Region: "eu", Devices: 14, Unassigned: 2, Sites: sites}, {Region: "us", Sites: []cloudapi.Site{}}},
			Groups: []cloudapi.Group{{ID: "group-1", Region: "eu", Name: "Pilot of version 1.5", Devices: 3}}, Versions: []cloudapi.VersionCount{}, States: map[string]int{}},
		cloudapi.PathInstruments: cloudapi.InstrumentPage{Total: 1, Rows: []cloudapi.Instrument{{Device: Devices(1)[0], Channel: "stable"}}},
		cloudapi.PathSites:       sites[0], cloudapi.PathGroups: struct{}{}, cloudapi.PathMove: struct{}{}, cloudapi.PathPerson: person,
	}
}
