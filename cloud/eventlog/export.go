package eventlog

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/logexport"
)

// LineOf is an event as it leaves: in an export, at the SIEM, on the page.
func LineOf(e data.Event) cloudapi.EventLine {
	return cloudapi.EventLine{
		Seq: e.Seq, Time: time.UnixMilli(e.AtMS).UTC().Format("2006-01-02T15:04:05.000Z"), AtMS: e.AtMS, Kind: e.Kind, Severity: e.Severity, Region: e.Region,
		Device: e.Device, Request: e.Request, Actor: e.Personal.Actor, Address: e.Personal.Address, Fields: e.Personal.Fields,
	}
}

func appendJSON(b []byte, e data.Event) []byte {
	text, err := json.Marshal(LineOf(e)) // escapes line breaks, <, > and &
	if err != nil {
		return b // it is texts and numbers: there is nothing to go wrong
	}
	return append(append(b, text...), '\n')
}

func checkpointJSON(text string) []byte {
	line, err := json.Marshal(map[string]string{"kind": checkpointKind, "note": text})
	if err != nil {
		return nil // as above
	}
	return append(line, '\n')
}

// Format is how events are exported.
type Format string

// Formats.
const (
	JSONLines Format = "jsonl"
	CSV       Format = "csv"
)

// csvHead is the first row.
const csvHead = "\ufeffnumber,time_utc,kind,severity,region,device,request,actor,address,fields\r\n"

// Writer writes an export.
type Writer struct {
	w      io.Writer
	format Format
}

// NewWriter begins one.
func NewWriter(w io.Writer, f Format) (*Writer, error) {
	switch f {
	case JSONLines:
		return &Writer{w, f}, nil
	case CSV:
		_, err := io.WriteString(w, csvHead)
		return &Writer{w, f}, err
	}
	return nil, fmt.Errorf("events: %q is no format: jsonl or csv", f)
}

// Write writes one event. In CSV no cell starts a formula (scenario 49); the
// exact export is JSON lines.
func (x *Writer) Write(e data.Event) error {
	if x.format == JSONLines {
		_, err := x.w.Write(appendJSON(nil, e))
		return err
	}
	l := LineOf(e)
	cells := []string{strconv.FormatInt(l.Seq, 10), l.Time, l.Kind, strconv.Itoa(l.Severity), l.Region, l.Device, l.Request, l.Actor, l.Address}
	for i := range cells {
		cells[i] = logexport.CellText(cells[i])
	}
	cells = append(cells, logexport.CellPairs(l.Fields))
	for i := range cells {
		cells[i] = `"` + strings.ReplaceAll(cells[i], `"`, `""`) + `"`
	}
	_, err := io.WriteString(x.w, strings.Join(cells, ",")+"\r\n")
	return err
}
