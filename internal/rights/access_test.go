package rights

import (
	"slices"
	"strings"
	"testing"
)

const serviceSID = "S-1-5-80-1-2-3-4-5"

// Scenarios 57, 58: the lists themselves. That Windows obeys them is to be run
// on Windows.
func TestSDDL(t *testing.T) {
	for want, got := range map[string]string{
		"D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)":                 Shared.SDDL(""),
		"D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;S-1-5-80-1-2-3-4-5)": Private.SDDL(serviceSID),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if readAndRun&changes != 0 || modify&(writeDAC|writeOwner|genericAll) != 0 {
		t.Errorf("users %#x, service %#x: too much", readAndRun&changes, modify)
	}
}

func allow(sid string, mask uint32) Entry { return Entry{SID: sid, Mask: mask, Allow: true} }

// asSet is what the lists above read back as.
func asSet(k Kind) Facts {
	f := Facts{Owner: AdministratorsSID, Entries: []Entry{allow(SystemSID, 0x1f01ff), allow(AdministratorsSID, 0x1f01ff)}}
	if k == Private {
		f.Entries = append(f.Entries, allow(serviceSID, modify))
	} else {
		f.Entries = append(f.Entries, allow(usersSID, readAndRun))
	}
	return f
}

func TestFaults(t *testing.T) {
	const stranger = "S-1-5-21-1-2-3-1001"
	with := func(k Kind, change func(*Facts)) Facts {
		f := asSet(k)
		change(&f)
		return f
	}
	more := func(e Entry) func(*Facts) { return func(f *Facts) { f.Entries = append(f.Entries, e) } }
	for name, tt := range map[string]struct {
		kind Kind
		f    Facts
		part string // "": nothing is wrong
	}{
		"shared, as set":        {Shared, asSet(Shared), ""},
		"private, as set":       {Private, asSet(Private), ""},
		"made by the service":   {Private, with(Private, func(f *Facts) { f.Owner = serviceSID }), ""},
		"made by TI":            {Shared, with(Shared, func(f *Facts) { f.Owner = trustedInstallerSID }), ""},
		"denied besides":        {Shared, with(Shared, more(Entry{SID: stranger, Mask: genericAll})), ""},
		"read by more":          {Shared, with(Shared, more(allow(everyoneSID, readAndRun))), ""},
		"a link":                {Shared, Facts{Link: true}, "is a link"},
		"somebody's":            {Shared, with(Shared, func(f *Facts) { f.Owner = stranger }), "belongs to " + stranger},
		"nobody's":              {Shared, with(Shared, func(f *Facts) { f.Owner = "" }), "belongs to nobody"},
		"shared, the service's": {Shared, with(Shared, func(f *Facts) { f.Owner = serviceSID }), "belongs to " + serviceSID},
		"no list":               {Shared, with(Shared, func(f *Facts) { f.Everybody = true }), "everybody"},
		"users write":           {Shared, with(Shared, more(allow(usersSID, writeData))), "can change it"},
		"users add files":       {Shared, with(Shared, more(allow(usersSID, appendData))), "can change it"},
		"a stranger's rights":   {Shared, with(Shared, more(allow(stranger, writeDAC))), stranger + " can change it"},
		"for contents alone":    {Shared, with(Shared, more(Entry{SID: stranger, Mask: genericWrite, Allow: true, InheritOnly: true})), "can change it"},
		"service in programs":   {Shared, with(Shared, more(allow(serviceSID, modify))), serviceSID + " can change it"},
		"users do not read":     {Shared, with(Shared, func(f *Facts) { f.Entries = f.Entries[:2] }), "cannot read"},
		"users read the log":    {Private, with(Private, more(allow(usersSID, readAndRun))), "can read it"},
		"another service's":     {Private, with(Private, more(allow("S-1-5-80-9", modify))), "S-1-5-80-9 can change it"},
		"users only pass":       {Private, with(Private, more(allow(usersSID, 0x20))), ""},
	} {
		faults := tt.kind.Faults(tt.f, Trusted(""), serviceSID)
		if (len(faults) == 0) != (tt.part == "") || tt.part != "" && !slices.ContainsFunc(faults, func(s string) bool { return strings.Contains(s, tt.part) }) {
			t.Errorf("%s: %q", name, faults)
		}
	}
	if why := asSet(Shared).Foreign(Trusted("")); why != "" {
		t.Error(why)
	}
	if f := (Facts{Owner: stranger}); f.Foreign(Trusted("")) == "" || f.Foreign(Trusted(stranger)) != "" {
		t.Error("an administrator's own folder is that one's alone")
	}
}

// Windows' form of what rights_unix_test.go tries with real files (scenario 37).
func TestOnly(t *testing.T) {
	const stranger = "S-1-5-21-1-2-3-1001"
	programData := asSet(Shared) // users may make folders in it
	programData.Entries = append(programData.Entries, allow(usersSID, writeData|appendData), Entry{SID: usersSID, Mask: genericAll, Allow: true, InheritOnly: true})
	for name, tt := range map[string]struct {
		f    Facts
		mask uint32
		good bool
	}{
		"ours":                {asSet(Shared), changes, true},
		"ProgramData, above":  {programData, replaces, true},
		"ProgramData, itself": {programData, changes, false},
		"a link":              {Facts{Link: true}, replaces, false},
		"somebody's":          {Facts{Owner: stranger}, replaces, false},
		"no list":             {Facts{Owner: SystemSID, Everybody: true}, replaces, false},
		"others rename":       {Facts{Owner: SystemSID, Entries: []Entry{allow(stranger, deleteChild)}}, replaces, false},
		"creator's own":       {Facts{Owner: SystemSID, Entries: []Entry{allow(creatorOwnerSID, genericAll)}}, replaces, true},
	} {
		if err := tt.f.only("C:\\x", Trusted(""), tt.mask); (err == nil) != tt.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
