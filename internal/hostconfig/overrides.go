package hostconfig

import "fmt"

// Overrides is a place beside the file whose word goes before the file's: group
// policy, on Windows.
type Overrides interface {
	// Value of the property with this name; "" where nothing is said.
	Value(name string) (string, error)
	// Place names it for people.
	Place() string
}

// apply returns the text as the overrides have it.
func apply(file, text string, from Overrides) (string, error) {
	if from == nil {
		return text, nil
	}
	var settings []Setting
	for _, p := range Properties() {
		if p.Key == "" {
			continue
		}
		value, err := from.Value(p.Name)
		if err != nil {
			return "", &Error{File: from.Place(), Field: p.Name, What: "this cannot be read", Do: "give this account the right to read it", Err: err}
		}
		if value != "" {
			settings = append(settings, Setting{Name: p.Name, Value: value})
		}
	}
	if len(settings) == 0 {
		return text, nil
	}
	// The file is judged on its own first, so that a fault is told of where it is.
	if _, err := Parse(file, text); err != nil {
		return "", err
	}
	changed, err := Set(file, text, settings)
	if err != nil {
		return "", &Error{File: from.Place(), What: fmt.Sprintf("what it says does not fit: %v", err), Do: "correct it there, or remove it", Err: err}
	}
	return changed, nil
}
