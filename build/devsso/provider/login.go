package provider

import (
	"context"
	"html/template"
	"net/http"
)

const loginPath = "/sign-in"

// login is the page where people say who they are.
type login struct {
	storage *storage
	next    func(ctx context.Context, id string) string
}

var page = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Staff sign-in</title>
<style>
  :root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #1c2430; background: #eef1f5 }
  body { min-height: 100vh; margin: 0; display: grid; place-items: center }
  main { width: 22rem; max-width: calc(100% - 4rem); padding: 2rem; background: #fff; border: 1px solid #d3d9e2; border-radius: 10px }
  h1 { margin: 0; font-size: 1.35rem; font-weight: 600 }
  p { margin: .25rem 0 1.25rem; color: #55606f }
  label { display: block; margin-top: 1rem; font-weight: 600; font-size: .9rem }
  input { box-sizing: border-box; width: 100%; margin-top: .3rem; padding: .6rem .7rem; font: inherit; border: 1px solid #8a94a3; border-radius: 6px }
  button { width: 100%; margin-top: 1.5rem; padding: .7rem; font: inherit; font-weight: 600; color: #fff; background: #0b5cad; border: 0; border-radius: 6px; cursor: pointer }
  input:focus-visible, button:focus-visible { outline: 3px solid #0b5cad; outline-offset: 2px }
  [role=alert] { margin: 1rem 0 0; padding: .6rem .7rem; color: #8c1d18; background: #fdecea; border-radius: 6px }
  small { display: block; margin-top: 1.25rem; color: #55606f }
</style>
<main>
  <h1>Staff sign-in</h1>
  <p>Remote Support</p>
  <form method="post" action="` + loginPath + `">
    <input type="hidden" name="id" value="{{.ID}}">
    <label for="username">Account</label>
    <input id="username" name="username" value="{{.Account}}" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
    <label for="password">Password</label>
    <input id="password" name="password" type="password" autocomplete="current-password" required>
    {{with .Problem}}<div role="alert">{{.}}</div>{{end}}
    <button id="submit" type="submit">Sign in</button>
  </form>
  <small>Development sign-in. It stands in for the vendor's own.</small>
</main>
</html>
`))

type view struct{ ID, Account, Problem string }

func (l *login) show(w http.ResponseWriter, r *http.Request) {
	render(w, http.StatusOK, view{ID: r.URL.Query().Get("id")})
}

func (l *login) submit(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	id, account := r.PostFormValue("id"), r.PostFormValue("username")
	if !l.storage.signIn(id, account, r.PostFormValue("password")) {
		render(w, http.StatusUnauthorized, view{id, account, "Account and password do not match, or this sign-in is too old."})
		return
	}
	http.Redirect(w, r, l.next(r.Context(), id), http.StatusFound)
}

func render(w http.ResponseWriter, status int, v view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_ = page.Execute(w, v) // the browser may be gone
}
