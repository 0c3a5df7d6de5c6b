package logexport

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"beckmanconnect/assets/fonts/noto"
	"beckmanconnect/internal/linebreak"
	"beckmanconnect/internal/logproof"
)

// ink is a colour of the documents: the product's light palette.
type ink [3]int

var (
	inkText   = ink{0x14, 0x20, 0x2E}
	inkMuted  = ink{0x4F, 0x5F, 0x73}
	inkLine   = ink{0xD8, 0xE1, 0xEA}
	inkSunken = ink{0xF3, 0xF6, 0xFA}
	inkDeep   = ink{0x0A, 0x3A, 0x5A}
	inkAccent = ink{0x0B, 0x65, 0x80}
	inkWhite  = ink{0xFF, 0xFF, 0xFF}
	inkPale   = ink{0xD9, 0xE9, 0xF2}
	inkGood   = ink{0x17, 0x63, 0x3A}
	inkDanger = ink{0x9B, 0x1C, 0x15}
	inkWarn   = ink{0x7A, 0x43, 0x00}
	paperWarn = ink{0xFF, 0xEB, 0xC8}
	paperNote = ink{0xD9, 0xF2, 0xF7}
)

// The paper: A4 upright, in millimetres.
const (
	pageWidth  = 210.0
	pageHeight = 297.0
	margin     = 16.0
	textWidth  = pageWidth - 2*margin
)

const (
	regular = ""
	bold    = "B"
)

// sheet is a document of pages. All that stands on it is text its fonts can
// write; what they cannot stands as \uXXXX.
type sheet struct {
	pdf   *fpdf.Fpdf
	lang  string
	added map[string]bool // faces that are in the document
	style string
	size  float64
}

// newSheet makes an empty document. The moment is the only time that goes into
// the file: the same data give the same bytes.
func newSheet(title, lang, program string, moment time.Time) (*sheet, error) {
	p := fpdf.New("P", "mm", "A4", "")
	p.SetCatalogSort(true)
	p.SetCreationDate(moment.UTC())
	p.SetModificationDate(moment.UTC())
	p.SetProducer("BeckmanConnect", true)
	p.SetCreator(program, true)
	p.SetTitle(title, true)
	p.SetLang(lang)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(false, 0)
	p.SetCellMargin(0)
	return &sheet{pdf: p, lang: lang, added: map[string]bool{}}, p.Error()
}

// writable is s with everything as \uXXXX that no font has a letter for or that
// acts on what stands beside it.
func (s *sheet) writable(text string) string {
	var out []byte
	for at, r := range text {
		switch {
		case r == '\\' && (strings.HasPrefix(text[at+1:], "u") || strings.HasPrefix(text[at+1:], `\`)):
			out = append(out, `\\`...) // not to be taken for one of ours
		case r == ' ' || r == '\u00a0':
			out = append(out, ' ')
		case r > 0xffff || !noto.Covers(s.lang, r):
			out = logproof.AppendEscape(out, r)
		default:
			out = logproof.AppendInert(out, r)
		}
	}
	return string(out)
}

func (s *sheet) font(style string, size float64, c ink) {
	s.style, s.size = style, size
	s.pdf.SetTextColor(c[0], c[1], c[2])
}

// face sets the font of a run. It is put into the document when it is first
// needed.
func (s *sheet) face(f *noto.Face) {
	if !s.added[f.Name] {
		s.added[f.Name] = true
		// The writer works on the font's bytes: it gets its own.
		s.pdf.AddUTF8FontFromBytes(f.Name, regular, slices.Clone(f.Regular))
		s.pdf.AddUTF8FontFromBytes(f.Name, bold, slices.Clone(f.Bold))
	}
	s.pdf.SetFont(f.Name, s.style, s.size)
}

// width is that of one line, in millimetres.
func (s *sheet) width(text string) float64 {
	all := 0.0
	for _, run := range noto.Runs(s.lang, text) {
		s.face(run.Face)
		all += s.pdf.GetStringWidth(run.Text)
	}
	return all
}

// lines breaks text to a width in the font that is set. A word that is wider
// than the width is broken inside.
func (s *sheet) lines(text string, width float64) []string {
	return linebreak.Wrap(text, width, s.width)
}

// fit is text cut to a width, with an ellipsis where something is missing.
func (s *sheet) fit(text string, width float64) string {
	return linebreak.Shorten(text, width, s.width)
}

// put writes one line with its top left corner at x, y.
func (s *sheet) put(x, y, height float64, text string) {
	for _, run := range noto.Runs(s.lang, text) {
		s.face(run.Face)
		s.pdf.SetXY(x, y)
		s.pdf.CellFormat(0, height, run.Text, "", 0, "LM", false, 0, "")
		x += s.pdf.GetStringWidth(run.Text)
	}
}

// putRight writes one line that ends at x.
func (s *sheet) putRight(x, y, height float64, text string) {
	s.put(x-s.width(text), y, height, text)
}

// box fills a rectangle with rounded corners.
func (s *sheet) box(x, y, w, h, radius float64, c ink) {
	s.pdf.SetFillColor(c[0], c[1], c[2])
	if radius == 0 {
		s.pdf.Rect(x, y, w, h, "F")
		return
	}
	s.pdf.RoundedRect(x, y, w, h, radius, "1234", "F")
}

// rule is a fine line across the text.
func (s *sheet) rule(x, y, w float64) {
	s.pdf.SetDrawColor(inkLine[0], inkLine[1], inkLine[2])
	s.pdf.SetLineWidth(0.2)
	s.pdf.Line(x, y, x+w, y)
}

// write hands the finished document over.
func (s *sheet) write(w io.Writer) error {
	var b bytes.Buffer
	if err := s.pdf.Output(&b); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}
