package endpoints

// Zone is a part of the world with endpoints of its own.
type Zone struct {
	Name    string // of the zone, for people
	Regions []string
	Rows    Table
	// Provisioning is the host of Azure's provisioning service there.
	Provisioning string
}

// China is the region with endpoints of its own (P11).
const China = "cn"

// Zones are all of them. The last one is where every region is that no other
// names.
var Zones = []Zone{
	{
		Name: "China", Regions: []string{China}, Provisioning: "global.azure-devices-provisioning.cn",
		Rows: rows("*.mybeckman.cn", "*.azure-devices.cn", "global.azure-devices-provisioning.cn"),
	},
	{
		Name: "everywhere else", Provisioning: "global.azure-devices-provisioning.net",
		Rows: rows("*.beckman.com", "*.azure-devices.net", "global.azure-devices-provisioning.net"),
	},
}

func rows(vendor, hubs, provisioning string) Table {
	const mqtt = "MQTT 3.1.1 over WebSocket over TLS"
	row := func(host, protocol, purpose string, programs ...string) Endpoint {
		return Endpoint{Host: host, Port: HTTPS, Protocol: protocol, Programs: programs, Purpose: purpose, Origin: Product}
	}
	return Table{
		row(vendor, "HTTPS", "registration; the doctor's check", Service, Ctl),
		row(vendor, mqtt, "notifications, status, signed time and policy", Service),
		row(vendor, "WebSocket over TLS", "the relay of support sessions, encrypted end to end inside", Service),
		row(vendor, "HTTPS", "upgrades", Upgrade),
		row(hubs, mqtt, "notifications, status, signed time and policy, where they go through Azure IoT Hub", Service),
		row(provisioning, mqtt, "which IoT hub this PC belongs to", Service),
	}
}

// ZoneOf is the zone a region lies in.
func ZoneOf(region string) Zone {
	for _, z := range Zones {
		for _, r := range z.Regions {
			if r == region {
				return z
			}
		}
	}
	return Zones[len(Zones)-1]
}
