package channel

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"beckmanconnect/session/wire"
)

// Scenario 15: what could mislead a reader is neither issued nor accepted.
func TestIdentityRefusesMisleadingNames(t *testing.T) {
	good := Identity{Account: "a@b.example", Name: "Zoë O'Neil-Weiß", Organisation: "服务", Regions: []string{"eu", "cn"}}
	if _, err := EngineerTemplate(good, time.Now(), time.Now()); err != nil {
		t.Errorf("a good name: %v", err)
	}
	for _, bad := range []string{"", "a\nb", "a\u202eb", "a\u200bb", " a", "a\x00", "\xff", strings.Repeat("x", 10_000)} {
		id := good
		id.Name = bad
		if _, err := EngineerTemplate(id, time.Now(), time.Now()); err == nil {
			t.Errorf("issued for %q", bad)
		}
	}
}

// Scenario 15: names of people, and names that look like them.
func TestLookAlikeNames(t *testing.T) {
	for _, good := range []string{
		"Anna Weber", "Zoë O'Neil-Weiß", "Łukasz Żółć", "İlker Çağlı", "Nguyễn Văn Ánh", "José Núñez (Field)", "王小明", "山田 ハナコ", "サーバー", "김민수", "Service 2, Zürich – Nord", "Acme® 服务",
	} {
		if !readable(good) {
			t.Errorf("%q is refused", good)
		}
	}
	for what, bad := range map[string]string{
		"Cyrillic a": "\u0410nna Weber", "Greek o": "Tom J\u03bfnes", "all Cyrillic": "Анна Вебер", "full width": "Ａnna", "mathematical": "𝐀nna", "ligature": "o\ufb03ce",
		"IPA": "M\u0251ria", "small capital": "\u1d00nna", "loose accent": "A\u0301\u0302nna", "Latin and Chinese in one word": "A丨ice", "Armenian": "\u0555lga",
		"Cherokee": "\u13aanna", "other digits": "Anna \u0661", "symbol": "Anna ✔", "letter-like": "\u212bngström",
	} {
		if readable(bad) {
			t.Errorf("%s: %q passes", what, bad)
		}
	}
}

func TestIdentityThroughTheTemplate(t *testing.T) {
	id := Identity{Account: "a/b?c#d%e@x.example", Name: "A", Organisation: "O", Regions: []string{"eu", "us"}, Request: "r-1"}
	cert, err := EngineerTemplate(id, time.Now(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	got, err := EngineerIdentity(cert)
	if err != nil || got.Account != id.Account || len(got.Regions) != 2 || got.Request != "r-1" {
		t.Errorf("%+v, %v", got, err)
	}
	cert.URIs = append(cert.URIs, staffURI("account", "other@x.example"))
	if _, err := EngineerIdentity(cert); err == nil {
		t.Error("two accounts were accepted")
	}
}

func TestWordsAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range wordList {
		if w == "" || seen[w] {
			t.Errorf("%q twice or empty", w)
		}
		seen[w] = true
	}
}

// Scenario 53: lying lengths, cut frames: an error, never a large allocation.
func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{2, 1, 3})
	f.Add([]byte{1, 0})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 1, 2})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0x7f, 1, 2})
	f.Add([]byte{1, 0x81, 0})
	f.Add([]byte{3, 0x80, 0x80, 0x80, 2, 1, 2})
	f.Fuzz(func(t *testing.T, in []byte) {
		kind, payload, err := readFrame(bufio.NewReader(bytes.NewReader(in)))
		if err == nil {
			// What is taken is what Send writes, byte for byte.
			again := append(binary.AppendUvarint([]byte{kind}, uint64(len(payload))), payload...)
			if len(payload) > wire.MaxFrame || !bytes.HasPrefix(in, again) {
				t.Errorf("read %x from %x", again, in)
			}
			return
		}
		if len(in) > 1 {
			if n, size := binary.Uvarint(in[1:]); size > 0 && n > wire.MaxFrame && !errors.Is(err, ErrTooLarge) {
				t.Errorf("a length of %d: %v", n, err)
			}
		}
		if !errors.Is(err, ErrTooLarge) && !errors.Is(err, errLength) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
	})
}

func TestALengthAloneCostsNothing(t *testing.T) {
	head := append(binary.AppendUvarint([]byte{1}, wire.MaxFrame), 2, 3)
	got := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			_, _, _ = readFrame(bufio.NewReader(bytes.NewReader(head)))
		}
	})
	if got.AllocedBytesPerOp() > 128<<10 {
		t.Errorf("%d bytes for a frame that never came", got.AllocedBytesPerOp())
	}
}
