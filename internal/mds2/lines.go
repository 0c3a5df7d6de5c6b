package mds2

import (
	"fmt"
	"strings"

	"beckmanconnect/internal/endpoints"
)

// hosts are the patterns of each zone, as the network table has them.
func hosts() string {
	var all []string
	for _, z := range endpoints.Zones {
		var names []string
		for _, e := range z.Rows {
			names = append(names, fmt.Sprintf("%s:%d", e.Host, e.Port))
		}
		all = append(all, z.Name+": "+strings.Join(names, ", "))
	}
	return strings.Join(all, "; ")
}

func aboutLines() []Section {
	return []Section{
		{"CONN", "Connectivity capabilities", []Question{
			q("Which connections does it make?", Yes, "Outbound TLS to port 443 alone, by the table; probes of hosts in the laboratory's own network only where the signed policy names host and port. By region: "+hosts()+".", "network table", "internal/endpoints.TestOnlyPort443"),
			q("Does it work through a proxy?", Yes, "Configured, of the environment or the system's; Basic, NTLM, on Windows Negotiate. A proxy that is set is never gone around.", "internal/netdial.TestWhichProxy", "internal/netdial.TestRealProxies"),
			q("Does the instrument work without it?", Yes, "Nothing of the instrument depends on the connection; messages wait.", "service/link.TestNothingIsLostOverDisconnects"),
			q("Does it use wireless, Bluetooth or removable media?", No, "Only the PC's network."),
		}},
		{"TXCF", "Transmission confidentiality", []Question{
			q("Is everything encrypted on its way?", Yes, "TLS 1.2 or later; a session once more, end to end, with ECDHE-RSA-AES256-GCM-SHA384 and keys only the PC and the engineer's computer have. OPC UA and older SNMP probes inside the laboratory are not.", "session/channel.TestTheWrongTLSIsRefused", "internal/netdial.TestInspectionIsNamed"),
		}},
		{"TXIG", "Transmission integrity", []Question{
			q("Are changes on the way noticed?", Yes, "By TLS, inside a session by the second TLS, for pieces of files by AES-256-GCM with counters; notifications count once by number.", "service/relay.TestBrokenLaneEndsTheSession", "cloud.TestMessagesHaveEffectOnce"),
		}},
		{"OTHR", "Other security considerations", []Question{
			q("What remains?", Yes, "What is not guarded against stands in its own section of the security page, among it programs that run as the technician, and a cloud that is taken over as a whole.", "docs/security.md"),
			q("What was tried against it?", Yes, "Sixty situations by name, and programs that play a hostile engineer, relay, broker and mirror; each with how often.", "docs/security.md", "build/hostile.TestHostileEngineer", "build/hostile.TestHostileRelay"),
			q("Was it run on real Windows?", No, "Windows programs are tested under Wine, as far as Wine tells the truth; what is still to be run stands in a list.", "docs/windows.md"),
		}},
	}
}
