package support

import (
	"testing"
	"time"
)

// B3: the log says on which desktop a question was answered; what another
// program calls it is the desktop that all programs share. It decides nothing.
func TestTheLogSaysWhereAQuestionStood(t *testing.T) {
	for _, row := range []struct{ word, want string }{{"own", "own"}, {"shared", "shared"}, {"", "shared"}, {"own\n", "shared"}} {
		r := newRig(t)
		r.session()
		r.must(Ask{Link: 1, ID: "a", Capability: View})
		p := r.prompt()
		r.pass(time.Second)
		r.must(Answer{Technician: "lab", Prompt: p.ID, Nonce: p.Nonce, Allow: true, Desktop: row.word})
		r.must(Ask{Link: 1, ID: "b", Capability: Control})
		p = r.prompt()
		r.pass(time.Second)
		r.must(Answer{Technician: "lab", Prompt: p.ID, Nonce: p.Nonce, Desktop: row.word})
		told := map[string]string{}
		for _, e := range r.rec.entries {
			if at, ok := e.Fields["desktop"]; ok {
				told[e.Kind] = at
			}
		}
		if len(told) != 2 || told["session.granted"] != row.want || told["prompt.answered"] != row.want {
			t.Errorf("%q: %v", row.word, told)
		}
	}
}
