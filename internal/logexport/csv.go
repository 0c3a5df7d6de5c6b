package logexport

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/internal/logproof"
)

// csv is RFC 4180 in UTF-8 with a byte order mark, for spreadsheets. Every cell
// is text that starts no formula and acts on nothing; see cellText for how a
// value was changed. The exact export is jsonl.
type csvFile struct {
	w    *bufio.Writer
	meta *Meta
	at   logproof.Checkpoint
	row  []byte
}

func newCSV(w io.Writer) *csvFile { return &csvFile{w: bufio.NewWriterSize(w, 64<<10)} }

// csvColumns are the first row.
var csvColumns = []string{"number", "time_utc", "time_local", "clock", "kind", "actor", "subject", "fields", "personal", "boot", "seconds_since_boot", "leaf_sha256"}

func (x *csvFile) Begin(m *Meta) (err error) {
	x.meta = m
	if x.at, err = logproof.ReadCheckpoint(m.Checkpoint); err != nil {
		return err
	}
	if _, err := x.w.WriteString("\ufeff"); err != nil {
		return err
	}
	return x.write(csvColumns)
}

func (x *csvFile) Record(r *Record) error {
	e := &r.Entry
	fields, err := logproof.DecodeFields(e.Fields)
	if err != nil {
		return fmt.Errorf("entry %d: fields: %w", e.Index, err)
	}
	personal, err := personalTexts(r)
	if err != nil {
		return err
	}
	wall := time.Unix(0, e.Wall)
	local, clock := "", ""
	if x.meta.Local != nil {
		local = wall.In(x.meta.Local).Format("2006-01-02 15:04:05.000 -0700")
	}
	if r.Back {
		clock = "went back"
	}
	return x.write([]string{
		strconv.FormatInt(e.Index, 10), wall.UTC().Format("2006-01-02T15:04:05.000000000Z"), local, clock,
		cellText(e.Kind), cellText(e.Actor), cellText(e.Subject), cellPairs(fields), cellPairs(personal),
		cellText(e.Boot), strconv.FormatFloat(float64(e.Mono)/1e9, 'f', 9, 64), hex.EncodeToString(e.Hash[:]),
	})
}

// End adds what the entries are of, as a row of its own.
func (x *csvFile) End() error {
	row := make([]string, len(csvColumns))
	row[0] = "checkpoint"
	row[7] = cellPairs(map[string]string{"origin": x.at.Origin, "entries": strconv.FormatInt(x.at.Size, 10), "root": hex.EncodeToString(x.at.Root[:])})
	if err := x.write(row); err != nil {
		return err
	}
	return x.w.Flush()
}

func (x *csvFile) write(cells []string) error {
	x.row = x.row[:0]
	for i, c := range cells {
		if i > 0 {
			x.row = append(x.row, ',')
		}
		// Quoted always: no reader has to guess.
		x.row = append(x.row, '"')
		x.row = append(x.row, strings.ReplaceAll(c, `"`, `""`)...)
		x.row = append(x.row, '"')
	}
	x.row = append(x.row, '\r', '\n')
	_, err := x.w.Write(x.row)
	return err
}

// personalTexts says of each personal field what is known; of a sealed one its
// HMAC.
func personalTexts(r *Record) (map[string]string, error) {
	commitments, err := logproof.DecodeCommitments(r.Entry.Personal)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", r.Entry.Index, err)
	}
	out := make(map[string]string, len(commitments))
	for _, c := range commitments {
		out[c.Name] = "[HMAC " + hex.EncodeToString(c.HMAC[:]) + "]"
	}
	for _, p := range r.Personal {
		if _, ok := out[p.Name]; !ok {
			return nil, fmt.Errorf("entry %d has no personal field %q", r.Entry.Index, p.Name)
		}
		switch p.State {
		case Shown:
			out[p.Name] = p.Value
		case Sealed:
		default:
			out[p.Name] = "[" + states[p.State] + "]"
		}
	}
	return out, nil
}

// cellText makes a value safe in a cell, so that nothing of it is lost: \uXXXX
// stands for the character of that number, \\ for a backslash. Written so are
//
//   - control characters, line breaks, right-to-left marks and all else that
//     does not show itself,
//   - where a cell starts: = + - @, and their full-width forms,
//   - the same after what some reader takes for the end of a cell
//     (comma, semicolon, bar, quotation mark), spaces in between or not.
func cellText(s string) string { return string(appendCell(nil, s, false)) }

// cellPairs are names and values, "name=value; name=value". Equals signs and
// semicolons inside of them are written as \uXXXX, too.
func cellPairs(m map[string]string) string {
	var out []byte
	for i, name := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			out = append(out, "; "...)
		}
		out = append(appendCell(out, name, true), '=')
		out = appendCell(out, m[name], true)
	}
	return string(out)
}

const (
	triggers = "=+-@＝＋－＠﹦﹢﹣﹫−"
	cellEnds = ",;|\"'"
)

func appendCell(dst []byte, s string, pair bool) []byte {
	start := true
	for _, r := range s {
		switch {
		case r == '\\':
			dst = append(dst, `\\`...)
		case start && strings.ContainsRune(triggers, r), pair && (r == '=' || r == ';'):
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = logproof.AppendInert(dst, r)
		}
		start = strings.ContainsRune(cellEnds, r) || start && r == ' '
	}
	return dst
}
