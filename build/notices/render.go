package main

import (
	"bytes"
	"fmt"
	"strings"
)

const head = `# Third-party notices

What the programs of BeckmanConnect Remote Support are made of besides their own code: every module linked into any of them on Linux, Windows or
in the browser, with its licence and copyright. Made by ` + "`go run ./build/notices`" + ` out of the modules themselves; a test holds it to them.

The Go standard library and runtime are in every program: BSD-3-Clause, Copyright 2009 The Go Authors, the text of the golang.org/x modules below.
Where a module offers a choice of licences (Eclipse Paho: EPL-2.0 or EDL-1.0), it is used under the one without copyleft. SQLite itself, inside
github.com/mattn/go-sqlite3, is in the public domain.

`

func render(shipped, used []component, fonts, vpx string) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	b.WriteString("## In the programs\n\n")
	table(&b, shipped)
	b.WriteString("\n## Used to build and test only\n\n")
	table(&b, used)
	b.WriteString("\n## Fonts\n\nNoto Sans Regular and Bold, and the Chinese and Japanese characters of Noto Sans CJK beside its letters (`assets/fonts`), OFL-1.1, its text at the end. Fonts that come with Fyne: the texts of fyne.io/fyne/v2 below.\n")
	b.WriteString("\n## Libraries in C\n\nOn Linux libvpx (VP8) is linked into beckmanconnect-desktop: BSD-3-Clause with a grant of patents, its text at the end.\n")
	b.WriteString("\n## Texts\n")
	texts(&b, shipped)
	passage(&b, []string{"Noto Sans (assets/fonts)"}, clean(fonts))
	passage(&b, []string{"libvpx (app/desktop/video)"}, clean(vpx))
	return b.Bytes()
}

func table(b *bytes.Buffer, list []component) {
	b.WriteString("| module | version | licence | copyright |\n|---|---|---|---|\n")
	for _, c := range list {
		holders := strings.Join(c.Copyright, "<br>")
		if holders == "" {
			holders = "not stated in its licence file"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", c.Path, c.Version, strings.Join(c.Licences, ", "), strings.ReplaceAll(holders, "|", `\|`))
	}
}

// texts prints each distinct text once, below the modules it belongs to. Two
// texts that differ only in their copyright lines are one: those stand in the
// table.
func texts(b *bytes.Buffer, list []component) {
	type entry struct {
		of   []string
		body string
	}
	var order []*entry
	known := map[string]*entry{}
	for _, c := range list {
		for _, t := range c.Texts {
			key := plain(withoutCopyright(t.Body))
			e := known[key]
			if e == nil {
				e = &entry{body: t.Body}
				known[key], order = e, append(order, e)
			}
			e.of = append(e.of, c.Path+" "+t.Name)
		}
	}
	for _, e := range order {
		body := e.body
		if len(e.of) > 1 {
			body = strings.TrimLeft(withoutCopyright(body), "\n")
		}
		passage(b, e.of, body)
	}
}

func withoutCopyright(body string) string {
	var kept []string
	for line := range strings.Lines(body) {
		if l := strings.TrimSpace(line); !copyright.MatchString(l) || notCopyright.MatchString(l) {
			kept = append(kept, strings.TrimRight(line, "\n"))
		}
	}
	return strings.Join(kept, "\n")
}

func passage(b *bytes.Buffer, of []string, body string) {
	fmt.Fprintf(b, "\n**%s**\n\n", strings.Join(of, ", "))
	for line := range strings.Lines(body) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			line = "    " + line
		}
		b.WriteString(line + "\n")
	}
}
