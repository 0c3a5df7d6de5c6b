package store

import "slices"

// personalField says what a personal field is of: whose it is, so that a person
// can be erased, and whether it is confidential where the hospital has a key.
type personalField struct {
	of           whose
	names        bool // it is what the person is found by
	confidential bool // person names, e-mails, and texts that people typed
}

// whose is one of the persons of an entry.
type whose int

const (
	actors    whose = iota // whoever acted: texts they typed
	locals                 // who sits at this PC
	engineers              // who helps from afar
	contacts               // who this PC was registered for
	others                 // who did something to somebody, as IT to a PIN
)

// personalFields are all of the product's; a test holds it complete. One that
// is missing here would be confidential, and the actor's.
var personalFields = map[string]personalField{
	"account":      {of: locals, names: true},
	"technician":   {of: locals, names: true},
	"initials":     {of: locals, names: true},
	"engineer":     {of: engineers, names: true},
	"organisation": {of: engineers},
	"by":           {of: others, names: true},
	"email":        {of: contacts, names: true, confidential: true},
	"name":         {of: contacts, names: true, confidential: true}, // the engineer's where one is named, see fieldOf
	"reason":       {confidential: true},
	"ticket":       {confidential: true},
	"text":         {confidential: true},
	"note":         {confidential: true},
	"file":         {confidential: true}, // file names are typed by people, too
	"files":        {confidential: true},
}

// DefaultConfidential are the personal fields that are sealed to the hospital's
// key where the policy names a key and no list: names of persons, e-mails and
// texts that people typed. Accounts and initials stay readable on this PC, or
// nobody there could see who acted.
func DefaultConfidential() []string {
	var names []string
	for name, f := range personalFields {
		if f.confidential {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// PersonalFields are the names of all personal fields the product writes, with
// whether each is confidential by default.
func PersonalFields() map[string]bool {
	all := make(map[string]bool, len(personalFields))
	for name, f := range personalFields {
		all[name] = f.confidential
	}
	return all
}

// fieldOf says what a field of an entry is of. present says which fields the
// entry has with a value.
func fieldOf(name, actor string, present func(string) bool) personalField {
	f, known := personalFields[name]
	switch {
	case !known:
		f = personalField{confidential: true}
	case name == "name" && present("engineer"):
		f.of = engineers
	}
	if f.of != actors {
		return f
	}
	local := present("account") || present("technician") || present("initials")
	switch {
	case present("engineer") && (actor == "engineer" || !local):
		f.of = engineers
	case local:
		f.of = locals
	case present("by"):
		f.of = others
	default:
		f.of = contacts
	}
	return f
}

// namesIn gives the values that say who a person of an entry is, sorted and
// each once; none: nobody is named.
func namesIn(of whose, actor string, personal map[string]string, present func(string) bool) []string {
	var names []string
	for name, value := range personal {
		if f := fieldOf(name, actor, present); f.of == of && f.names && value != "" {
			names = append(names, value)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func presentIn(personal map[string]string) func(string) bool {
	return func(name string) bool { return personal[name] != "" }
}
