package vendormessage

import (
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"
)

func keys(t testing.TB) (note.Signer, note.Verifiers) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "vendor")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return signer, note.VerifierList(verifier)
}

const phone = "+49 (0)30 555-0100"

func message() Message {
	issued := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	return Message{
		ID: "m-abcdefgh12345678", Number: 7, Issued: issued, Expires: issued.Add(72 * time.Hour), Severity: "medium",
		To: To{Group: "DxH 900", Regions: []string{"eu", "us"}},
		Texts: map[string]Text{
			"en": {"Reagent lot on hold", "Please do not use lot 4711 before 2026-11-30. Questions: " + phone + "."},
			"de": {"Reagenz-Charge gesperrt", `Charge "4711" bitte nicht verwenden.`},
		},
	}
}

// raw signs any text, as Sign would not.
func raw(t testing.TB, signer note.Signer, text string) []byte {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestSignedAndRead(t *testing.T) {
	signer, verifiers := keys(t)
	want := message()
	signed, err := Sign(want, signer, phone)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(signed), Header+"\n") {
		t.Errorf("begins with %q", signed[:30])
	}
	got, err := Parse(signed, verifiers, phone)
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Fatalf("%+v\n%+v\n%v", got, want, err)
	}
	// On a PC with another number configured the same note is refused.
	for _, phones := range [][]string{nil, {"+49 30 555 0199"}} {
		var text *TextError
		if _, err := Parse(signed, verifiers, phones...); !errors.As(err, &text) || text.Code != "phone" {
			t.Errorf("with %v configured: %v", phones, err)
		}
	}
}

func TestParseRefuses(t *testing.T) { // scenario 42
	signer, verifiers := keys(t)
	other, _ := keys(t)
	signed, err := Sign(message(), signer, phone)
	if err != nil {
		t.Fatal(err)
	}
	text := string(signed[:strings.LastIndex(string(signed), "\n\n")+1])
	if _, err := Parse(raw(t, signer, text), verifiers, phone); err != nil {
		t.Fatal(err)
	}
	with := func(old, new string) []byte {
		t.Helper()
		changed := strings.Replace(text, old, new, 1)
		if changed == text {
			t.Fatalf("%q does not stand in\n%s", old, text)
		}
		return raw(t, signer, changed)
	}
	for name, signed := range map[string][]byte{
		"empty":              nil,
		"unsigned":           []byte(text),
		"another's key":      raw(t, other, text),
		"changed":            []byte(strings.Replace(string(signed), "lot 4711", "lot 4712", 1)),
		"a signed time":      raw(t, signer, "beckmanconnect time\n2000000000\n"),
		"a vendor policy":    raw(t, signer, "beckmanconnect vendor policy v1\nnumber = 1\nissued = 2026-11-25T10:00:00Z\n"),
		"no ID":              with(`id = "m-abcdefgh12345678"`, `id = ""`),
		"another ID":         with(`"m-abcdefgh12345678"`, `"../m-1"`),
		"no number":          with("number = 7", "number = 0"),
		"over before begun":  with("2026-11-28T10:00:00Z", "2026-11-24T10:00:00Z"),
		"for ever":           with("2026-11-28T10:00:00Z", "2036-11-24T10:00:00Z"),
		"the highest class":  with(`"medium"`, `"high"`),
		"no class":           with(`"medium"`, `"deadly"`),
		"nobody":             with(`group = "DxH 900"`+"\n"+`regions = ["eu", "us"]`, ""),
		"everybody":          with(`group = "DxH 900"`+"\n", ""),
		"device and group":   with(`group = "DxH 900"`, `group = "DxH 900"`+"\n"+`device = "bc-0123456789abcdef"`),
		"a wild device":      with(`group = "DxH 900"`+"\n"+`regions = ["eu", "us"]`, `device = "#"`),
		"a wild region":      with(`["eu", "us"]`, `["eu", "*"]`),
		"unknown key":        with("number = 7", "number = 7\nallow = true"),
		"unknown text key":   with("[texts.en]", "[texts.en]\nlink = \"x\""),
		"no English":         with("[texts.en]", "[texts.fr]"),
		"no language":        with("[texts.de]", "[texts.\"de<b>\"]"),
		"a link":             with("Please do not", "See https://evil.example and do not"),
		"right-to-left":      with("Please", `\u202ePlease`),
		"a line break":       with("Please", `Please\nclick`),
		"NUL":                with("Please", `\u0000Please`),
		"another phone":      with("lot 4711", "0800 123 456"),
		"an empty title":     with(`title = "Reagent lot on hold"`, `title = " "`),
		"a long title":       with(`title = "Reagent lot on hold"`, `title = "`+strings.Repeat("x", MaxTitle+1)+`"`),
		"a long text":        with("Please", strings.Repeat("x", MaxText)),
		"too large":          make([]byte, MaxSize+1),
		"not TOML":           with("number = 7", "number ="),
		"a number too large": with("number = 7", "number = 9223372036854775807"),
	} {
		if m, err := Parse(signed, verifiers, phone); err == nil {
			t.Errorf("%s: accepted %+v", name, m)
		}
	}
	if _, err := Parse(signed, nil, phone); !errors.Is(err, ErrUnsigned) {
		t.Errorf("without a key: %v", err)
	}
}

func TestSignRefuses(t *testing.T) {
	signer, _ := keys(t)
	many := map[string]Text{"en": {"a", "b"}}
	for i := range MaxLanguages {
		many[fmt.Sprintf("x%c", 'a'+i)] = Text{"a", "b"}
	}
	for name, change := range map[string]func(*Message){
		"a link":         func(m *Message) { m.Texts["en"] = Text{"a", "see evil.example"} },
		"many languages": func(m *Message) { m.Texts = many },
		"the highest":    func(m *Message) { m.Severity = "high" },
		"no life":        func(m *Message) { m.Expires = m.Issued },
		"group control":  func(m *Message) { m.To.Group = "DxH\n900" },
	} {
		m := message()
		m.Texts = map[string]Text{"en": {"a", "b"}}
		change(&m)
		if _, err := Sign(m, signer); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

func TestAddresses(t *testing.T) {
	me := Recipient{Device: "bc-0123456789abcdef", Type: "DxH 900", Region: "eu"}
	for _, c := range []struct {
		to   To
		who  Recipient
		want bool
	}{
		{To{Device: me.Device}, me, true},
		{To{Device: "bc-0123456789abcdee"}, me, false},
		{To{Group: "DxH 900", Regions: []string{"us", "eu"}}, me, true},
		{To{Group: "DxH 900", Regions: []string{"us"}}, me, false},
		{To{Group: "DxI 9000", Regions: []string{"eu"}}, me, false},
		{To{Regions: []string{"eu"}}, me, true},
		{To{Regions: []string{"cn"}}, me, false},
		{To{}, me, false},
		{To{}, Recipient{}, false},
		{To{Regions: []string{""}}, Recipient{}, false},
		{To{Device: ""}, Recipient{Region: "eu"}, false},
	} {
		if got := c.to.Addresses(c.who); got != c.want {
			t.Errorf("%+v for %+v: %v", c.to, c.who, got)
		}
	}
}

func TestPlain(t *testing.T) { // scenarios 42, 44, 49
	for text, code := range map[string]string{
		"Please restart the analyser.":                       "",
		"Bitte bis 2026-11-30, 14:05 Uhr warten.":            "",
		"Wartung 2026-11-30 14:00–16:30":                     "",
		"Wartung am 30.11.2026, 14:00 bis 16:30 Uhr.":        "",
		"Das gilt z.B. für Charge 4711 und 4712, d.h. heute": "",
		"Version 2.1.3 is out. Ask your service.":            "",
		"Nächster Schritt: Gerät neu starten (ca. 5 min).":   "",
		"请重新启动仪器。谢谢":                                         "",
		"请检查 DxH。谢谢":                                         "",
		"пример。рф":                                          "link",
		"試薬を交換してください。":                                       "",
		"Ruf an: " + phone:                                   "",
		"Call +49 (0)30 5550100 now":                         "", // the same digits
		phone + ".":                                          "",
		"50 % of 10 tests, 3 lots":                           "",

		"":                                     "empty",
		"   ":                                  "empty",
		strings.Repeat("x", 601):               "too-long",
		"two\nlines":                           "characters",
		"two  spaces":                          "characters",
		" leading":                             "characters",
		"a\u202eb":                             "characters",
		"a\u200bb":                             "characters",
		"\x1b[31mred":                          "characters",
		"a\x00b":                               "characters",
		"a\xffb":                               "characters",
		"https://evil.example/x":               "link",
		"hxxp://evil":                          "link",
		"see www.evil":                         "link",
		"see WWW .evil":                        "link",
		"evil.example":                         "link",
		"Go to evil.example now":               "link",
		"ＥＶＩＬ．ＥＸＡＭＰＬＥ":                         "link",
		"evil。example":                         "link",
		"evil｡com":                             "link",
		"𝐞𝐯𝐢𝐥.𝐜𝐨𝐦":                             "link",
		"bücher.example":                       "link",
		"пример.рф":                            "link",
		"xn--e1afmkfd.xn--p1ai":                "link",
		"open setup.exe":                       "link",
		"ends.Without a space":                 "link",
		"a@b":                                  "link",
		"mailto:someone":                       "link",
		"tel:112":                              "link",
		"javascript:alert(1)":                  "link",
		`\\server\share`:                       "link",
		"192.0.2.17":                           "link",
		"2001:db8:0:0:0:0:0:1":                 "link",
		"0800 123 456":                         "phone",
		"+1 (555) 010-9999":                    "phone",
		"call 5-5-5-0-1-0":                     "phone",
		"1 2 3 4 5 6":                          "phone",
		"５５５０１００":                              "phone",
		"٠١٢٣٤٥٦":                              "phone",
		"①②③④⑤⑥":                               "phone",
		"0800 / 12 / 34 / 56":                  "phone",
		"lot 1234567":                          "phone",
		phone + "1":                            "phone",
		"9" + phone:                            "phone",
		"+49 (0)30 555-0101":                   "phone",
		"2026-13-45 and more":                  "phone", // no date
		"99:99:99 12:34":                       "phone", // no times
		"Call 555 0100. 2 of them":             "phone",
		"Info 0 8 0 0 5 5 5 or " + phone + ".": "phone",
	} {
		err := Plain(text, 600, phone)
		var bad *TextError
		switch {
		case code == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case code != "" && (!errors.As(err, &bad) || bad.Code != code):
			t.Errorf("%q: %v, want %s", text, err, code)
		}
	}
	if err := Plain("Call 112", 600, ""); err != nil {
		t.Errorf("no number configured: %v", err)
	}
}

// A link in any text stays one, whatever stands around it.
func TestNoLinkHides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[A-Za-zäöüß]{1,9}`), 0, 8)
		bad := rapid.SampledFrom([]string{"https://x.example", "evil.example", "www.x", "a@b.c", "０８００１２３", "0800-123456", "12 34 56"}).Draw(t, "bad")
		text := strings.Join(append(append(words.Draw(t, "before"), bad), words.Draw(t, "after")...), " ")
		if err := Plain(text, 600, phone); err == nil {
			t.Fatalf("%q passes", text)
		}
	})
}

func FuzzParse(f *testing.F) {
	signer, verifiers := keys(f)
	signed, err := Sign(message(), signer, phone)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(signed[:strings.LastIndex(string(signed), "\n\n")+1]))
	f.Add(Header + "\nid = 1\n")
	f.Add("beckmanconnect time\n1\n")
	f.Fuzz(func(t *testing.T, text string) {
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			return // no note at all
		}
		m, err := Parse(signed, verifiers, phone)
		if err != nil {
			return
		}
		// What is read can be signed, and is the same again.
		again, err := Sign(*m, signer, phone)
		if err != nil {
			t.Fatalf("%+v cannot be signed: %v", m, err)
		}
		if _, err := Parse(again, verifiers, phone); err != nil {
			t.Fatalf("%+v cannot be read again: %v", m, err)
		}
		for _, text := range m.Texts {
			if strings.Contains(text.Text, "://") || strings.ContainsAny(text.Text+text.Title, "@\n\r\t\x00\u202e") {
				t.Fatalf("%+v", m)
			}
		}
	})
}
