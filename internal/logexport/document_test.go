package logexport

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/assets/text"
)

// golden holds the text of a document against the one on record. With
// BECKMANCONNECT_GOLDEN=write it is written anew, to be read by a person.
func golden(t *testing.T, name string, pages [][]string) {
	t.Helper()
	var b strings.Builder
	for n, page := range pages {
		fmt.Fprintf(&b, "== page %d\n%s\n", n+1, strings.Join(page, "\n"))
	}
	path := filepath.Join("testdata", name)
	if os.Getenv("BECKMANCONNECT_GOLDEN") == "write" {
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != b.String() {
		t.Errorf("%s:\n%s", path, b.String())
	}
}

func (l *rigLog) witnessed(t *testing.T, m *Meta) {
	at := time.Date(2026, 3, 4, 9, 50, 0, 0, time.UTC)
	m.Cosigned = []Cosigned{{Name: "cloud", Note: newWitness(t, "cloud").cosign(t, l.checkpoint(len(l.records)), at), Time: at}}
}

// The page of a session says who, when, what was allowed, which files, the
// words that matched, who ended it, and what proves it.
func TestCertificate(t *testing.T) {
	l := newLog(t)
	l.story(2, 2)
	m := l.storyMeta()
	l.witnessed(t, m)
	pages := pdfLines(t, l.export(Certificate, m, nil))
	if len(pages) != 1 {
		t.Fatalf("%d pages", len(pages))
	}
	golden(t, "certificate.txt", pages)
	l.sealed()
	m.WithNames = false
	sealed := pdfLines(t, l.export(Certificate, m, nil))
	golden(t, "certificate-sealed.txt", sealed)
	for _, secret := range []string{"anna", "Eva", "anchor", "wash-station"} {
		if strings.Contains(fmt.Sprint(sealed), secret) {
			t.Errorf("%q stands on a page that was written without the keys", secret)
		}
	}
}

// What does not fit is counted with its numbers; what was allowed stays.
func TestACertificateIsOnePage(t *testing.T) {
	l := newLog(t)
	l.story(900, 500)
	page := strings.Join(pdfLines(t, l.export(Certificate, l.storyMeta(), nil))[0], "\n")
	for _, want := range []string{"See the screen", "Allowed · 15 minutes", "more in the log, entries", "wash-station-parameters-0.zip"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	shown := strings.Count(page, "Arrived")
	var more int
	for _, line := range strings.Split(page, "\n") {
		if strings.Contains(line, "more in the log") {
			if _, err := fmt.Sscanf(strings.ReplaceAll(line, ",", ""), "%d more", &more); err != nil {
				t.Fatal(err)
			}
		}
	}
	if shown+more != 500 {
		t.Errorf("%d files are shown and %d counted, of 500", shown, more)
	}
}

func TestACertificateNeedsASession(t *testing.T) {
	l := newLog(t)
	l.story(0, 0)
	for _, id := range []string{"", "ses-0", "req-51c0a7"} {
		m := l.storyMeta()
		m.Session = id
		if _, err := l.try(Certificate, m, nil); !errors.Is(err, ErrNoSession) {
			t.Errorf("%q: %v", id, err)
		}
	}
	// One that still runs says so.
	l.records = l.records[:9]
	page := pdfLines(t, l.export(Certificate, func() *Meta { m := l.storyMeta(); return m }(), nil))[0]
	if !strings.Contains(strings.Join(page, "\n"), "still running at this checkpoint") {
		t.Errorf("%q", page)
	}
}

func TestDocument(t *testing.T) {
	l := newLog(t)
	l.story(0, 1)
	m := l.storyMeta()
	l.witnessed(t, m)
	m.Filter = "sessions"
	one := l.export(PDF, m, func(r *Record) bool { return r.Entry.Index > 3 && r.Entry.Index != 7 })
	golden(t, "log.txt", pdfLines(t, one))
	// The same data give the same bytes.
	if two := l.export(PDF, m, func(r *Record) bool { return r.Entry.Index > 3 && r.Entry.Index != 7 }); !bytes.Equal(one, two) {
		t.Error("a second export differs")
	}
	if bytes.Contains(one, []byte(fmt.Sprintf("D:%d", time.Now().Year()))) && time.Now().Year() != 2026 {
		t.Error("the time of writing stands in the file")
	}
	nothing := pdfLines(t, l.export(PDF, m, func(*Record) bool { return false }))
	if !strings.Contains(fmt.Sprint(nothing), "No entry fits") {
		t.Errorf("%q", nothing)
	}
}

// Every language has its own words, and all of them have letters in the font.
func TestDocumentsInEveryLanguage(t *testing.T) {
	l := newLog(t)
	l.story(1, 1)
	seen := map[string]string{}
	for _, lang := range text.Languages() {
		m := l.storyMeta()
		m.Language = lang.Tag
		for _, format := range []string{PDF, Certificate} {
			page := strings.Join(pdfLines(t, l.export(format, m, nil))[0], "\n")
			if strings.Contains(page, "export.") || strings.Contains(page, "kind.") {
				t.Errorf("%s, %s: a key stands on the page:\n%s", lang.Tag, format, page)
			}
			if strings.Contains(page, `\u`) {
				t.Errorf("%s, %s: a letter is missing:\n%s", lang.Tag, format, page)
			}
			if other, ok := seen[page]; ok {
				t.Errorf("%s speaks as %s does", lang.Tag, other)
			}
			seen[page] = lang.Tag
		}
	}
}

func TestAPDFHasALimit(t *testing.T) {
	x := newDocument(new(bytes.Buffer))
	l := newLog(t)
	l.add("service.started", "system", "", nil, nil)
	if err := x.Begin(l.meta()); err != nil {
		t.Fatal(err)
	}
	x.n = PDFEntries
	if err := x.Record(&l.records[0]); !errors.Is(err, ErrTooMany) {
		t.Errorf("%v", err)
	}
}

func TestFileNames(t *testing.T) {
	l := newLog(t)
	l.add("service.started", "system", "", nil, nil)
	m := l.meta()
	m.Session = "../../etc/passwd\x00"
	for format, want := range map[string]string{JSONL: "beckmanconnect-log-3f2a-0-0.jsonl", PDF: "beckmanconnect-log-3f2a-0-0.pdf", Certificate: "beckmanconnect-log-3f2a-session-------etc-passwd-.pdf"} {
		if got := FileName(format, m); got != want {
			t.Errorf("%s: %q, want %q", format, got, want)
		}
	}
}
