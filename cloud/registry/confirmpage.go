package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"golang.org/x/time/rate"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// maxLink is longer than any link's token.
const maxLink = 200

// confirmStyle is the page's only style; it is named by its hash in the policy.
const confirmStyle = `:root{color-scheme:light dark;--window:light-dark(#f3f6fa,#10171f);--surface:light-dark(#fff,#1a232d);--ink:light-dark(#10253d,#eef3f8);--muted:light-dark(#4a5c70,#a9b8c7);--line:light-dark(#c9d4df,#33414f);--primary:light-dark(#0b5cad,#7cc0ff);--primary-ink:light-dark(#fff,#08263f)}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px 16px;background:var(--window);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{width:min(520px,100%);padding:32px;background:var(--surface);border:1px solid var(--line);border-radius:14px}
h1{margin:0 0 12px;font-size:1.4rem;line-height:1.3}p{margin:0 0 16px}.muted{color:var(--muted);font-size:.9rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:6px 20px;margin:0 0 20px;padding:16px 0;border-block:1px solid var(--line)}dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere;font-weight:600}
button{width:100%;min-height:48px;border:0;border-radius:10px;background:var(--primary);color:var(--primary-ink);font:inherit;font-weight:650;cursor:pointer}button:focus-visible{outline:3px solid var(--ink);outline-offset:3px}`

var confirmPolicy = func() string {
	sum := sha256.Sum256([]byte(confirmStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}()

var confirmTemplate = template.Must(template.New("confirm").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>BeckmanConnect Remote Support</title><style>{{.Style}}</style></head>
<body><main data-state="{{.State}}"><h1>{{.Title}}</h1><p>{{.Text}}</p>
{{- if .What.Device}}<dl><dt>{{.Words.Type}}</dt><dd>{{.What.Type}}</dd><dt>{{.Words.Serial}}</dt><dd>{{.What.Serial}}</dd></dl>{{end}}
{{- if .Link}}<form method="post" action="{{.Action}}"><input type="hidden" name="link" value="{{.Link}}"><button type="submit">{{.Words.Button}}</button></form><p></p><p class="muted">{{.Words.Not}}</p>{{end}}
</main></body></html>
`))

type confirmView struct {
	Lang, State, Title, Text string
	What                     data.ToConfirm
	Link, Action             string
	Words                    confirmWords
	Style                    template.CSS
}

// ConfirmPage serves cloudapi.PathConfirm: GET shows what would be confirmed
// and changes nothing, so that a scanner of mails that follows links confirms
// nothing; POST confirms. A link that does not work gets one answer, whatever
// the reason.
func (c *Confirmation) ConfirmPage() http.Handler {
	limit := web.Limiter{Every: rate.Limit(0.5), Burst: 20}
	return limit.Limit(func(w http.ResponseWriter, r *http.Request) {
		language, words := confirmLanguage(r.Header.Get("Accept-Language"))
		view := confirmView{Lang: language, Words: words, Action: cloudapi.PathConfirm, Style: confirmStyle}
		status := http.StatusOK
		var err error
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			link := r.URL.Query().Get("link")
			if view.What, err = c.look(r, link); err == nil {
				view.State, view.Title, view.Text, view.Link = "ask", words.Ask, words.AskText, link
			}
		case http.MethodPost:
			r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
			if link := r.PostFormValue("link"); link == "" || len(link) > maxLink {
				err = data.ErrNotFound
			} else if view.What, err = c.confirm(r.Context(), link); err == nil {
				view.State, view.Title, view.Text = "done", words.Done, words.DoneText
			}
		default:
			w.Header().Set("Allow", "GET, HEAD, POST")
			web.Fail(w, http.StatusMethodNotAllowed, "method", "Use GET or POST here.")
			return
		}
		switch {
		case errors.Is(err, data.ErrNotFound):
			status, view.State, view.Title, view.Text = http.StatusNotFound, "over", words.Over, words.OverText
		case err != nil:
			c.Log.Error("a confirmation failed", "error", err)
			status, view.State, view.Title, view.Text = http.StatusInternalServerError, "failed", words.Failed, ""
		}
		show(w, status, view)
	})
}

func (c *Confirmation) look(r *http.Request, link string) (data.ToConfirm, error) {
	if link == "" || len(link) > maxLink {
		return data.ToConfirm{}, data.ErrNotFound
	}
	return c.Data.Confirmation(r.Context(), link)
}

func show(w http.ResponseWriter, status int, view confirmView) {
	var page bytes.Buffer
	if err := confirmTemplate.Execute(&page, view); err != nil {
		web.Fail(w, http.StatusInternalServerError, "internal", "The page could not be made.")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", confirmPolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes())
}

// confirmLanguage picks the first language the browser asks for that there is.
func confirmLanguage(accept string) (string, confirmWords) {
	for part := range strings.SplitSeq(accept, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
		if words, ok := confirmTexts[tag]; ok {
			return tag, words
		}
	}
	return "en", confirmTexts["en"]
}
