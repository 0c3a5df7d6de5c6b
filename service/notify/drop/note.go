package drop

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"beckmanconnect/service/notify"
	"beckmanconnect/store"
)

// note is the file's form: the fields of PublishNotification.
type note struct {
	Publisher string `json:"publisher"`
	Code      string `json:"code"`
	Severity  string `json:"severity"`
	Subject   string `json:"subject"`
	Title     string `json:"title"`
	Advice    string `json:"advice"`
}

var severities = map[string]store.Severity{"info": store.Info, "low": store.Low, "medium": store.Medium, "high": store.High}

// parse reads a file's text; why says what is wrong with it.
func parse(text []byte) (pub notify.Publication, why string) {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var n note
	if err := dec.Decode(&n); err != nil {
		return pub, "it is not one JSON object with publisher, code, severity, subject, title and advice: " + err.Error()
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return pub, "something follows the object"
	}
	severity, ok := severities[n.Severity]
	if !ok {
		return pub, "severity must be info, low, medium or high"
	}
	return notify.Publication{Publisher: n.Publisher, Code: n.Code, Severity: severity, Subject: n.Subject, Title: n.Title, Advice: n.Advice}, ""
}
