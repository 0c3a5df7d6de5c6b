package machine

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const aCursor = "s=4ec6f0f8f62a4b0eb2dbd0a1d0cd1ee3;i=2;b=11111111111111111111111111111111;m=f4240;t=644e2fbbf8000;x=7d9b1d8b6b7a41c1"

// line is one of journalctl's, with further fields.
func line(fields string) string { return `{"__CURSOR":"` + aCursor + `"` + fields + `}` }

// Of an entry only the configuration's own name and the message ID or the
// priority are taken, whatever journalctl makes of its fields.
func TestJournalEntries(t *testing.T) { // P2, scenario 49
	names := []string{"lis", "driver@1.service", "kernel", "analyser"}
	const id = "fc2e22bc6ee647b6b90729ab34a250b1"
	for name, row := range map[string]struct{ fields, want string }{
		"unit":             {`,"_SYSTEMD_UNIT":"lis.service","PRIORITY":"3","MESSAGE":"Anna Miller"`, "lis err"},
		"unit with a dot":  {`,"_SYSTEMD_UNIT":"driver@1.service","PRIORITY":"0"`, "driver@1.service emerg"},
		"identifier":       {`,"SYSLOG_IDENTIFIER":"analyser","PRIORITY":"2"`, "analyser crit"},
		"the kernel":       {`,"SYSLOG_IDENTIFIER":"kernel","PRIORITY":"1"`, "kernel alert"},
		"message ID":       {`,"_SYSTEMD_UNIT":"lis.service","PRIORITY":"3","MESSAGE_ID":"` + id + `"`, "lis " + id},
		"text as an ID":    {`,"_SYSTEMD_UNIT":"lis.service","PRIORITY":"3","MESSAGE_ID":"Anna Miller, born 1.1.1970......"`, "lis err"},
		"bytes":            {`,"SYSLOG_IDENTIFIER":[97,110,97,108,121,115,101,114],"PRIORITY":[51]`, "analyser err"},
		"several":          {`,"SYSLOG_IDENTIFIER":["x","analyser"],"PRIORITY":["7","3"],"MESSAGE_ID":[null,"no","` + id + `"]`, "analyser " + id},
		"several as bytes": {`,"SYSLOG_IDENTIFIER":[[120],[97,110,97,108,121,115,101,114],"y",null],"PRIORITY":"3"`, "analyser err"},
		"too long":         {`,"SYSLOG_IDENTIFIER":null,"_SYSTEMD_UNIT":"lis.service","MESSAGE_ID":null,"PRIORITY":"3"`, "lis err"},
		"several too long": {`,"SYSLOG_IDENTIFIER":[null,null],"PRIORITY":"3"`, ""},
		"systemd's word":   {`,"_PID":"1","UNIT":"lis.service","_SYSTEMD_UNIT":"init.scope","PRIORITY":"3"`, "lis err"},
		"not systemd's":    {`,"_PID":"17","UNIT":"lis.service","_SYSTEMD_UNIT":"x.service","PRIORITY":"3"`, ""},
		"a crash":          {`,"_UID":"0","COREDUMP_UNIT":"lis.service","PRIORITY":"2","MESSAGE_ID":"` + id + `"`, "lis " + id},
		"no crash":         {`,"_UID":"1000","COREDUMP_UNIT":"lis.service","PRIORITY":"2"`, ""},
		"the unit first":   {`,"SYSLOG_IDENTIFIER":"analyser","_SYSTEMD_UNIT":"driver@1.service","PRIORITY":"3"`, "driver@1.service err"},
		"nobody's":         {`,"_SYSTEMD_UNIT":"other.service","PRIORITY":"3"`, ""},
		"no error":         {`,"_SYSTEMD_UNIT":"lis.service","PRIORITY":"6"`, ""},
		"no priority":      {`,"_SYSTEMD_UNIT":"lis.service"`, ""},
		"numbers, truth":   {`,"_SYSTEMD_UNIT":7,"SYSLOG_IDENTIFIER":true,"PRIORITY":3`, ""},
		"objects":          {`,"_SYSTEMD_UNIT":{"lis.service":1},"SYSLOG_IDENTIFIER":[["analyser"]],"PRIORITY":"3"`, ""},
		"no bytes":         {`,"SYSLOG_IDENTIFIER":[97,110,-1],"PRIORITY":"3"`, ""},
		"another case":     {`,"_systemd_unit":"lis.service","PRIORITY":"3"`, ""},
	} {
		e, ok := parseEntry([]byte(line(row.fields)))
		if !ok || e.cursor != aCursor || e.time.UnixMicro() != 0x644e2fbbf8000 {
			t.Errorf("%s: %+v", name, e)
		}
		event, ok := e.event(names)
		if got := strings.TrimSpace(event.Source + " " + event.Kind); got != row.want || ok != (row.want != "") {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

// What has no place in the journal is no entry.
func TestNoJournalEntry(t *testing.T) {
	for _, text := range []string{
		"", "null", "[]", `"x"`, "{", `{"PRIORITY":"3"}`, `{"__CURSOR":null}`, `{"__CURSOR":["` + aCursor + `","` + aCursor + `"]}`, `{"__CURSOR":"s=1;i=2"}`,
		`{"__CURSOR":"t=xyz"}`, `{"__CURSOR":"t=1;\n"}`, `{"__CURSOR":"t=1 --file=/etc/shadow"}`, `{"__CURSOR":"t=` + strings.Repeat("0", 600) + `"}`,
		`{"__CURSOR":"t=ffffffffffffffff"}`, strings.Repeat("[", 1<<16), "\xff\xfe",
	} {
		if e, ok := parseEntry([]byte(text)); ok {
			t.Errorf("%.60q is %+v", text, e)
		}
	}
}

func FuzzJournalEntry(f *testing.F) {
	f.Add([]byte(line(`,"_SYSTEMD_UNIT":"lis.service","PRIORITY":"3"`)))
	f.Add([]byte(line(`,"SYSLOG_IDENTIFIER":[[108,105,115],null,"x"],"MESSAGE_ID":[1,2],"PRIORITY":["9","1"]`)))
	f.Add([]byte(`{"__CURSOR":null}`))
	names := []string{"lis", "kernel"}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, ok := parseEntry(text)
		if !ok {
			return
		}
		if at, ok := cursorTime(e.cursor); !ok || !at.Equal(e.time) || strings.ContainsAny(e.cursor, " \n\"/") || len(e.cursor) > longestCursor {
			t.Fatalf("cursor %q", e.cursor)
		}
		event, ok := e.event(names)
		if ok && (!slices.Contains(names, event.Source) || strings.Trim(event.Kind, "0123456789abcdef") != "" && !slices.Contains(priorities(), event.Kind)) {
			t.Fatalf("something of the entry got out: %+v", event)
		}
	})
}

// However output is cut into pieces, the same lines come of it, and of what is
// too long none.
func TestLinesOfOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text []byte
		var want []string
		long, unended := 0, false
		for i := range rapid.IntRange(0, 8).Draw(t, "lines") {
			n := rapid.SampledFrom([]int{0, 1, 100, longestEntry - 1, longestEntry, longestEntry + 1, 3 * longestEntry}).Draw(t, "length")
			text = append(text, bytes.Repeat([]byte{byte('a' + i)}, n)...)
			if unended = rapid.IntRange(0, 9).Draw(t, "unended") == 0; unended {
				break
			}
			text = append(text, '\n')
			if n > longestEntry {
				long++
			} else {
				want = append(want, strings.Repeat(string(rune('a'+i)), n))
			}
		}
		most := rapid.IntRange(1, 10).Draw(t, "most")
		var got []string
		l := &lines{left: 1 << 30, take: func(line []byte) bool {
			got = append(got, string(line))
			return len(got) < most
		}}
		for len(text) > 0 {
			n := rapid.IntRange(1, len(text)).Draw(t, "piece")
			if _, err := l.Write(text[:n]); err != nil {
				if !l.done {
					t.Fatal(err)
				}
				break
			}
			text = text[n:]
		}
		if len(want) >= most {
			want = want[:most]
		} else if l.long != long {
			t.Fatalf("%d lines too long, want %d", l.long, long)
		}
		if !slices.Equal(got, want) || cap(l.line) > 4*longestEntry {
			t.Fatalf("%d lines, want %d; %d bytes kept", len(got), len(want), cap(l.line))
		}
	})
}

// No name makes an option or another match.
func TestJournalMatches(t *testing.T) {
	names := []string{"lis", "-x", "+", "--file=/etc/shadow", "a b", "x.service"}
	args := matches(names)
	if args[0] != "--priority=0..3" || len(args) != 1+len(names)*9+len(names)-1 {
		t.Errorf("%q", args)
	}
	for _, a := range args[1:] {
		field, _, _ := strings.Cut(a, "=")
		if a != "+" && !slices.Contains([]string{fieldUnit, fieldAbout, fieldCrashed, fieldIdentifier, fieldPID, fieldUID}, field) {
			t.Errorf("%q", a)
		}
	}
	if strings.Contains(fields(), "MESSAGE,") || strings.HasSuffix(fields(), "MESSAGE") {
		t.Errorf("texts are asked for: %s", fields())
	}
	if a, b := fingerprint([]string{"a", "b"}), fingerprint([]string{"b", "a"}); a != b || a == fingerprint([]string{"a\x00b", ""}) || a == fingerprint([]string{"a"}) {
		t.Errorf("%s %s", a, b)
	}
}

func TestCursorTime(t *testing.T) {
	at, ok := cursorTime(aCursor)
	if want := time.UnixMicro(0x644e2fbbf8000); !ok || !at.Equal(want) {
		t.Errorf("%s %t, want %s", at, ok, want)
	}
	text, err := json.Marshal(map[string]string{placeJournal: aCursor})
	if err != nil {
		t.Fatal(err)
	}
	if got := parsePlaces(string(text)); got[placeJournal] != aCursor {
		t.Errorf("%v", got)
	}
}
