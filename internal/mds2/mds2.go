// Package mds2 answers what a hospital asks about security, in the order of the
// Manufacturer Disclosure Statement for Medical Device Security (ANSI/NEMA
// HN 1-2019): its sections, questions in our own words, and for each answer the
// test or the page that shows it. What can be read out of the code's tables is
// (B11). It is not the form itself, and the product is no medical device: it is
// a program beside one.
package mds2

import "slices"

// Answers.
const (
	Yes = "yes"
	No  = "no"
	// Partly: the note says what is missing.
	Partly = "partly"
	// NotOurs: the instrument, its PC or the hospital decides it, not this product.
	NotOurs = "not this product's"
)

// Section is one of the standard's, with what is asked in it.
type Section struct {
	Code      string // "MPII"
	Title     string
	Questions []Question
}

// Question with its answer.
type Question struct {
	Asks   string
	Answer string
	Note   string
	// Evidence names tests ("store.TestRandomChanges"), pages ("docs/log.md") and
	// tables of the proof pack ("data table").
	Evidence []string
}

// Statement is the whole, section by section in the standard's order.
func Statement() []Section {
	var all []Section
	for _, part := range [][]Section{aboutData(), aboutPeople(), aboutPrograms(), aboutLines()} {
		all = append(all, part...)
	}
	slices.SortStableFunc(all, func(a, b Section) int { return slices.Index(order, a.Code) - slices.Index(order, b.Code) })
	return all
}

// order is the standard's.
var order = []string{
	"DOC", "MPII", "ALOF", "AUDT", "AUTH", "CSUP", "DIDT", "DTBK", "EMRG", "IGAU", "MLDP", "NAUT", "CONN", "PAUT", "PLOK", "RDMP", "SBOM", "SAHD", "SGUD",
	"STCF", "TXCF", "TXIG", "RMOT", "OTHR",
}

func q(asks, answer, note string, evidence ...string) Question {
	return Question{Asks: asks, Answer: answer, Note: note, Evidence: evidence}
}
