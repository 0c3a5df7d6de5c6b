// Command network writes docs/network.md from the product's own tables: what is
// dialled (package endpoints), what is sent (package datasheet) and why the
// cloud cannot be reached (package link). go generate ./build/network
package main

import (
	"fmt"
	"os"
	"strings"

	"beckmanconnect/internal/datasheet"
	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/service/link"
)

//go:generate go run . ../../docs/network.md

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: network FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(page()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// page is docs/network.md.
func page() string {
	var b strings.Builder
	b.WriteString(head)
	for _, z := range endpoints.Zones {
		regions := "every region that is not named above"
		if len(z.Regions) > 0 {
			regions = "region `" + strings.Join(z.Regions, "`, `") + "`"
		}
		fmt.Fprintf(&b, "### %s (%s)\n\n%s\n", strings.ToUpper(z.Name[:1])+z.Name[1:], regions, z.Rows.Markdown())
	}
	b.WriteString(added)
	b.WriteString(example().Markdown())
	b.WriteString(rest)
	b.WriteString("| code | means | what to do |\n|---|---|---|\n")
	for _, c := range link.Codes {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Code, c.Means, c.Do)
	}
	b.WriteString(tail)
	b.WriteString(strings.TrimRight(datasheet.Markdown(), "\n") + "\n")
	return b.String()
}

// example is what an installation and a policy add, with names of nobody.
func example() (table endpoints.Table) {
	config := hostconfig.Config{Region: "eu", Cloud: hostconfig.Cloud{
		URL: "https://support.hospital.example", Dialect: hostconfig.DialectIoTHub,
		IoTHub: hostconfig.IoTHub{Host: "lab.hub.example", Provision: "provision.hub.example"},
	}}
	policy := endpoints.Policy{
		Endpoints: []string{"private.hub.example"},
		Mirror:    "https://mirror.hospital.example/beckmanconnect",
		Probes:    []endpoints.Probe{{Name: "the LIS", Kind: "hl7", Host: "lis.hospital.example", Port: 2575}},
	}
	for _, e := range endpoints.Allowed("eu", config, policy) {
		if e.Origin != endpoints.Product {
			table = append(table, e)
		}
	}
	return table
}

const head = `# What is dialled and what is sent

This page is made from the product's own tables (` + "`go generate ./build/network`" + `); a test compares them. ` + "`beckmanctl network`" + ` prints the
same for one PC, with what its installation and its site's signed policy add; ` + "`--json`" + ` for a firewall's own tools.

Everything goes **out**, over TLS 1.2 or later, to port **443**, but for the probes inside the laboratory's own network that the site's policy names. Nothing on the PC listens on the network. One dialer in the service and in the upgrade
service opens every connection and refuses what does not stand here: the table is not advice. A refusal is put on record once for each address
(` + "`network.refused`" + `). ` + "`beckmanctl doctor`" + `, which somebody starts, connects once to each host that is named here, whichever program it is listed for, to see whether it can be reached; the cloud's host alone it says something to.

## With the product

The region is ` + "`region`" + ` in ` + "`host.toml`" + `. ` + "`*.`" + ` stands for any name below the domain, and not for the domain itself.

`

const added = `The vendor's paper names ` + "`*.azure-devices.com`" + ` outside China. IoT Hub does not answer there: its domain is ` + "`azure-devices.net`" + `, and its provisioning
service has another one. What the paper names is not dialled, and a firewall need not let it through. The session relay is part of the cloud and has its
own name below the vendor's domain.

## What is added

By the installation: ` + "`cloud.url`" + `, and with ` + "`dialect = \"iothub\"`" + ` the hub and its provisioning service, if they are named. By the site's signed policy: ` + "`endpoints`" + `,
on port 443, and ` + "`probes`" + `, hosts of the laboratory's own network that are asked whether they are well. Neither ever replaces a root of trust. For example:

`

const rest = `
A port other than 443 in ` + "`cloud.url`" + ` is for a developer's own roots; a production set refuses it.

## What is never dialled

- **Port 80**, and with it revocation lists and OCSP servers. Whether the cloud's certificate was revoked is read from the answer that the cloud staples to the
  handshake, where it does; one that says so, or does not hold, ends the connection. Engineers are revoked on the link itself (the vendor's signed policy).
- **Name servers, time servers, anything else by the product itself.** Names are asked of the system, and signed time comes over the link.
- **Another PC**, or an address that came in a message, a session or from a caller.

## Through a proxy

` + "`cloud.proxy.url`" + ` first, then the service's environment (` + "`HTTPS_PROXY`, `NO_PROXY`" + `), then the system's (Windows: the account's setting, a PAC script, ` + "`netsh winhttp`" + `).
A proxy that is set and does not work is never gone around; ` + "`url = \"direct\"`" + ` says that there is none.

| the proxy asks for | it gets |
|---|---|
| Basic | ` + "`user`" + ` and the contents of ` + "`password_file`" + ` |
| NTLM | NTLMv2 with ` + "`user`" + ` (` + "`DOMAIN\\user`" + `) and ` + "`password_file`" + `; without them, on Windows, the service's own account |
| Negotiate | on Windows the service's own account; elsewhere a clear state |
| Digest | a clear state |

The whole of a log-in by NTLM or Negotiate is on one TCP connection. A log-in that was refused is not tried again for ten minutes, by no part of the
product, so that no account is locked; a password that was corrected counts at once. A PAC script is ` + "`url = \"pac+http://HOST/FILE\"`" + `: Windows
runs it, other systems say that they cannot.

## Why the cloud cannot be reached

` + "`beckmanctl status`, `beckmanctl doctor`" + ` and the window say it with these codes.

`

const tail = `
## What waits meanwhile

Messages wait in the service's database under a number, and are sent in that order, at least once; the cloud drops numbers it has seen. From 1,000
waiting messages on only the newest state of each notification waits, in its place; session events, requests and everything else are never left out. After
more than five minutes with more than ten messages a digest goes ahead of them. Pauses between attempts are drawn at random (full jitter), the first from
eight seconds, the longest from two minutes.

## What is sent

Every field of every message, made from the code's own table (package ` + "`datasheet`" + `); a test holds it against the messages themselves. "About a person" marks what people are
called and what they typed. All of it travels in TLS; what says "end to end" is encrypted once more, with keys that only the PC and the engineer's computer have. ` + "`beckmanctl doctor --pack DIR`" + `
writes the same table for a data-protection officer.

`
