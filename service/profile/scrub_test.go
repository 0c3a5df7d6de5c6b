package profile

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/internal/redact"
)

// Defaults, "logs sent with a help request": what the product always takes out,
// and what it leaves so that a log is still of use.
func TestBaseRules(t *testing.T) {
	s := Base()
	for line, want := range map[string]string{
		"2026-11-24 10:00:00 ERROR SYR-02 Sample syringe A2 worn, 98 %": "2026-11-24 10:00:00 ERROR SYR-02 Sample syringe A2 worn, 98 %",
		"[Sat Oct 11 14:32:52.123456 2025] [core:error] x":              "[Sat Oct 11 14:32:52.123456 2025] [core:error] x",
		"mail to anna.mueller@lab.example now":                          "mail to [e-mail] now",
		"mail to anna\u200b@lab.example now":                            "mail to [e-mail] now",
		"born 1950-03-02 and 3.2.1950 and 03/02/50":                     "born [date] and [date] and [date]",
		"born 2 March 1950, Mar 2, 1950":                                "born [date], [date]",
		"version 10.2.14.7 at 192.168.10.20, 0.25 ml":                   "version 10.2.14.7 at 192.168.10.20, 0.25 ml",
		"call +49 40 1234567 or 040/123-4567 or (415) 555-0100":         "call [phone] or [phone] or [phone]",
		"Tel.: 5523-1": "Tel.: [phone]",
		"MRN 4711 accession: A24-00123 sample=98X7":     "MRN [id] accession: [id] sample=[id]",
		"specimen id 00012345":                          "specimen id [id]",
		"tube 0001234567890 read":                       "tube [id] read",
		"HRESULT = 0x80070070, 0x8007000E, 0x123456789": "HRESULT = 0x80070070, 0x8007000E, [number]",
		"code 0001234567890 read":                       "code [number] read",
		"S24-12345 is late":                             "[id] is late",
		"123-45-6789":                                   "[number]",
		"Patient Müller, Anna aborted":                  "Patient [name] aborted",
		"patient: müller anna":                          "patient: [name]",
		"patient list opened":                           "patient list opened",
		"operator=jdoe":                                 "operator=[name]",
		"DOE^JOHN^A":                                    "[name]",
		"RX PID|1||4711^^^H||DOE^JOHN":                  "RX [message]",
		"RX \x021H|\\^&|||LIS\rP|1||4711":               "RX 1H|\\^&|||LIS P|1||4711",
		"TX: P|1|4711":                                  "TX: [message]",
		`open C:\Users\anna\log.txt`:                    `open C:\Users\[user]\log.txt`,
		"/home/anna/log":                                "/home/[user]/log",
		"\x1b[31mred\x00 \u202egnorw":                   "[31mred gnorw", // scenario 49
		"=cmd|' /C calc'!A0":                            "=cmd|' /C calc'!A0",
	} {
		if strings.HasPrefix(line, "RX \x02") {
			want = "RX [message]"
		}
		if got, _ := s.Line(line); got != want {
			t.Errorf("%q\n  is    %q\n  want  %q", line, got, want)
		}
	}
	if s.Own() != 0 {
		t.Error("the product's own rules are counted as the profile's")
	}
}

func TestScrubbingCountsPlaces(t *testing.T) {
	if _, n := Base().Line("a@b.example and c@d.example, patient Miller"); n != 3 {
		t.Errorf("%d places", n)
	}
	if _, n := Base().Line("nothing at all"); n != 0 {
		t.Errorf("%d places", n)
	}
}

func TestLongLinesAreCutAndScrubbedAgain(t *testing.T) {
	long := strings.Repeat("x ", 495) + "anna.mueller@lab.example " + strings.Repeat("y", 5000)
	got, _ := Base().Line(long)
	if len([]rune(got)) > maxScrubbed || strings.Contains(got, "anna") {
		t.Errorf("%q", got[900:])
	}
}

// A profile's own rules: they apply with the product's.
func TestOwnRules(t *testing.T) {
	p, err := Parse(head + "[[scrub]]\nname=\"tube\"\nmatch='(?i)\\brack \\d+/\\d+'\nwith=\"[tube]\"\n")
	if err != nil {
		t.Fatal(err)
	}
	if got, n := p.Scrub.Line("Rack 12/3 of patient Miller"); got != "[tube] of patient [name]" || n != 2 || p.Scrub.Own() != 1 {
		t.Errorf("%q %d", got, n)
	}
}

// Rules that never settle on a line take all of it.
func TestRulesThatChaseEachOther(t *testing.T) {
	s := &Scrubber{own: 1, rules: []scrubRule{
		{name: "a", match: &pattern{Regexp: regexp.MustCompile(`x`)}, with: "y"}, {name: "b", match: &pattern{Regexp: regexp.MustCompile(`y`)}, with: "x"},
	}}
	if got, n := s.Line("an x"); got != removed || n == 0 {
		t.Errorf("%q %d", got, n)
	}
}

var listed = []*regexp.Regexp{
	regexp.MustCompile(`@[\p{L}\p{N}]`),
	regexp.MustCompile(`(?:^|[^xX\d])\d{7,}|\d{9,}`),
	regexp.MustCompile(`\b\d{3}-\d{2}-\d{4}\b`),
	regexp.MustCompile(`\b(?:MSH|PID|OBX)\|.`),
	regexp.MustCompile(`\+\d[\d ()./-]{6,}\d`),
	regexp.MustCompile(`(?i)\bpatient[:=] *\p{L}`),
	regexp.MustCompile(`(?i)\bmrn[:= ]+\w+\d`),
}

// Whatever a line is made of: nothing that is listed survives, it is inert, and
// scrubbing it again changes nothing.
func checkScrubbed(t interface{ Fatalf(string, ...any) }, s *Scrubber, line string) {
	clean, places := s.Line(line)
	rest := clean[stampHead(clean):]
	for _, p := range listed {
		if p.MatchString(rest) {
			t.Fatalf("%q holds %s: %q", line, p, clean)
		}
	}
	if redact.Line(clean, maxScrubbed) != clean {
		t.Fatalf("%q is not inert: %q", line, clean)
	}
	if again, n := s.Line(clean); again != clean || n != 0 {
		t.Fatalf("%q becomes %q, then %q (%d)", line, clean, again, n)
	}
	if places == 0 && clean != redact.Line(line, maxScrubbed) {
		t.Fatalf("%q changed without a place: %q", line, clean)
	}
}

func TestScrubbingHolds(t *testing.T) {
	parts := []string{
		"anna@lab.example", "a.b+c@x", "0001234567890", "123-45-6789", "PID|1||4711^^^H", "MSH|^~\\&|LAB", "OBX|1|NM", "+49 (40) 123-4567", "patient: Anna Müller",
		"patient=", "MRN: A4711", "mrn ", "4711", "1950-03-02", "DOE^JOHN", "name:", "\u200b", "\r", "\x02", "|", "@", "^", "+", "-", ".", " ", "/", ":", "=", "[name]", "[e-mail]", "[id]",
		"[", "]", "2026-11-24 10:00:00", "tel 123", "Users\\", "Feb", "2 Mar", "P|1|", "ERROR", "ünï", "12", "sample", "id",
	}
	all := []*Scrubber{Base()}
	for _, name := range families {
		all = append(all, shipped(t, name).Scrub)
	}
	rapid.Check(t, func(t *rapid.T) {
		line := strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(parts), rapid.StringN(0, 4, 12)), 0, 14).Draw(t, "line"), rapid.SampledFrom([]string{"", " "}).Draw(t, "between"))
		checkScrubbed(t, rapid.SampledFrom(all).Draw(t, "rules"), line)
	})
}

func FuzzScrub(f *testing.F) {
	for _, line := range []string{"2026-11-24 10:00:00 patient: Anna Müller <a@b.c> MRN 4711", "PID|1||4711^^^H", "+49 40 123 45 67", "born 2 March 1950", "\x021H|\\^&"} {
		f.Add(line)
	}
	own := shipped(f, "instrument-manager").Scrub
	f.Fuzz(func(t *testing.T, line string) {
		if len(line) > 4000 {
			return
		}
		checkScrubbed(t, Base(), line)
		checkScrubbed(t, own, line)
	})
}
