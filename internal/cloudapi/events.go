package cloudapi

// Paths of the log of events, for auditors and leads.
const (
	PathEvents       = "/api/v1/staff/events"        // GET ?kind=&severity=&actor=&device=&request=&region=&from=&to=&before=&after= → EventPage, newest first
	PathEventsExport = "/api/v1/staff/events/export" // GET with the same, and &format=jsonl|csv → a file
)

// EventPage is a page of the log of events.
type EventPage struct {
	Rows []EventLine `json:"rows"`
	Next string      `json:"next,omitempty"` // of the next, older page
	// What may be asked for: kinds there are, and regions this reader may read
	// ("" is what belongs to no region).
	Kinds   []string `json:"kinds"`
	Regions []string `json:"regions"`
}

// EventLine is an event as it leaves the cloud: on the page, in an export, at
// the SIEM.
type EventLine struct {
	Seq      int64             `json:"seq"`
	Time     string            `json:"time"` // RFC 3339, UTC
	AtMS     int64             `json:"atMs"`
	Kind     string            `json:"kind"`
	Severity int               `json:"severity"` // syslog's (RFC 5424)
	Region   string            `json:"region,omitempty"`
	Device   string            `json:"device,omitempty"`
	Request  string            `json:"request,omitempty"`
	Actor    string            `json:"actor,omitempty"`
	Address  string            `json:"address,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
}
