package pipe

import (
	"errors"
	"strings"
	"testing"
)

const service = "S-1-5-80-111-222"

// scenarios 1 and 2, their Windows form: the descriptor itself. That Windows
// obeys it is to be run on Windows.
func TestSDDL(t *testing.T) {
	tests := map[string]struct {
		config Config
		want   string
	}{
		"host": {Config{Users: true},
			"O:S-1-5-80-111-222G:S-1-5-80-111-222D:P(D;;GA;;;NU)(A;;GA;;;S-1-5-80-111-222)(A;;0x12019b;;;BA)(A;;0x12019b;;;IU)S:(ML;;NWNR;;;ME)"},
		"upgrade": {Config{Accounts: []string{"S-1-5-80-3", "S-1-5-80-3", service}},
			"O:S-1-5-80-111-222G:S-1-5-80-111-222D:P(D;;GA;;;NU)(A;;GA;;;S-1-5-80-111-222)(A;;0x12019b;;;BA)(A;;0x12019b;;;S-1-5-80-3)S:(ML;;NWNR;;;ME)"},
	}
	for name, tt := range tests {
		if got, err := sddl(service, tt.config); got != tt.want || err != nil {
			t.Errorf("%s:\n got %s, %v\nwant %s", name, got, err, tt.want)
		}
	}
	for _, bad := range []string{"", "WD", "S-1-5-4)(A;;GA;;;WD", "S-1-", "S-1-5-4;"} {
		if got, err := sddl(service, Config{Accounts: []string{bad}}); !errors.Is(err, ErrName) {
			t.Errorf("account %q: %s, %v", bad, got, err)
		}
		if got, err := sddl(bad, Config{}); !errors.Is(err, ErrName) {
			t.Errorf("owner %q: %s, %v", bad, got, err)
		}
	}
}

// A client that could create instances could be the next server.
func TestClientsCannotCreateInstances(t *testing.T) {
	const createInstance, writeDAC, writeOwner, deleteIt = 0x4, 0x40000, 0x80000, 0x10000
	if clientAccess&(createInstance|writeDAC|writeOwner|deleteIt) != 0 {
		t.Errorf("client access %#x is too much", clientAccess)
	}
	const readData, writeData, synchronize, readControl = 0x1, 0x2, 0x100000, 0x20000
	if need := readData | writeData | synchronize | readControl; clientAccess&need != need {
		t.Errorf("client access %#x is too little", clientAccess)
	}
}

func TestPipeNames(t *testing.T) {
	for path, good := range map[string]bool{
		`\\.\pipe\beckmanconnect-host`:              true,
		`\\.\pipe\beckmanconnect-upgrade.1`:         true,
		`\\server\pipe\beckmanconnect-host`:         false,
		`\\.\pipe\`:                                 false,
		`\\.\pipe\a\b`:                              false,
		`\\.\pipe\ProtectedPrefix\LocalService\x`:   false,
		`\\.\pipe\..`:                               true, // a plain name there, and nobody's parent
		`\\?\pipe\x`:                                false,
		`\\.\pipe\` + strings.Repeat("x", 201):      false,
		`\\.\pipe\` + "new\nline":                   false,
		`/run/beckmanconnect/host.sock`:             false,
		`\\.\pipe\beckmanconnect-` + "\u202e" + `x`: false,
	} {
		if err := checkPipeName(path); (err == nil) != good {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// scenario 1: whose server a client may talk to.
func TestServerFacts(t *testing.T) {
	const own, other = "S-1-5-21-1000", "S-1-5-21-1001"
	tests := map[string]struct {
		facts     serverFacts
		acceptOwn bool
		good      bool
	}{
		"service, closed process": {serverFacts{owner: service}, false, true},
		"service":                 {serverFacts{owner: service, process: service}, false, true},
		"SYSTEM":                  {serverFacts{owner: sidSystem, process: sidSystem}, false, true},
		"no owner":                {serverFacts{process: service}, false, false},
		"another user":            {serverFacts{owner: other, process: other}, true, false},
		"another user's process":  {serverFacts{owner: service, process: other}, true, false},
		"own, development":        {serverFacts{owner: own, process: own}, true, true},
		"own, production":         {serverFacts{owner: own, process: own}, false, false},
	}
	for name, tt := range tests {
		err := tt.facts.check(own, service, tt.acceptOwn)
		if (err == nil) != tt.good || err != nil && !errors.Is(err, ErrUntrusted) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (serverFacts{}).check("", "", true); err == nil {
		t.Error("nobody's pipe was trusted where no account is known")
	}
}

// scenario 1: who holds the name when it cannot be had.
func TestHolder(t *testing.T) {
	const own, other = "S-1-5-80-1", "S-1-5-21-1001"
	for name, tt := range map[string]struct {
		facts serverFacts
		want  error
	}{
		"another start":   {serverFacts{owner: own}, ErrInUse},
		"SYSTEM's":        {serverFacts{owner: sidSystem}, ErrInUse},
		"a technician's":  {serverFacts{owner: other, process: other}, ErrSquatted},
		"posing as ours":  {serverFacts{owner: other, process: own}, ErrSquatted},
		"not to be known": {serverFacts{}, ErrSquatted},
	} {
		if err := tt.facts.holder(own); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
