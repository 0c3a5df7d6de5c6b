// Package datasheet is the one exact table of what leaves the instrument PC and
// what comes to it (P13, B14): every field of every message, what it is for,
// whether it is about a person, how long the vendor's cloud keeps it, and where.
// docs/network.md and the proof pack of beckmanctl doctor are made from it; a
// test holds it against the messages themselves, so that a field that is sent
// and does not stand here does not pass.
package datasheet

import "reflect"

// Direction is whose message it is.
type Direction string

// Directions.
const (
	ToCloud   Direction = "PC → vendor's cloud"
	ToPC      Direction = "vendor's cloud → PC"
	ToWitness Direction = "PC → hospital's witness"
	EndToEnd  Direction = "PC ↔ engineer, end to end"
)

// Message is one kind of message.
type Message struct {
	Name      string
	Direction Direction
	When      string
	Retention string // in the vendor's cloud, unless a field says otherwise
	Region    string
	Fields    []Field

	kind reflect.Type // what travels; nil: bytes that are described in words
}

// Field is one field of a message, by its name as it travels.
type Field struct {
	Name     string
	Purpose  string
	Personal bool // about a person, or a text that a person typed
	// Retention is the field's own, where it differs from the message's.
	Retention string
}

// Row is one line of the table.
type Row struct {
	Message   string    `json:"message"`
	Direction Direction `json:"direction"`
	When      string    `json:"when"`
	Field     string    `json:"field"`
	Purpose   string    `json:"purpose"`
	Personal  bool      `json:"personal"`
	Retention string    `json:"retention"`
	Region    string    `json:"region"`
}

// Messages are all of them, in the order of the documentation.
func Messages() []Message {
	return append(append(toCloud(), toPC()...), others()...)
}

// Rows is the table, field by field.
func Rows() (rows []Row) {
	for _, m := range Messages() {
		for _, f := range m.Fields {
			r := Row{Message: m.Name, Direction: m.Direction, When: m.When, Field: f.Name, Purpose: f.Purpose, Personal: f.Personal, Retention: m.Retention, Region: m.Region}
			if f.Retention != "" {
				r.Retention = f.Retention
			}
			rows = append(rows, r)
		}
	}
	return rows
}

// Where and how long, in the same words everywhere.
const (
	regional = "the cloud of the PC's region; staff trained for that region"
	onPC     = "this PC"
	nowhere  = "not kept"
	// noLimit: the cloud has no job that deletes these; see docs/security.md.
	noLimit  = "with the device's record; no time limit is built in"
	replaced = "until the next one replaces it"
)

func field(name, purpose string) Field    { return Field{Name: name, Purpose: purpose} }
func personal(name, purpose string) Field { return Field{Name: name, Purpose: purpose, Personal: true} }
func kept(f Field, retention string) Field {
	f.Retention = retention
	return f
}
