package hostconfig

import (
	"fmt"
	"strings"
)

// answerSign stands before each answer, so that no package's engine takes a
// value for a number or a list by how it begins.
const answerSign = "="

// answers reads what was said at installation out of where the packages wrote
// it: a value for each property that was asked for, under its name. What was
// left empty is not among them. Values are not judged here; Set does that.
func answers(place string, value func(name string) (text string, there bool, err error)) ([]Setting, error) {
	var all []Setting
	for _, p := range Properties() {
		text, there, err := value(p.Name)
		if err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", p.Name, place, err)
		}
		if !there {
			continue
		}
		text, ok := strings.CutPrefix(text, answerSign)
		if !ok {
			return nil, fmt.Errorf("read %s of %s: no package wrote this", p.Name, place)
		}
		if text == "" {
			continue
		}
		s := Setting{Name: p.Name, Value: text}
		if err := s.check(); err != nil {
			return nil, fmt.Errorf("what was said at installation: %w", err)
		}
		all = append(all, s)
	}
	return all, nil
}
