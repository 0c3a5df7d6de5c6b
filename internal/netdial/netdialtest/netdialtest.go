// Package netdialtest gives tests a way out to servers of their own.
package netdialtest

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"strconv"

	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/netdial"
)

// Table allows the hosts and ports of these https addresses and nothing else.
// What is no address allows nothing.
func Table(addresses ...string) (table endpoints.Table) {
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		port, err := strconv.Atoi(u.Port())
		if err != nil {
			port = endpoints.HTTPS
		}
		table = append(table, endpoints.Endpoint{Host: u.Hostname(), Port: port})
	}
	return table
}

// To is a dialer to these addresses, without a proxy.
func To(addresses ...string) *netdial.Dialer {
	return Through(hostconfig.Proxy{URL: hostconfig.DirectProxy}, addresses...)
}

// Through is a dialer to these addresses through a proxy.
func Through(proxy hostconfig.Proxy, addresses ...string) *netdial.Dialer {
	table := Table(addresses...)
	return netdial.New(netdial.Config{Table: func() endpoints.Table { return table }, Development: true, Proxy: proxy})
}

// Client is what the parts that dial are given.
func Client(addresses ...string) func(*tls.Config) *http.Client { return To(addresses...).Client }
