package mail

import (
	"bytes"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) { // scenario 49: line breaks and what hides are inert
	good := Message{To: "a.b+c@hospital.example", Subject: "Grüße, 世界", Text: "one\n\ttwo\n"}
	if err := Check(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Message){
		"second header":     func(m *Message) { m.Subject = "a\r\nBcc: x@y.example" },
		"line feed":         func(m *Message) { m.Subject = "a\nb" },
		"encoded word":      func(m *Message) { m.Subject = "=?utf-8?q?=0aBcc:?=" },
		"right to left":     func(m *Message) { m.Subject = "a\u202eb" },
		"no subject":        func(m *Message) { m.Subject = "" },
		"long subject":      func(m *Message) { m.Subject = strings.Repeat("a", 201) },
		"two addresses":     func(m *Message) { m.To = "a@b.example, c@d.example" },
		"a name":            func(m *Message) { m.To = "A <a@b.example>" },
		"header in address": func(m *Message) { m.To = "a@b.example\r\nBcc: c@d.example" },
		"quoted local part": func(m *Message) { m.To = `"a b"@c.example` },
		"look-alike":        func(m *Message) { m.To = "аnna@b.example" },
		"like an option":    func(m *Message) { m.To = "-oQ/tmp@b.example" },
		"no address":        func(m *Message) { m.To = "" },
		"carriage return":   func(m *Message) { m.Text = "a\r\n.\r\nRCPT TO:<x@y.example>" },
		"NUL":               func(m *Message) { m.Text = "a\x00" },
		"escape":            func(m *Message) { m.Text = "a\x1b[2J" },
		"not UTF-8":         func(m *Message) { m.Text = "a\xff" },
		"no text":           func(m *Message) { m.Text = "" },
		"too much":          func(m *Message) { m.Text = strings.Repeat("a", maxText+1) },
	} {
		m := good
		change(&m)
		if err := Check(m); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// What is taken arrives as it was meant: no header more, no recipient more.
func FuzzCompose(f *testing.F) {
	f.Add("a@b.example", "subject", "text\n.\n")
	f.Add("a@b.example", "s\r\nBcc: x@y.example", "t")
	f.Add("a@b.example\r\nBcc: x@y.example", "=?utf-8?q?=0aBcc:?=", "=0D=0A")
	f.Add("a@b.example", "=?utf-8?q?=0aBcc:?=", "=0D=0A")
	f.Add("x@y.example", strings.Repeat("ü", 150), strings.Repeat("\n", 50))
	want := []string{"Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}
	s := SMTP{Server{From: "Support <no-reply@vendor.example>"}}
	f.Fuzz(func(t *testing.T, to, subject, text string) {
		m := Message{To: to, Subject: subject, Text: text}
		if Check(m) != nil {
			return
		}
		msg, err := s.compose(m)
		if err != nil {
			t.Fatalf("%q: %v", m, err)
		}
		var raw bytes.Buffer
		if _, err := msg.WriteTo(&raw); err != nil {
			t.Fatal(err)
		}
		read, err := mail.ReadMessage(&raw)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for name, values := range read.Header {
			names = append(names, name)
			if len(values) != 1 {
				t.Errorf("%s: %q", name, values)
			}
		}
		slices.Sort(names)
		if !slices.Equal(names, want) {
			t.Errorf("headers %q", names)
		}
		if list, err := read.Header.AddressList("To"); err != nil || len(list) != 1 || list[0].Address != to {
			t.Errorf("to %v, %v; want %q", list, err, to)
		}
		if got, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject")); err != nil || strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(subject), " ") {
			t.Errorf("subject %q, %v; want %q", got, err, subject)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(read.Body))
		if got := strings.ReplaceAll(string(body), "\r\n", "\n"); err != nil || strings.TrimRight(got, "\n") != strings.TrimRight(text, "\n") {
			t.Errorf("text %q, %v; want %q", got, err, text)
		}
	})
}
