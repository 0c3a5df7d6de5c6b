package proofpack

import (
	_ "embed"
	"html/template"
	"io"
	"strings"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/internal/mds2"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

// sheet is what a page is made of.
type sheet struct {
	*Pack
	Lang      string
	Languages []language
	Style     template.CSS
	Groups    []group
	c         *text.Catalogue
}

type language struct {
	Tag, Name, Page string
	Here            bool
}

// group are findings of one state, what is to be put right first.
type group struct {
	State    string
	Findings []Finding
}

func (p *Pack) page(w io.Writer, tag, chosen string) error {
	t, err := template.New("page").Parse(pageSource)
	if err != nil {
		return err
	}
	s := sheet{Pack: p, Lang: tag, Style: template.CSS(pageStyle), c: text.New(tag)}
	for _, l := range text.Languages() {
		s.Languages = append(s.Languages, language{l.Tag, l.Name, pageName(l.Tag, chosen), l.Tag == tag})
	}
	for _, state := range []string{Failed, Note, OK, Skipped} {
		g := group{State: state}
		for _, f := range p.Findings {
			if f.State == state {
				g.Findings = append(g.Findings, f)
			}
		}
		if len(g.Findings) > 0 {
			s.Groups = append(s.Groups, g)
		}
	}
	return t.Execute(w, s)
}

// P is a text of the page in its language.
func (s sheet) P(key string, args ...any) string { return s.c.T("pack."+key, args...) }

// Verdict is the state of the whole.
func (s sheet) Verdict() string {
	for _, state := range []string{Failed, Note} {
		if s.Count(state) > 0 {
			return state
		}
	}
	return OK
}

// CheckName is a check in the page's language; what follows the name of its
// family (a host, a part) stays as it is.
func (s sheet) CheckName(check string) string {
	if key := "doctor.check." + strings.NewReplacer(" ", "-", "'", "").Replace(check); s.c.Has(key) {
		return s.c.T(key)
	}
	family, rest, _ := strings.Cut(check, " ")
	if key := "doctor.check." + family; rest != "" && s.c.Has(key) {
		return s.c.T(key) + " " + rest
	}
	return check
}

// Do is what to do about a code.
func (s sheet) Do(code string) string { return s.c.T("doctor.do." + code) }

// Moment is a time to the second, in UTC so that two readers mean the same.
func (s sheet) Moment(t time.Time) string {
	if t.IsZero() {
		return s.P("none")
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// Yes is a truth in words.
func (s sheet) Yes(b bool) string {
	if b {
		return s.P("yes")
	}
	return s.P("no")
}

// Answer is the word an answer has in the texts, and in the style.
func (s sheet) Answer(answer string) string {
	switch answer {
	case mds2.Yes, mds2.No, mds2.Partly:
		return answer
	}
	return "other"
}

// Evidence joins what an answer points to.
func (s sheet) Evidence(all []string) string { return strings.Join(all, " · ") }

// Short is a digest's beginning, for reading; the whole stands in the JSON.
func (s sheet) Short(digest string) string {
	if len(digest) > 16 {
		return digest[:16] + "…"
	}
	return digest
}

// icon is a sign for a state, which never stands without its word.
type icon struct {
	State string
	Size  int
}

// Icon is the sign of a state, size pixels wide.
func (s sheet) Icon(state string, size int) icon { return icon{state, size} }
