package link

// Phase is where the link stands.
type Phase int

const (
	Unregistered Phase = iota // no device certificate yet
	Connecting
	Online
	Offline
)

// State is the link's state for people.
type State struct {
	Phase  Phase
	Code   string // why it is not online, stable: one of Codes; "" while it is
	Detail string // the same in plain English, with what to do
	Facts  []Fact
}

// Fact is one thing known about the way to the cloud.
type Fact struct{ Name, Value string }

// Names of facts.
const (
	FactEndpoint    = "endpoint"        // HOST[:PORT] of the message service
	FactDialect     = "dialect"         // how it is spoken to
	FactProxy       = "proxy"           // in between, without its log-in
	FactProxySource = "proxy-source"    // who set the proxy, or that there is none
	FactInspection  = "inspection"      // who opens encrypted connections
	FactPortal      = "portal"          // what answers in the cloud's place
	FactClockOffset = "clock-offset-ms" // the vendor's clock minus this PC's
	FactOutbox      = "outbox"          // messages that wait
)

// same: nothing that anybody has to be told at once has changed. Facts alone
// are no news.
func (s State) same(t State) bool {
	return s.Phase == t.Phase && s.Code == t.Code && s.Detail == t.Detail
}
