package card

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// Every card says the same things in both languages, and is listed.
func TestCards(t *testing.T) {
	raw, err := os.ReadFile("words.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(raw), " = Said{"); n != len(All) || n < 10 {
		t.Errorf("%d cards are made, %d listed", n, len(All))
	}
	for _, said := range All {
		en, de := said.English, said.German
		if said.Code == "" || en.Title == "" || en.Text == "" || de.Title == "" || de.Text == "" || (en.Note == "") != (de.Note == "") || en.Title == de.Title || en.Text == de.Text {
			t.Errorf("%s: %+v, %+v", said.Code, en, de)
		}
	}
}

// A browser reads a card in its language, a program code and English.
func TestFail(t *testing.T) {
	for _, c := range []struct{ accept, language, want, not string }{
		{"text/html,*/*;q=0.8", "de-CH,de;q=0.9,en;q=0.8", LinkOver.German.Title, LinkOver.English.Title},
		{"text/html", "en-GB,de;q=0.9", LinkOver.English.Title, LinkOver.German.Title},
		{"text/html", "", LinkOver.English.Title, LinkOver.German.Title},
		{"", "de", `"code":"place"`, "<html"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept", c.accept)
		r.Header.Set("Accept-Language", c.language)
		w := httptest.NewRecorder()
		Fail(w, r, http.StatusForbidden, LinkOver)
		if text := w.Body.String(); w.Code != http.StatusForbidden || !strings.Contains(text, c.want) || strings.Contains(text, c.not) {
			t.Errorf("%+v: %d %s", c, w.Code, text)
		}
	}
}
