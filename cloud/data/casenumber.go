package data

import "crypto/rand"

// caseLetters survive being read out and written down: no vowels, so no words,
// and nothing that is taken for another.
const caseLetters = "234679CDFGHJKMPQRTVWXY"

// newCaseNumber makes a case's number, "C-7KM4-RXT": random, so that it tells
// neither order nor count, and of another form than a code of eight.
func newCaseNumber() string {
	const shape = "C-????-???"
	out := []byte(shape)
	var raw [1]byte
	for i, c := range out {
		if c != '?' {
			continue
		}
		for {
			_, _ = rand.Read(raw[:])                              // it never fails
			if n := 256 - 256%len(caseLetters); int(raw[0]) < n { // every letter is equally likely
				break
			}
		}
		out[i] = caseLetters[int(raw[0])%len(caseLetters)]
	}
	return string(out)
}
