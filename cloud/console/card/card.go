// Package card is a page of one card in the console's look, for what a browser
// comes to before the console: a sign-in that waits for a mail, or went no
// further. It runs nothing but the console's own choice of look; where the
// console's files are not served it is plain and says the same.
package card

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"
)

// policy lets the page use the console's style, picture and choice of look.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

var page = template.Must(template.New("card").Parse(`<!doctype html>
<html lang="{{.Lang}}" data-look="dark"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="dark">
<title>{{.Title}} – BeckmanConnect Remote Support</title><link rel="icon" type="image/svg+xml" href="/assets/mark.svg"><script src="/assets/look.js"></script><link rel="stylesheet" href="/assets/style.css"></head>
<body data-phase="sign-in"><header class="top"><a class="brand" href="/"><img src="/assets/mark.svg" alt="" width="28" height="28"><span><strong>BeckmanConnect Remote Support</strong><span>{{.Console}}</span></span></a></header>
<div id="view"><main class="centre" id="card" data-state="{{.State}}"><div class="card sign-in-card">
<span class="hero{{if .Refused}} danger{{end}}"><svg viewBox="0 0 24 24" class="icon" aria-hidden="true"><path d="{{if .Refused}}M7 11V8a5 5 0 0 1 10 0v3m-11 0h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z{{else}}M4 5.5h16v13H4v-13Zm0 .5 8 7 8-7{{end}}"/></svg></span>
<h1>{{.Title}}</h1><p>{{.Text}}</p>{{if .Note}}<p class="help">{{.Note}}</p>{{end}}{{if .Refused}}<a class="button primary" href="/">{{.Again}}</a>{{end}}
</div></main></div></body></html>
`))

// Words are what a card says in one language.
type Words struct{ Title, Text, Note string }

// Said is what a card says in each language of the console. Code is a stable word
// for it.
type Said struct {
	Code            string
	English, German Words
}

// Show answers with a card in the browser's language. A status of 400 and more is
// a refusal, with the way back to the console.
func Show(w http.ResponseWriter, r *http.Request, status int, said Said) {
	view := struct {
		Words
		Lang, State, Console, Again string
		Refused                     bool
	}{said.English, "en", said.Code, "Engineer’s console", "To the console", status >= http.StatusBadRequest}
	if German(r) {
		view.Words, view.Lang, view.Console, view.Again = said.German, "de", "Konsole für den Service", "Zur Konsole"
	}
	var body bytes.Buffer
	if err := page.Execute(&body, view); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// German tells whether the console speaks German to this browser: its first
// language decides, as on the console's own page.
func German(r *http.Request) bool {
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(first)), "de")
}
