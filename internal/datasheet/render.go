package datasheet

import (
	"fmt"
	"strings"
)

// Markdown is the table as docs/network.md prints it, a table for each message.
func Markdown() string {
	var b strings.Builder
	for _, m := range Messages() {
		fmt.Fprintf(&b, "**%s** (%s): %s. Kept: %s. Where: %s.\n\n| field | what for | about a person |\n|---|---|---|\n", m.Name, m.Direction, m.When, m.Retention, m.Region)
		for _, f := range m.Fields {
			about, purpose := "", f.Purpose
			if f.Personal {
				about = "yes"
			}
			if f.Retention != "" {
				purpose += "; kept: " + f.Retention
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, purpose, about)
		}
		b.WriteString("\n")
	}
	return b.String()
}
