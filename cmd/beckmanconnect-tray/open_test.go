package main

import "testing"

// A web page that has an address of ours opened gets a page of ours, whatever it
// puts behind it.
func TestAddressOf(t *testing.T) {
	for name, row := range map[string]struct {
		args    []string
		address string
		asked   bool
		ok      bool
	}{
		"log-on":                   {nil, "", false, true},
		"log-on, configured":       {[]string{"--config", "host.toml"}, "", false, true},
		"a click":                  {[]string{"--open", "beckmanconnect:help"}, "beckmanconnect:help", true, true},
		"a click on one":           {[]string{"--open", "beckmanconnect:notification/17"}, "beckmanconnect:notification/17", true, true},
		"nothing":                  {[]string{"--open"}, "", true, false},
		"a quote that breaks out":  {[]string{"--open", "beckmanconnect:help", "--config", `\\evil\host.toml`}, "", true, false},
		"another page":             {[]string{"--open", "beckmanconnect:prompt"}, "", true, false},
		"another scheme":           {[]string{"--open", "https://evil.example"}, "", true, false},
		"a flag for an address":    {[]string{"--open", "--config=x"}, "", true, false},
		"two addresses":            {[]string{"--open", "beckmanconnect:help", "beckmanconnect:help"}, "", true, false},
		"address after other args": {[]string{"--config", "x", "--open", "beckmanconnect:help"}, "", false, true}, // refused by the flags
	} {
		address, asked, err := addressOf(row.args)
		if address != row.address || asked != row.asked || (err == nil) != row.ok {
			t.Errorf("%s: %q %v %v", name, address, asked, err)
		}
	}
}
