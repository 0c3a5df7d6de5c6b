package condition

import (
	"strings"
	"testing"
)

func TestHolds(t *testing.T) {
	for _, row := range []struct {
		text  string
		value any
		holds bool
		fails bool
	}{
		{"value < 70", 69.5, true, false},
		{"value < 70", 70.0, false, false},
		{"value >= 1 and value <= 3", 2.0, true, false},
		{"value == 2 || value == 3", 4.0, false, false},
		{"not (value in [4, 5])", 4.0, false, false},
		{`value == "online"`, "online", true, false},
		{`value startsWith "OK"`, "OK, all well", true, false},
		{"value < 70", "hot", false, true},
		{"value < 70", nil, false, true},
	} {
		c, err := Compile(row.text)
		if err != nil {
			t.Fatalf("%s: %v", row.text, err)
		}
		holds, err := c.Holds(row.value)
		if holds != row.holds || (err != nil) != row.fails {
			t.Errorf("%s with %v: %v %v", row.text, row.value, holds, err)
		}
		if err != nil && strings.Contains(err.Error(), "hot") {
			t.Errorf("the value is in the error: %v", err)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, text := range []string{
		"", "  ", "value", "value <", "other < 3", "70", "len(value) > 3", "all(1..100000, # > 0)", "value < 1; value > 2",
		"map([1], value) == []", `value matches "("`, strings.Repeat("value < 1 and ", 20) + "value < 1",
	} {
		if c, err := Compile(text); err == nil {
			if ok, err := c.Holds(1.0); err == nil {
				t.Errorf("%q was taken and gave %v", text, ok)
			}
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: more than one line: %q", text, err)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add("value < 70")
	f.Add(`value in ["a", "b"] and not (value == 3)`)
	f.Add("1..1000000 == value")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Compile(text)
		if err != nil {
			return
		}
		for _, value := range []any{1.5, "x", nil} {
			_, _ = c.Holds(value) // neither panics nor runs on
		}
	})
}
