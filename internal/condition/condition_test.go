package condition

import (
	"strings"
	"testing"
)

type env struct {
	Line  string            `expr:"line"`
	Level string            `expr:"level"`
	Value float64           `expr:"value"`
	Group map[string]string `expr:"group"`
}

func TestConditions(t *testing.T) {
	e := env{Line: "Temperature 39,5 C", Level: "ERROR", Value: 70, Group: map[string]string{"celsius": "39,5"}}
	for text, want := range map[string]bool{
		`level == "ERROR"`:                            true,
		`level in ["WARN", "ERROR"]`:                  true,
		`level != "ERROR" or line contains "Temp"`:    true,
		`not (line startsWith "Temp")`:                false,
		`line matches "(?i)^temperature \\d"`:         true,
		`lower(level) == "error"`:                     true,
		`number(group.celsius) > 39`:                  true,
		`number(group.celsius) > 39.5`:                false,
		`number("none") > 0 or number("none") <= 0`:   false, // not a number
		`number(group.nothing) > 0`:                   false,
		`value < 70`:                                  false,
		`value >= 70 ? level == "ERROR" : false`:      true,
		`line == "` + strings.Repeat("x", 300) + `"`:  false,
		`level == "ERROR" && value > 60 && value< 80`: true,
	} {
		c, err := Compile(text, env{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := c.Holds(e); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
		if _, err := c.Holds(env{}); err != nil { // an empty line, no groups
			t.Errorf("%s on nothing: %v", text, err)
		}
	}
}

// Conditions are typed, end at once, and reach nothing.
func TestConditionsThatAreRefused(t *testing.T) {
	for text, part := range map[string]string{
		``:                            "",
		`level`:                       "bool",
		`colour == "red"`:             "colour",
		`level > 3`:                   "invalid operation",
		`level ==`:                    "unexpected",
		`all(1..1000000000, true)`:    "language",
		`len(1..1000000000) > 0`:      "language",
		`any([1,2], # > 1)`:           "language",
		`let x = line; x == x`:        "language",
		`repeat(line, 1000000) == ""`: "language",
		`now() == now()`:              "language",
		`line[0:3] == "abc"`:          "language",
		`$env.line == ""`:             "group.NAME",
		`group["a" + level] == ""`:    "group.NAME",
		`line matches level`:          "compiled once",
		`line matches "("`:            "",
		`2 ** 100 > value`:            "language",
		`line.Foo() == ""`:            "",
		`{"a": 1}.a == 1`:             "language",
		strings.Repeat("(", 200) + "true" + strings.Repeat(")", 195): "",
		strings.Repeat(`level=="" or `, 40) + "true":                 "characters",
		strings.Repeat("!", 395) + "true":                            "",
	} {
		if _, err := Compile(text, env{}); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%.60q: %v, want %q", text, err, part)
		}
	}
}

func TestGroups(t *testing.T) {
	c, err := Compile(`number(group.a) > 1 and group.b == ""`, env{})
	if err != nil || strings.Join(c.Groups(), ",") != "a,b" {
		t.Errorf("%v %v", c, err)
	}
}

func FuzzCompile(f *testing.F) {
	for _, text := range []string{`level == "ERROR"`, `number(group.a) > 1`, `line matches "(?i)x"`, `a ? b : c`, `1..3`, `"` + "\x00", `not not not true`} {
		f.Add(text, "line", "ERROR")
	}
	f.Fuzz(func(t *testing.T, text, line, level string) {
		c, err := Compile(text, env{})
		if err != nil {
			return
		}
		_, _ = c.Holds(env{Line: line, Level: level})
	})
}
