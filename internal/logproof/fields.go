package logproof

import "bytes"

// CheckFields says whether b is what EncodeFields writes, as DecodeFields does,
// without building the fields: a log is verified entry by entry, and half of
// the time went into that.
func CheckFields(b []byte) error {
	if plainFields(b) {
		return nil
	}
	_, err := DecodeFields(b)
	return err
}

// plainFields accepts only an object of at least one field whose names are
// sorted and whose texts hold nothing that encoding/json would ever escape. So
// what it accepts is canonical; what it refuses may be.
func plainFields(b []byte) bool {
	if len(b) < 2 || b[0] != '{' || b[len(b)-1] != '}' {
		return false
	}
	rest := b[1 : len(b)-1]
	var last []byte
	for {
		name, after, ok := plainText(rest)
		if !ok || len(name) == 0 || last != nil && bytes.Compare(last, name) >= 0 || len(after) == 0 || after[0] != ':' {
			return false
		}
		if _, rest, ok = plainText(after[1:]); !ok {
			return false
		}
		if len(rest) == 0 {
			return true
		}
		if rest[0] != ',' {
			return false
		}
		last, rest = name, rest[1:]
	}
}

// plainText reads a quoted text of printable ASCII without the five characters
// that encoding/json writes otherwise.
func plainText(b []byte) (text, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, false
	}
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return b[1:i], b[i+1:], true
		case c < 0x20, c > 0x7e, c == '\\', c == '<', c == '>', c == '&':
			return nil, nil, false
		}
	}
	return nil, nil, false
}
