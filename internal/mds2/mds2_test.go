package mds2

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var testName = regexp.MustCompile(`^([a-z0-9_/-]+)\.((?:Test|Fuzz)[A-Z][A-Za-z0-9_]*)$`)

// inThePack are tables that an answer may point to.
var inThePack = []string{"network table", "data table", "defaults table", "programs table", "SBOM"}

// Every section of HN 1-2019 is there, every answer is one of four, and what it
// points to exists: no test, page or table is named that is not there.
func TestEveryAnswerHasItsEvidence(t *testing.T) {
	var codes []string
	for _, s := range Statement() {
		codes = append(codes, s.Code)
		if s.Title == "" || len(s.Questions) == 0 {
			t.Errorf("%s is empty", s.Code)
		}
		for _, q := range s.Questions {
			if !slices.Contains([]string{Yes, No, Partly, NotOurs}, q.Answer) || q.Asks == "" || q.Note == "" && len(q.Evidence) == 0 {
				t.Errorf("%s: half an answer: %+v", s.Code, q)
			}
			for _, e := range q.Evidence {
				if why := missing(e); why != "" {
					t.Errorf("%s, %s: %s: %s", s.Code, q.Asks, e, why)
				}
			}
		}
	}
	// As the standard has them.
	want := strings.Fields("DOC MPII ALOF AUDT AUTH CSUP DIDT DTBK EMRG IGAU MLDP NAUT CONN PAUT PLOK RDMP SBOM SAHD SGUD STCF TXCF TXIG RMOT OTHR")
	if !slices.Equal(codes, want) {
		t.Errorf("the sections are %q", codes)
	}
}

func missing(evidence string) string {
	if slices.Contains(inThePack, evidence) {
		return ""
	}
	if strings.HasPrefix(evidence, "docs/") {
		if _, err := os.Stat(filepath.Join("../..", evidence)); err != nil {
			return "this page is not there"
		}
		return ""
	}
	m := testName.FindStringSubmatch(evidence)
	if m == nil {
		return "this is no test, page or table"
	}
	files, err := filepath.Glob(filepath.Join("../..", m[1], "*_test.go"))
	if err != nil {
		return err.Error()
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil && strings.Contains("\n"+string(text), "\nfunc "+m[2]+"(") {
			return ""
		}
	}
	return "this test does not exist"
}

// The check itself sees what is not there.
func TestMissingEvidenceIsSeen(t *testing.T) {
	for _, e := range []string{"docs/nothing.md", "store.TestNothing", "some words", "internal/mds2.Missing"} {
		if missing(e) == "" {
			t.Errorf("%s passes", e)
		}
	}
	if why := missing("internal/mds2.TestMissingEvidenceIsSeen"); why != "" {
		t.Error(why)
	}
}
