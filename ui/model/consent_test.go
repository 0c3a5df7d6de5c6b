package model_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/sample"
)

// P24: who, ticket and reason, what exactly; that it was asked before; why a
// PIN, and how many tries are left.
func TestPromptSaysAll(t *testing.T) {
	facts := func(p *hostpb.Prompt) string { return fmt.Sprint(model.NewPromptView(en, p).Facts) }
	for want, p := range map[string]*hostpb.Prompt{
		"[What All of this PC’s screens] [Ticket 4711] [Reason given Look at the disk alarm]":                     sample.ViewPrompt(),
		"[What Mouse and keyboard of this PC] [Ticket 4711] [Reason given Archive old results together]":          sample.ControlPrompt(),
		"[What All of this PC’s screens] [Ticket none] [Reason given none]":                                       {Capability: hostpb.Capability_CAPABILITY_VIEW, Ticket: "\u202e\n", Reason: " "},
		"[File ] [Size 0\u00a0B] [Direction not known] [Fingerprint ] [Ticket none] [Reason given none] [For how": {Capability: hostpb.Capability_CAPABILITY_FILES, FileDirection: "both"},
	} {
		if got := facts(p); !strings.Contains(got, want) {
			t.Errorf("facts %s, want %s", got, want)
		}
	}
	v := model.NewPromptView(en, sample.PINPrompt())
	if !v.Initials || !v.PIN || !strings.Contains(v.PINWhy, "Only your PIN counts") || v.PINLeft != "3 tries left" {
		t.Errorf("PIN: %+v", v)
	}
	if v := model.NewPromptView(en, sample.MissedPrompt()); v.Missed != "Asked 2 times before, nobody answered." || v.Initials {
		t.Errorf("missed: %+v", v)
	}
	if v := model.NewPromptView(en, sample.InitialsPrompt()); !v.Initials || v.PIN || v.Missed != "" {
		t.Errorf("initials: %+v", v)
	}
}

// B5: the session page shows the words, and what nobody answered in words.
func TestSessionSaysAll(t *testing.T) {
	s := sample.Session()
	v := s.HelpView(en, sample.Now).Session
	if v.Words != "cobalt · harbour · violin" || len(v.Missed) != 2 {
		t.Fatalf("%+v", v)
	}
	if v.Missed[0].Label != "Files" || !strings.Contains(v.Missed[0].Detail, "14:03: it needs a PIN") || !strings.Contains(v.Missed[1].Detail, "14:00, no answer") {
		t.Errorf("missed: %+v", v.Missed)
	}
}

// B5: at the end a summary: who, when, how long, what, and by whom it ended.
// It opens by itself after a session, and is left by going on.
func TestSummary(t *testing.T) {
	s := sample.Summed()
	h := s.HelpView(en, sample.Now)
	if h.Page != model.HelpSummary {
		t.Fatalf("page %v", h.Page)
	}
	all := fmt.Sprint(h.Summary.Facts)
	for _, want := range []string{"Anna Weber · Service Vienna · anna.weber@vendor.example", "13:34 to 14:03 · 29 minutes", "with the Pause key", "Ended by you", "214 acts", "5310"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in %s", want, all)
		}
	}
	var lines []string
	for _, l := range h.Summary.Lines {
		lines = append(lines, strings.TrimSpace(l.Clock+" "+l.Words+" "+l.Detail))
	}
	want := []string{
		"13:35 You allowed: See the screen", "13:38 No answer, denied: Mouse and keyboard", "13:41 You allowed: Mouse and keyboard",
		"13:53 Permission ended: Mouse and keyboard time is over", "13:56 You denied: Files notes.txt", "13:59 You allowed: Files archive-settings.xml",
		"13:59 File arrived: archive-settings.xml",
	}
	if fmt.Sprint(lines) != fmt.Sprint(want) {
		t.Errorf("lines:\n%s", strings.Join(lines, "\n"))
	}
	s.SummaryOpen = false
	if h := s.HelpView(en, sample.Now); h.Page != model.HelpWho || !h.Ended.Summary {
		t.Errorf("after it was read: page %v, %+v", h.Page, h.Ended)
	}
	// What the service sends meanwhile does not bring it back; a new session takes it away.
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Support{Support: s.Support}})
	if s.SummaryOpen {
		t.Error("the summary came back")
	}
	s.SummaryOpen = true
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Support{Support: sample.SessionState()}})
	if s.SummaryOpen || s.SummaryView(en, sample.Now) != nil {
		t.Error("an old summary in a new session")
	}
}

// The codes of SetPIN stand at the field they are about.
func TestPINFaults(t *testing.T) {
	for code, at := range map[string]func(model.PINFault) string{
		"pin-weak":         func(f model.PINFault) string { return f.New },
		"pin-wrong":        func(f model.PINFault) string { return f.Old },
		"pin-locked":       func(f model.PINFault) string { return f.Old },
		"initials-invalid": func(f model.PINFault) string { return f.Initials },
		"session-running":  func(f model.PINFault) string { return f.General },
		"something-new":    func(f model.PINFault) string { return f.General },
	} {
		s := sample.State()
		s.PIN.Done("MH", code)
		v := s.PINView(en)
		if words := at(v.Fault); words == "" || strings.HasPrefix(words, "error.") || v.Saved != "" {
			t.Errorf("%s: %+v", code, v)
		}
	}
	s := sample.State()
	s.PIN.Done("MH", "")
	if v := s.PINView(en); v.Saved != "The PIN of MH is set." || v.Fault != (model.PINFault{}) || !v.NeedsOld(" mh ") || v.NeedsOld("AB") {
		t.Errorf("%+v", v)
	}
}

func TestPINCheck(t *testing.T) {
	s := sample.State()
	v := s.PINView(en)
	for name, row := range map[string]struct {
		initials, old, pin, repeat string
		want                       model.PINFault
	}{
		"new":         {"AB", "", "246801", "246801", model.PINFault{}},
		"changed":     {"mh", "1357", "246801", "246801", model.PINFault{}},
		"without old": {"MH", "", "246801", "246801", model.PINFault{Old: "pin.error.old"}},
		"short":       {"AB", "", "123", "123", model.PINFault{New: "pin.error.digits"}},
		"long":        {"AB", "", "1234567890123", "1234567890123", model.PINFault{New: "pin.error.digits"}},
		"letters":     {"AB", "", "12a4", "12a4", model.PINFault{New: "pin.error.digits"}},
		"differ":      {"AB", "", "246801", "246810", model.PINFault{Repeat: "pin.error.repeat"}},
		"nobody":      {"", "", "246801", "246801", model.PINFault{Initials: "pin.error.initials"}},
		"a sentence":  {"Anna Weber", "", "246801", "246801", model.PINFault{Initials: "pin.error.initials"}},
	} {
		if got := v.CheckPIN(row.initials, row.old, row.pin, row.repeat); got != row.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestDigitsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		got := model.Digits(rapid.String().Draw(t, "typed"))
		if strings.Trim(got, "0123456789") != "" || model.Digits(got) != got {
			t.Fatalf("%q", got)
		}
	})
}

// B6: the preview never says that something is seen which is not.
func TestPreviewWords(t *testing.T) {
	for _, row := range []struct {
		p       *hostpb.Preview
		lost    bool
		picture bool
		words   string
	}{
		{nil, false, false, "on its way"}, {nil, true, false, "cannot be shown"},
		{&hostpb.Preview{State: "on"}, false, true, "Nothing is hidden but our own"},
		{&hostpb.Preview{State: "on", Masked: 1}, false, true, "1 area is hidden"},
		{&hostpb.Preview{State: "black"}, false, true, "All black"},
		{&hostpb.Preview{State: "off"}, false, false, "Nothing: the engineer may not see"},
		{&hostpb.Preview{State: "later"}, false, false, "cannot be shown"},
		{&hostpb.Preview{State: "on"}, true, false, "cannot be shown"},
	} {
		if v := model.PreviewWords(en, row.p, row.lost); v.Picture != row.picture || !strings.Contains(v.State.Word, row.words) {
			t.Errorf("%v, lost %v: %+v", row.p, row.lost, v)
		}
	}
}

// What the log can say of PINs, masks and policies is said in words.
func TestNewKindsInWords(t *testing.T) {
	for _, l := range text.Languages() {
		c := text.New(l.Tag)
		for _, kind := range []string{
			"pin.set", "pin.removed", "pin.wrong", "pin.locked", "session.summary", "vendor-policy.accepted", "vendor-policy.refused", "mask.applied", "mask.lifted",
		} {
			s := sample.State()
			s.Activity.List = model.ActivityList{}
			sample.LoadActivity(&s, []*hostpb.Activity{{Index: 1, Kind: kind, UnixMs: sample.Ago(0)}})
			if what := s.ActivityRow(c, 0, sample.Now).What; what == "" || strings.Contains(what, kind) {
				t.Errorf("%s: %s is %q", l.Tag, kind, what)
			}
		}
		for _, code := range []string{"pin-missing", "pin-wrong", "pin-locked", "pin-weak", "initials-missing", "initials-invalid", "session-running", "not-armed"} {
			if words := model.Failure(c, code); strings.Contains(words, code) {
				t.Errorf("%s: %s is %q", l.Tag, code, words)
			}
		}
		for _, code := range []string{"network-unplugged", "locked", "vendor"} {
			s := sample.Ended()
			s.Support.EndedCode = code
			if words := s.HelpView(c, sample.Now).Ended.Detail; words == c.T("help.ended.other", "code", code) {
				t.Errorf("%s: ended by %s is %q", l.Tag, code, words)
			}
		}
	}
}

// P23: each of a code's 32 characters has a word of its own to read aloud, in
// every language, and a letter's begins with it.
func TestSpelling(t *testing.T) {
	const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	for _, l := range text.Languages() {
		c := text.New(l.Tag)
		seen := map[string]rune{}
		for _, r := range alphabet {
			word := c.T("spelling." + string(r))
			if strings.HasPrefix(word, "spelling.") {
				t.Errorf("%s lacks a word for %c", l.Tag, r)
			}
			if other, twice := seen[strings.ToLower(word)]; twice {
				t.Errorf("%s says %q for %c and %c", l.Tag, word, other, r)
			}
			seen[strings.ToLower(word)] = r
			// Kana cannot begin with the letter: there are words known from the telephone.
			if r >= 'A' && l.Tag != "ja" && !strings.HasPrefix(strings.ToUpper(word), string(r)) {
				t.Errorf("%s says %q for %c", l.Tag, word, r)
			}
			if l.Tag == "ja" && utf8.RuneCountInString(word) > 5 {
				t.Errorf("%q is wider than its tile", word)
			}
		}
	}
}
