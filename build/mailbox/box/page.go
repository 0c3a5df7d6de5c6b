package box

import (
	"encoding/json"
	"html/template"
	"net/http"
	"regexp"
	"time"
)

var page = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mailbox</title>
<style>
  :root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #1c2430; background: #eef1f5 }
  body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
  h1 { font-size: 1.35rem; font-weight: 600 }
  article { margin: 1rem 0; padding: 1rem 1.25rem; background: #fff; border: 1px solid #d3d9e2; border-radius: 10px }
  h2 { margin: 0; font-size: 1.05rem }
  p { margin: .25rem 0 .75rem; color: #55606f }
  pre { margin: 0; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere }
  a { color: #0b5cad }
</style>
<main>
  <h1>Mailbox</h1>
  {{range .}}<article><h2>{{.Subject}}</h2><p>To {{.To}}, {{.Time}}</p><pre>{{range .Parts}}{{if .Link}}<a rel="noreferrer" href="{{.Text}}">{{.Text}}</a>{{else}}{{.Text}}{{end}}{{end}}</pre></article>
  {{else}}<p>No message came yet.</p>{{end}}
</main>
</html>
`))

type part struct {
	Text string
	Link bool
}

type shown struct {
	Subject, To, Time string
	Parts             []part
}

var link = regexp.MustCompile(`https?://[^\s<>"]+`)

// ServeHTTP shows the mailbox: / for people, /messages as JSON, ?to= one
// address.
func (b *Box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	list := b.Messages(r.URL.Query().Get("to"))
	switch r.URL.Path {
	case "/messages":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(list)
	case "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		all := make([]shown, 0, len(list))
		for _, m := range list {
			all = append(all, shown{m.Subject, m.To, time.UnixMilli(m.AtMS).Format("2 Jan 2006, 15:04:05"), split(m.Text)})
		}
		_ = page.Execute(w, all) // the browser may be gone
	default:
		http.NotFound(w, r)
	}
}

// split tells links from the text around them.
func split(text string) []part {
	var parts []part
	at := 0
	for _, found := range link.FindAllStringIndex(text, -1) {
		parts = append(parts, part{Text: text[at:found[0]]}, part{Text: text[found[0]:found[1]], Link: true})
		at = found[1]
	}
	return append(parts, part{Text: text[at:]})
}
