package store

import (
	"math"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A text is searched by words: runs of letters and digits, in lower case. A
// word that is looked for is found where a word begins with it.

// eachWord gives the words of a text.
func eachWord(s string, take func(word string)) {
	begin := -1
	for i, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			if begin < 0 {
				begin = i
			}
		} else if begin >= 0 {
			take(s[begin:i])
			begin = -1
		}
	}
	if begin >= 0 {
		take(s[begin:])
	}
}

func wordsOf(s string) (words []string) {
	eachWord(strings.ToLower(s), func(w string) { words = append(words, w) })
	return words
}

// begins says whether every one of words begins a word of text, which is in
// lower case.
func begins(text string, words []string) bool {
	for _, w := range words {
		if !beginsOne(text, w) {
			return false
		}
	}
	return true
}

func beginsOne(text, word string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		at += i
		if before, _ := utf8.DecodeLastRuneInString(text[:at]); at == 0 || !unicode.IsLetter(before) && !unicode.IsDigit(before) && !unicode.IsMark(before) {
			return true
		}
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
}

// prefixes are the lengths, in bytes, of the beginnings of a word that a
// signature holds: of a longer one its longest.
var prefixes = [...]int{1, 2, 3, 4, 6, 8, 12, 16}

// hashes of a word's beginnings, and of a subject whole.
func eachHash(word string, take func(uint64)) {
	h, next := uint64(fnvOffset), 0
	for i := range len(word) {
		h = (h ^ uint64(word[i])) * fnvPrime
		if i+1 == prefixes[next] {
			take(mix(h))
			if next++; next == len(prefixes) {
				return
			}
		}
	}
}

// wordHash is that of the longest beginning of a word that signatures hold.
func wordHash(word string) (hash uint64) {
	eachHash(word, func(h uint64) { hash = h })
	return hash
}

func subjectHash(subject string) uint64 {
	h := uint64(fnvOffset) ^ 1
	for i := range len(subject) {
		h = (h ^ uint64(subject[i])) * fnvPrime
	}
	return mix(h)
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// maxSign bounds a signature, in bytes: where words are many it lets more
// through, and what each entry says decides.
const (
	maxSign     = 3 << 10
	bitsPerHash = 10
)

// sign makes the signature of a set of hashes: the number of bits of each, then
// the bits.
func sign(hashes map[uint64]struct{}) []byte {
	n := max(len(hashes), 1)
	size := min((n*bitsPerHash+7)/8, maxSign)
	k := min(max(int(math.Round(float64(size*8)/float64(n)*math.Ln2)), 1), 7)
	out := make([]byte, 1+size)
	out[0] = byte(k)
	for h := range hashes {
		places(h, k, size, func(at uint64) bool {
			out[1+at/8] |= 1 << (at % 8)
			return true
		})
	}
	return out
}

// holds says whether a signature may be of a set with this hash.
func holds(signature []byte, hash uint64) bool {
	if len(signature) < 2 {
		return true
	}
	return places(hash, int(signature[0]), len(signature)-1, func(at uint64) bool {
		return signature[1+at/8]&(1<<(at%8)) != 0
	})
}

func places(hash uint64, k, size int, at func(uint64) bool) bool {
	step := hash>>32 | hash<<32 | 1
	for range k {
		place, _ := bits.Mul64(hash, uint64(size)*8)
		if !at(place) {
			return false
		}
		hash += step * 0x9e3779b97f4a7c15
	}
	return true
}
