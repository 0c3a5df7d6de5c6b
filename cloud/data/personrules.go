package data

// erasure is what an erasure does with a sealed column.
type erasure int

const (
	keep      erasure = iota // as it is: law or the log's proof needs it
	overwrite                // by an empty value, sealed again
	remove                   // the whole row
)

// sealedColumn is one sealed column and what an erasure does with it. Empty is
// what stands there afterwards; it opens as what readers expect.
type sealedColumn struct {
	name  string
	erase erasure
	empty string
}

// personRule is what is known about one table that may hold something of a
// person: how its values open, whose they are, and what becomes of them.
//
// A row is a person's when their address or account stands in one of its sealed
// columns, or when it belongs to a device that they registered.
type personRule struct {
	table   string
	key     []string // columns whose values are the row's part of a sealed value's place
	row     []string // columns that name the row; none: the key does
	device  string   // column that names the device; "": none
	at      string   // column with a time in ms; "": none
	columns []sealedColumn
	purpose string // for the answer to the person
	erasure string // what an erasure does, and why
	// secret tables hold nothing of a person, and are never answered with.
	secret bool
}

const (
	wholeRecord = "kept: who had access to an instrument, and when, must stay provable (21 CFR 11.10(e); GDPR article 17(3)(b) and (e))"
	service     = "kept: the service record of a medical device (Regulation (EU) 2017/745, article 10(8); GDPR article 17(3)(b))"
	replaced    = "overwritten"
)

// ofCase is the device that a case's row is about, in SQL.
func ofCase(table string) string {
	return "(SELECT c.device FROM cases c WHERE c.number = " + table + ".number)"
}

// personRules names every table with sealed columns, once. A test walks the
// schema: a sealed column without a rule fails it.
var personRules = []personRule{
	{table: "devices", key: []string{"id"}, device: "id", at: "registered_ms", purpose: "who answers for an instrument (P13)", erasure: replaced + "; the instrument must be registered anew before help can be asked for",
		columns: []sealedColumn{{"email", overwrite, ""}, {"name", overwrite, ""}}},
	{table: "requests", key: []string{"id"}, device: "device", at: "since_ms", purpose: "why help was asked for", erasure: replaced,
		columns: []sealedColumn{{"reason", overwrite, ""}}},
	{table: "help_logs", key: []string{"request"}, device: "device", at: "at_ms", purpose: "log lines that a technician sent with a request", erasure: "deleted",
		columns: []sealedColumn{{"text", remove, ""}}},
	{table: "session_events", key: []string{"device"}, row: []string{"id"}, device: "device", at: "at_ms", purpose: "the log of support sessions (P14, P24)", erasure: wholeRecord,
		columns: []sealedColumn{{"body", keep, ""}}},
	{table: "identity_record", key: []string{"device"}, row: []string{"id"}, device: "device", at: "at_ms", purpose: "the record of a device's identity", erasure: "kept: the record is never changed; it is what a revoked identity is proved by (GDPR article 17(3)(e))",
		columns: []sealedColumn{{"body", keep, ""}}},
	{table: "device_history", key: []string{"device"}, row: []string{"id"}, device: "device", at: "at_ms", purpose: "what became of an instrument, and notes about it", erasure: replaced + "; kind and time of each line stay",
		columns: []sealedColumn{{"body", overwrite, "{}"}}},
	{table: "staff_sessions", key: []string{"hash"}, at: "expires_ms", purpose: "who is signed in", erasure: "deleted: the person is signed out",
		columns: []sealedColumn{{"identity", remove, ""}}},
	{table: "staff_people", key: []string{"who"}, at: "changed_ms", purpose: "training and assignment of staff (P16, P20)", erasure: "kept: without it somebody who was removed could come back; it holds account, regions, training and sites",
		columns: []sealedColumn{{"person", keep, ""}}},
	{table: "staff_waiting", key: []string{"hash"}, at: "expires_ms", purpose: "sign-ins from a new place that wait for a confirmation (P18)", erasure: "deleted",
		columns: []sealedColumn{{"identity", remove, ""}}},
	{table: "acts", key: []string{"id"}, at: "at_ms", purpose: "administrative acts: who proposed and who confirmed them", erasure: wholeRecord,
		columns: []sealedColumn{{"body", keep, ""}, {"decision", keep, ""}}},
	{table: "mails", key: []string{"id"}, at: "at_ms", purpose: "mail that waits to be sent", erasure: "deleted",
		columns: []sealedColumn{{"body", remove, ""}}},
	{table: "certificates", key: []string{"serial"}, device: "", at: "at_ms", purpose: "which engineer was given a certificate for which request (P24)", erasure: wholeRecord,
		columns: []sealedColumn{{"identity", keep, ""}}},
	{table: "accesses", key: []string{"what", "object"}, row: []string{"id"}, at: "at_ms", purpose: "who looked at a technician's logs (P16)", erasure: wholeRecord,
		columns: []sealedColumn{{"identity", keep, ""}}},
	{table: "messages", key: []string{"id"}, at: "at_ms", purpose: "messages to technicians, and who sent them", erasure: "the sender is overwritten; the signed text stays until the message is over",
		columns: []sealedColumn{{"identity", overwrite, "{}"}, {"request", keep, ""}, {"note", keep, ""}}},
	{table: "cases", key: []string{"number"}, device: "device", at: "opened_ms", purpose: "cases: who holds which (P14)", erasure: service,
		columns: []sealedColumn{{"person", keep, ""}}},
	{table: "case_requests", key: []string{"request"}, device: ofCase("case_requests"), at: "since_ms", purpose: "who helped with which request (P24)", erasure: wholeRecord,
		columns: []sealedColumn{{"person", keep, ""}}},
	{table: "case_guests", key: []string{"number"}, row: []string{"number", "who"}, device: ofCase("case_guests"), at: "at_ms", purpose: "colleagues who were invited to a case", erasure: "deleted",
		columns: []sealedColumn{{"person", remove, ""}}},
	{table: "case_notes", key: []string{"number"}, row: []string{"id"}, device: ofCase("case_notes"), at: "at_ms", purpose: "notes on a case", erasure: service,
		columns: []sealedColumn{{"body", keep, ""}}},
	{table: "case_acts", key: []string{"number"}, row: []string{"id"}, device: ofCase("case_acts"), at: "at_ms", purpose: "what was done with a case, and by whom", erasure: wholeRecord,
		columns: []sealedColumn{{"body", keep, ""}}},
	{table: "colleagues", key: []string{"who"}, at: "seen_ms", purpose: "staff who may be handed a case", erasure: "deleted, until they sign in again",
		columns: []sealedColumn{{"identity", remove, ""}}},
	{table: "events", key: []string{"seq"}, device: "device", at: "at_ms", purpose: "the log of events (P14, P18, P24)", erasure: "kept as long as retention says; " + wholeRecord,
		columns: []sealedColumn{{"body", keep, ""}}},
	{table: "sites", key: []string{"id"}, secret: true, columns: []sealedColumn{{"address", keep, ""}}},
	{table: "secrets", key: []string{"name"}, secret: true, columns: []sealedColumn{{"value", keep, ""}}},
}
