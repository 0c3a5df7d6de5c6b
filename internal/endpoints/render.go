package endpoints

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Text prints the table for people.
func (t Table) Text(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "HOST\tPORT\tPROTOCOL\tDIALLED BY\tFOR\tFROM")
	for _, e := range t {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\n", e.Host, e.Port, e.Protocol, strings.Join(e.Programs, ", "), e.Purpose, e.Origin)
	}
	return w.Flush()
}

// Markdown is the table as docs/network.md has it.
func (t Table) Markdown() string {
	var b strings.Builder
	b.WriteString("| host | port | protocol | dialled by | for |\n|---|---|---|---|---|\n")
	for _, e := range t {
		fmt.Fprintf(&b, "| `%s` | %d | %s | `%s` | %s |\n", e.Host, e.Port, e.Protocol, strings.Join(e.Programs, "`, `"), e.Purpose)
	}
	return b.String()
}
