package pc

import (
	"crypto/rand"
	"fmt"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/service/policy"
	"beckmanconnect/service/support"
)

// Policy is what IT has signed.
type Policy struct {
	Staff []string // accounts on the list
	Class string   // "general", "patient-data"
	Run   bool     // a run is in progress
	// Shares allows chat, pointer and clipboard to be asked for.
	Shares bool
}

// Region is where the PC stands.
const Region = "eu"

// Site answers the machine by a really signed policy, as the service does.
type Site struct {
	signer note.Signer
	keys   note.Verifiers

	mu        sync.Mutex
	number    int
	said      Policy
	effective *policy.Effective
}

func newSite(p Policy) (*Site, error) {
	private, public, err := note.GenerateKey(rand.Reader, "site")
	if err != nil {
		return nil, err
	}
	s := &Site{}
	if s.signer, err = note.NewSigner(private); err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, err
	}
	s.keys = note.VerifierList(verifier)
	return s, s.Sign(p)
}

// Sign puts another policy in force, as IT does.
func (s *Site) Sign(p Policy) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number++
	text := fmt.Sprintf("number = %d\ninstrument_class = %q\nstaff = [", s.number, p.Class)
	for _, account := range p.Staff {
		text += fmt.Sprintf("%q, ", account)
	}
	text += "]\n"
	if p.Shares {
		text += "[capabilities]\nchat = \"ask\"\npointer = \"ask\"\nclipboard = \"ask\"\n"
	}
	signed, err := note.Sign(&note.Note{Text: text}, s.signer)
	if err != nil {
		return err
	}
	site, err := policy.Parse(signed, s.keys, policy.Defaults())
	if err != nil {
		return err
	}
	table := policy.Defaults()
	s.said, s.effective = p, policy.Evaluate(policy.Layers{
		Table: table, Known: policy.Installed(table, "hostile"), Site: site, Facts: policy.Facts{TermsAccepted: true, Region: Region},
	})
	return nil
}

// Said is the policy in force.
func (s *Site) Said() Policy {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said
}

// Connect and Decide answer as the service's own policy does (service/rules.go).
func (s *Site) Connect(e support.Engineer) support.Decision {
	s.mu.Lock()
	defer s.mu.Unlock()
	why := s.effective.Admit(policy.Engineer{Account: e.Account, Organisation: e.Organisation, Regions: e.Regions, Serial: e.Serial})
	return support.Decision{Allowed: why == "", Why: why}
}

// Decide implements support.Policy.
func (s *Site) Decide(e support.Engineer, c support.Capability) support.Decision {
	if d := s.Connect(e); !d.Allowed {
		return d
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.effective.Decide(policy.Of(string(c)))
	return support.Decision{
		Allowed: d.Allowed(), Why: d.Effect.String(), PromptTimeout: s.effective.PromptTimeout,
		PatientData: s.effective.Class == policy.PatientData, RunInProgress: s.said.Run, Identify: string(s.effective.Identify()),
	}
}
