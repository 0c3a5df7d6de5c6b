package places

import "testing"

// The search finds what is there, in each of the forms.
func TestTheSearchFinds(t *testing.T) {
	s := Secret{Name: "x", Text: "KXQT WZPL"}
	for i, form := range s.Forms() {
		inner := &testing.T{}
		h := &Search{T: inner, Secrets: []Secret{s}}
		h.Look("place", append([]byte("before "), form...))
		if h.Bad != 1 && h.Bad != 2 {
			t.Errorf("form %d: %d hits", i, h.Bad)
		}
		h.Secrets[0].Home, h.Bad = []string{"pla"}, 0
		if h.Look("place", form); h.Bad != 0 {
			t.Errorf("form %d: at home it counts", i)
		}
	}
}
